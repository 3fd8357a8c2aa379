import { join, resolve } from 'node:path';
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';
import { writeCsvFile } from './csv/csv-file.ts';
import { measureImport, measurePapa, type CsvMeasurement } from './csv/csv-import.ts';
import { Loads } from './loads.ts';
import { bindGenerator, describeMachine } from './machine.ts';
import type { Measurement } from './measurement.ts';
import { BATCH_OF_ALL, BATCH_OF_FEW, LONG, SHORT } from './plan.ts';
import { boundMachineText, table } from './report.ts';
import { ROOT } from './root.ts';
import { keepResult, runToTheEnd } from './run-to-the-end.ts';
import { Stand, type Server } from './stand.ts';
import { median } from './statistics.ts';

const USAGE = `Usage: npx node bench/before-after.ts --before FOLDER [--short] [--only http|csv] [--write TEXT]

Compares an older checkout with this one in one run. Both are built already; each is told what its own benchmark tells
it.

  --before FOLDER        the older checkout; this one unless named
  --before-flags FLAGS   Node's flags for it, such as --before-flags=--max-semi-space-size=64
  --only http|csv        only the load on the API, or only the import
  --short, --rounds N    fewer rounds
  --write TEXT           keeps the tables in bench/results/before-after.md; says what "before" is`;

const { values: options } = argumentsOrExit({
  usage: USAGE,
  options: {
    before: { type: 'string', default: '.' },
    'before-flags': { type: 'string', default: '' },
    only: { type: 'string', default: 'all' },
    short: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    write: { type: 'string' },
  },
  places: 0,
});
const form = options.short ? SHORT : LONG;
const plan = { ...form, rounds: Number(options.rounds ?? form.rounds) };
const BEFORE = resolve(options.before);
const BEFORE_FLAGS = options['before-flags'].split(' ').filter((flag) => flag !== '');

interface Pair<T> {
  readonly before: T;
  readonly after: T;
}

interface HttpRound {
  readonly single: Pair<Measurement>;
  readonly batch: Pair<Measurement>;
  readonly batchOfFew: Pair<Measurement>;
}

interface CsvRound {
  readonly papa: CsvMeasurement;
  readonly csvImport: Pair<CsvMeasurement>;
}

const LOADS: readonly (readonly [keyof HttpRound, string])[] = [
  ['single', 'single readings'],
  ['batch', 'batches of 500 equipment'],
  ['batchOfFew', 'batches of 10 equipment'],
];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The first of two has the better of the machine: they take turns at that too. */
async function both<T>(
  round: number,
  measure: (which: keyof Pair<T>) => Promise<T>,
): Promise<Pair<T>> {
  if (round % 2 === 0) {
    const before = await measure('before');
    return { before, after: await measure('after') };
  }
  const after = await measure('after');
  return { before: await measure('before'), after };
}

async function measureHttp(stand: Stand): Promise<readonly HttpRound[]> {
  const loads = new Loads(stand, plan);
  const apis: Pair<Server> = {
    before: await stand.startApi('warn', BEFORE_FLAGS, BEFORE),
    after: await stand.startApi('warn'),
  };
  const { firstWarmUpMs: measureMs } = plan;
  for (const api of [apis.before, apis.after]) {
    await loads.closed(api, { measureMs });
    for (const shape of [BATCH_OF_ALL, BATCH_OF_FEW]) await loads.batch(api, shape, measureMs);
  }
  const rounds: HttpRound[] = [];
  while (rounds.length < plan.rounds) {
    const { length: round } = rounds;
    rounds.push({
      single: await both(round, (which) => loads.closed(apis[which])),
      batch: await both(round, (which) => loads.batch(apis[which], BATCH_OF_ALL)),
      batchOfFew: await both(round, (which) => loads.batch(apis[which], BATCH_OF_FEW)),
    });
  }
  await Promise.all([apis.before.child.stop(), apis.after.child.stop()]);
  return rounds;
}

async function measureCsv(stand: Stand): Promise<readonly CsvRound[]> {
  const file = writeCsvFile(join(stand.folder, 'readings.csv'), plan.csvRows);
  const roots = { before: BEFORE, after: ROOT };
  const rounds: CsvRound[] = [];
  while (rounds.length < plan.rounds) {
    const { length: round } = rounds;
    const papa = await measurePapa(stand, file);
    const csvImport = await both(round, (which) => measureImport(stand, file, [], roots[which]));
    rounds.push({ papa, csvImport });
  }
  return rounds;
}

/** One figure of one kind of work, over all rounds. */
function row<T>(
  what: string,
  pairs: readonly Pair<T>[],
  of: (one: T) => number,
): readonly string[] {
  const ratios = pairs.map(({ before, after }) => of(after) / of(before));
  const shown = (which: keyof Pair<T>): string =>
    Number(median(pairs.map((pair) => of(pair[which]))).toPrecision(4)).toLocaleString('en-US');
  return [
    what,
    shown('before'),
    shown('after'),
    median(ratios).toFixed(2),
    `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`,
  ];
}

function httpRows(rounds: readonly HttpRound[]): readonly (readonly string[])[] {
  return LOADS.flatMap(([name, label]) => {
    const pairs = rounds.map((round) => round[name]);
    return [
      row(`${label}: readings/s`, pairs, ({ perSecond }) => perSecond),
      row('… CPU of a reading, µs', pairs, ({ cpuMicros }) => cpuMicros),
      row('… p99, ms', pairs, ({ p99Ms }) => p99Ms),
      row('… peak memory so far, MB', pairs, ({ peakRssMib }) => megabytes(peakRssMib)),
    ];
  });
}

function csvRows(rounds: readonly CsvRound[]): readonly (readonly string[])[] {
  const pairs = rounds.map(({ csvImport }) => csvImport);
  const ofPapa = rounds.map(({ papa, csvImport: { before, after } }) => ({
    before: before.rowsPerSecond / papa.rowsPerSecond,
    after: after.rowsPerSecond / papa.rowsPerSecond,
  }));
  return [
    row('CSV import: rows/s', pairs, ({ rowsPerSecond }) => rowsPerSecond),
    row('… × PapaParse', ofPapa, (ratio) => ratio),
    row('… CPU of a row, µs', pairs, ({ cpuSeconds }) => (cpuSeconds / plan.csvRows) * 1e6),
    row('… peak memory, MB', pairs, ({ peakRssMib }) => megabytes(peakRssMib)),
  ];
}

function megabytes(mib: number): number {
  return (mib * 2 ** 20) / 1e6;
}

async function main(): Promise<void> {
  const machine = describeMachine();
  bindGenerator(machine);
  const stand = new Stand(machine);
  try {
    await stand.open();
    const rows = [
      ...(options.only === 'csv' ? [] : httpRows(await measureHttp(stand))),
      ...(options.only === 'http' ? [] : csvRows(await measureCsv(stand))),
    ];
    const head = ['what', 'before', 'after', 'after / before', 'lowest to highest'];
    const text = [
      '# Before and after, in one run',
      `${new Date().toISOString()}, \`npx node bench/before-after.ts\`, medians of ${plan.rounds} rounds in turns. Before: ${options.write ?? options.before}.`,
      `${boundMachineText(machine)}.`,
      table(head, rows),
    ].join('\n\n');
    say(`\n${text}`);
    if (options.write === undefined) return;
    keepResult('before-after.md', text);
  } finally {
    stand.close();
  }
}

await runToTheEnd('The measurement', main);
