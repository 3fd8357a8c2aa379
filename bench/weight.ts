import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';
import { writeCsvFile } from './csv/csv-file.ts';
import { describeMachine } from './machine.ts';
import { machineText, table } from './report.ts';
import { ROOT } from './root.ts';
import { keepResult, runToTheEnd } from './run-to-the-end.ts';
import { diskBytesOf, partsOf, untilTrimmed } from './weight/data-folder.ts';
import { measureFirstStart } from './weight/first-start.ts';
import { Load } from './weight/load.ts';
import { startByNpm } from './weight/npm-local.ts';
import { residentOf, totalOf, watchPeak, type Resident } from './weight/resident.ts';

const USAGE = `Usage: npm run bench:weight [-- --short]

Measures what the embedded stack takes: memory and disk after a load, packages and time of a first start.
Exits with 1 when a limit is missed. Writes bench/results/weight.md.

  --short   memory alone, without the file`;

const { values: options } = argumentsOrExit({
  usage: USAGE,
  options: { short: { type: 'boolean', default: false } },
  places: 0,
});

const LIMITS = {
  memoryMib: 700,
  bytesPerReading: 250,
  packagesMb: 350,
  coldSeconds: 30,
  warmSeconds: 5,
} as const;
const ROWS = 200_000;
const READINGS = 50_000;
const PAGES = 200;

type Figures = Readonly<Record<string, readonly [figure: number, limit: number | undefined]>>;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

interface Loaded {
  readonly before: Resident;
  readonly after: Resident;
  readonly peakMib: number;
  readonly bytesPerReading: number | undefined;
  readonly parts: readonly (readonly [string, number])[];
}

/** The load, on a new data folder of this checkout. */
async function measureLoad(folder: string, short: boolean): Promise<Loaded> {
  const dataDir = join(folder, 'loaded');
  const stack = await startByNpm({ cwd: ROOT, dataDir, makeReady: false });
  try {
    const before = residentOf(stack.pid);
    const peak = watchPeak(stack.pid);
    const load = await Load.on(stack.announcement);
    await load.importFile(writeCsvFile(join(folder, 'readings.csv'), ROWS));
    say(`imported ${ROWS} rows`);
    await load.sendReadings(READINGS);
    say(`sent ${READINGS} readings in batches`);
    await load.readAggregates(PAGES);
    say(`read ${PAGES} pages of aggregates`);
    await load.settle(ROWS + READINGS);
    const after = residentOf(stack.pid);
    const peakMib = await peak.stop();
    if (short) return { before, after, peakMib, bytesPerReading: undefined, parts: [] };
    say('waiting until the streams are trimmed');
    await untilTrimmed(dataDir);
    const bytesPerReading = diskBytesOf(dataDir) / (ROWS + READINGS);
    return { before, after, peakMib, bytesPerReading, parts: partsOf(dataDir) };
  } finally {
    await stack.stop();
  }
}

function memoryTable({ before, after }: Loaded): string {
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const row = (name: string, ...figures: readonly (number | undefined)[]) => [
    name,
    ...figures.map((figure) => (figure ?? 0).toFixed(0)),
  ];
  return table(
    ['resident, MiB', 'after the start', 'after the load'],
    [
      ...names.map((name) => row(name, before.get(name), after.get(name))),
      row('all together', totalOf(before), totalOf(after)),
    ],
  );
}

function figuresTable(figures: Figures): string {
  return table(
    ['what', 'figure', 'limit', ''],
    Object.entries(figures).map(([what, [figure, limit]]) => [
      what,
      figure.toFixed(figure < 100 ? 1 : 0),
      limit === undefined ? '' : `< ${limit}`,
      limit === undefined ? '' : figure < limit ? 'met' : 'MISSED',
    ]),
  );
}

async function main(): Promise<number> {
  const { short } = options;
  const machine = describeMachine();
  const folder = mkdtempSync(join(tmpdir(), 'sensorflow-weight-'));
  mkdirSync(folder, { recursive: true });
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const loaded = await measureLoad(folder, short);
  const figures: Record<string, readonly [number, number | undefined]> = {
    'memory of all processes after the load, MiB': [totalOf(loaded.after), LIMITS.memoryMib],
    'the most during the load, MiB': [loaded.peakMib, undefined],
  };
  if (loaded.bytesPerReading !== undefined) {
    figures['disk for each reading, bytes'] = [loaded.bytesPerReading, LIMITS.bytesPerReading];
    say('starting in a new clone');
    const first = await measureFirstStart(folder);
    figures['node_modules of a first start, MB'] = [first.packagesMb, LIMITS.packagesMb];
    figures['dist of a first start, MB'] = [first.builtMb, undefined];
    figures['first start: clone, install, build, ready, s'] = [
      first.coldSeconds,
      LIMITS.coldSeconds,
    ];
    figures['next start to ready, s'] = [first.warmSeconds, LIMITS.warmSeconds];
  }
  const text = report(figures, loaded, machineText(machine), short);
  say(`\n${text}`);
  if (!short) keepResult('weight.md', text);
  const missed = Object.values(figures).filter(([figure, limit]) => figure >= (limit ?? Infinity));
  return missed.length === 0 ? 0 : 1;
}

function report(figures: Figures, loaded: Loaded, machine: string, short: boolean): string {
  const parts = loaded.parts.slice(0, 6).map(([name, bytes]) => `\`${name}\` ${megabytes(bytes)}`);
  return [
    '# What the embedded stack takes',
    `${new Date().toISOString()}, \`npm run bench:weight${short ? ' -- --short' : ''}\`, ${machine}.`,
    `The load: an import of ${ROWS} rows of 500 equipment, ${READINGS} readings in batches of 500 of 10 equipment, ${PAGES} pages of aggregates; then every reading was in the aggregates.`,
    figuresTable(figures),
    memoryTable(loaded),
    'Memory is what is resident (VmRSS); pages that processes share count in each of them. npm, which waits for the stack, is not counted.',
    ...(parts.length === 0 ? [] : [`The data folder, in MB: ${parts.join(', ')}.`]),
  ].join('\n\n');
}

function megabytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

await runToTheEnd('The measurement', main);
