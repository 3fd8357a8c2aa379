import { CSV_CRITERIA, HTTP_CRITERIA, judge, STACK_CRITERIA, type Verdict } from './criteria.ts';
import type { CsvMeasurement, CsvRound } from './csv/csv-import.ts';
import { meetsShare, type DialectFigures } from './csv/measure-dialects.ts';
import type { Machine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import type { HttpRound, HttpVariant, Round } from './rounds.ts';
import { median } from './statistics.ts';

type Row = readonly string[];

const VARIANTS: readonly (readonly [HttpVariant, string])[] = [
  ['bare', 'bare, as fast as it can'],
  ['naive', 'naive, as fast as it can'],
  ['single', 'SensorFlow, single readings'],
  ['singleLogged', '… with LOG_LEVEL=info'],
  ['batch', 'SensorFlow, batches of 500'],
  ['batchOfFew', '… of 10 equipment'],
  ['sinkSteady', 'the sink itself at a steady 3,000/s'],
  ['singleSteady', 'SensorFlow at a steady 3,000/s'],
];
const CSV_VARIANTS: readonly (readonly [keyof CsvRound, string])[] = [
  ['papa', 'PapaParse alone'],
  ['csvImport', 'SensorFlow, CSV import'],
];

/** The tables of a run, in Markdown that reads well in a terminal too. */
export function tablesOf(rounds: readonly Round[]): string {
  return [
    verdictTable(verdictsOn(rounds)),
    httpTable(rounds),
    csvTable(rounds),
    notesOn(rounds),
  ].join('\n\n');
}

export function verdictsOn(rounds: readonly Round[]): readonly Verdict[] {
  return [
    ...judge(HTTP_CRITERIA, rounds),
    ...judge(CSV_CRITERIA, rounds),
    ...judge(STACK_CRITERIA, rounds),
  ];
}

/** Those of a run of nothing but the HTTP part. */
export function httpTablesOf(rounds: readonly HttpRound[]): string {
  return [verdictTable(judge(HTTP_CRITERIA, rounds)), httpTable(rounds), notesOn(rounds)].join(
    '\n\n',
  );
}

/** Those of a run of nothing but the CSV part. */
export function csvTablesOf(rounds: readonly CsvRound[]): string {
  return [verdictTable(judge(CSV_CRITERIA, rounds)), csvTable(rounds)].join('\n\n');
}

/** Of a run of the import's dialects. */
export function dialectTable(all: readonly DialectFigures[]): string {
  return table(
    [
      'dialect',
      'rows/s',
      '× plain',
      'lowest to highest',
      '× PapaParse',
      'CPU µs',
      'RSS MB',
      'verdict',
    ],
    all.map((own) => [
      own.name,
      whole(own.rowsPerSecond),
      own.share[0].toFixed(2),
      `${own.share[1].toFixed(2)} to ${own.share[2].toFixed(2)}`,
      own.ofPapa.toFixed(3),
      figure(own.cpuMicrosPerRow),
      whole(own.peakRssMb),
      meetsShare(own) ? 'met' : 'MISSED',
    ]),
  );
}

function verdictTable(verdicts: readonly Verdict[]): string {
  const head = ['what', 'median', 'lowest to highest', 'floor', 'aim', 'verdict'];
  return table(head, verdicts.map(verdictRow));
}

function httpTable(rounds: readonly HttpRound[]): string {
  return table(
    [
      'readings',
      '/s',
      'p50 ms',
      'p99 ms',
      'CPU µs',
      'busy',
      'others',
      'sink',
      'generator',
      'RSS MB',
      'per call',
      'failed',
    ],
    VARIANTS.map(([name, label]) => measurementRow(label, rounds, name)),
  );
}

function csvTable(rounds: readonly CsvRound[]): string {
  return table(
    ['CSV', 'rows/s', 'peak RSS MB'],
    CSV_VARIANTS.map(([name, label]) =>
      csvRow(
        label,
        rounds.map((round) => round[name]),
      ),
    ),
  );
}

export function machineText(machine: Machine): string {
  return (
    `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGib} GiB, Node ${machine.node}; ` +
    `load average before the run ${machine.loadBefore.toFixed(2)}`
  );
}

/** Of a stand whose processes are bound to their cores where that is possible. */
export function boundMachineText(machine: Machine): string {
  const pins = machine.pins
    ? 'the process under test on core 0, generator and sink on core 1'
    : 'NOT bound to cores: figures disturb each other';
  return `${machineText(machine)}; ${pins}`;
}

function verdictRow(verdict: Verdict): Row {
  const { what, unit, better } = verdict;
  const sign = better === 'lower' ? '≤' : '≥';
  const range = `${figure(verdict.lowest)} to ${figure(verdict.highest)}`;
  const word = verdict.meetsAim ? 'aim met' : verdict.meetsFloor ? 'floor met' : 'BELOW FLOOR';
  const [floor, aim] = [verdict.floor, verdict.aim].map((limit) => `${sign} ${figure(limit)}`);
  return [what, `${figure(verdict.median)} ${unit}`, range, floor ?? '', aim ?? '', word];
}

function measurementRow(label: string, rounds: readonly HttpRound[], name: HttpVariant): Row {
  const all = rounds.map((round) => round[name]);
  const middle = (of: (measurement: Measurement) => number): number => median(all.map(of));
  const percent = (share: number): string => `${Math.round(share * 100)} %`;
  return [
    label,
    whole(middle((one) => one.perSecond)),
    figure(middle((one) => one.p50Ms)),
    figure(middle((one) => one.p99Ms)),
    figure(middle((one) => one.cpuMicros)),
    percent(middle((one) => one.busy)),
    percent(middle((one) => one.othersBusy)),
    percent(middle((one) => one.sinkBusy)),
    percent(middle((one) => one.generatorBusy)),
    whole((middle((one) => one.peakRssMib) * 2 ** 20) / 1e6),
    figure(middle((one) => one.perCall)),
    String(all.reduce((sum, { failed }) => sum + failed, 0)),
  ];
}

function csvRow(label: string, all: readonly CsvMeasurement[]): Row {
  const rssMb = (median(all.map((one) => one.peakRssMib)) * 2 ** 20) / 1e6;
  return [label, whole(median(all.map((one) => one.rowsPerSecond))), whole(rssMb)];
}

/** What makes a figure a lower bound, or a latency too high, said by the run itself. */
function notesOn(rounds: readonly HttpRound[]): string {
  return VARIANTS.flatMap(([name, label]) =>
    notesOnVariant(
      label,
      rounds.map((round) => round[name]),
    ),
  ).join('\n');
}

function notesOnVariant(label: string, all: readonly Measurement[]): readonly string[] {
  const notes: string[] = [];
  const others = median(all.map((one) => one.sinkBusy + one.generatorBusy));
  const own = median(all.map((one) => one.busy));
  const disturbed = median(all.map((one) => one.othersBusy));
  if (disturbed > 0.1) {
    notes.push(`- ${label}: other processes took ${Math.round(disturbed * 100)} % of its core.`);
  }
  const late = median(all.map((one) => one.lateP99Ms ?? 0));
  if (own < 0.95 && others > 0.9) {
    notes.push(`- ${label}: generator and sink were the limit; its throughput is a lower bound.`);
  }
  if (late > 0) notes.push(`- ${label}: the generator itself sent ${figure(late)} ms late (p99).`);
  return notes;
}

export function table(head: Row, rows: readonly Row[]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: Row): string =>
    `| ${row.map((cell, column) => pad(cell, widths[column] ?? 0, column)).join(' | ')} |`;
  const ruler = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${ruler.join(' | ')} |`, ...rows.map(line)].join('\n');
}

function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Math.abs(value) >= 100 ? whole(value) : String(Number(value.toPrecision(3)));
}

function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en-US') : '–';
}
