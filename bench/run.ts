import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { argumentsOrExit, misused, RefusedError } from '../libs/platform/src/terminal/command.ts';
import { CSV_CRITERIA, HTTP_CRITERIA, judge, type Verdict } from './criteria.ts';
import { writeCsvFile, type CsvFile } from './csv/csv-file.ts';
import { measureCsv } from './csv/csv-import.ts';
import { DIALECTS } from './csv/dialects.ts';
import { assertExact, measureDialects, meetsShare } from './csv/measure-dialects.ts';
import { bindGenerator, describeMachine, type Machine } from './machine.ts';
import { LONG, SHORT, SMOKE, type Plan } from './plan.ts';
import { API_PROGRAM } from './product.ts';
import {
  boundMachineText,
  csvTablesOf,
  dialectTable,
  httpTablesOf,
  tablesOf,
  verdictsOn,
} from './report.ts';
import { Rounds } from './rounds.ts';
import { ROOT } from './root.ts';
import { keepResult, runToTheEnd } from './run-to-the-end.ts';
import { Stand } from './stand.ts';
import { measureStart } from './warm-start.ts';

/** The benchmark: `npm run bench`, `npm run bench:short`. */
const USAGE = `Usage: npm run bench [-- --short --only PART --dialect NAME --smoke]

Starts everything, alternates the variants, prints the tables and writes bench/results/latest.md. Exits with 1 when a
floor is missed or a request failed.

  --short               measures for minutes, as npm run bench:short does
  --only csv|http       only the import, or only the load on the API; writes no file
  --only csv-dialects   a file of each CSV dialect, compared exactly and timed; writes results/csv-dialects.md
  --dialect NAME        of these, only those whose name has this in it
  --smoke               shows in half a minute that everything runs; its figures mean nothing`;

const PARTS = new Set(['all', 'csv', 'csv-dialects', 'http']);
const { values: options } = argumentsOrExit({
  usage: USAGE,
  options: {
    short: { type: 'boolean', default: false },
    smoke: { type: 'boolean', default: false },
    only: { type: 'string', default: 'all' },
    dialect: { type: 'string', default: '' },
  },
  places: 0,
});
const plan = options.smoke ? SMOKE : options.short ? SHORT : LONG;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** The reference in decorators needs the compiler; everything else here runs as it stands. */
function buildNaive(): void {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const project = join(import.meta.dirname, 'naive/tsconfig.json');
  const { status } = spawnSync(process.execPath, [tsc, '--project', project], { stdio: 'inherit' });
  if (status !== 0) throw new Error('the naive implementation does not compile');
}

async function warmRounds(stand: Stand, csvFile: CsvFile): Promise<Rounds> {
  const servers = {
    bare: await stand.startBare(),
    naive: await stand.startNaive(),
    api: await stand.startApi('warn'),
    apiLogged: await stand.startApi('info'),
  };
  const rounds = new Rounds(stand, servers, plan, csvFile);
  say('warming up');
  await rounds.warmUp();
  return rounds;
}

async function repeat<T>(measureRound: () => Promise<T>): Promise<readonly T[]> {
  const measured: T[] = [];
  while (measured.length < plan.rounds) {
    say(`round ${measured.length + 1} of ${plan.rounds}`);
    measured.push(await measureRound());
  }
  return measured;
}

function writeReport(
  machine: Machine,
  { form, rounds }: Plan,
  tables: string,
  seconds: number,
  { title, file, args }: { readonly title: string; readonly file: string; readonly args: string },
): void {
  const command = `${form === 'short' ? 'npm run bench:short' : 'npm run bench'}${args}`;
  const text = [
    `# ${title}`,
    `${new Date().toISOString()}, \`${command}\`, medians of ${rounds} alternated rounds, ${Math.round(seconds)} s.`,
    `${boundMachineText(machine)}.`,
    tables,
    'How to read it: [../README.md](../README.md). Only ratios of one run compare; absolute figures are this machine’s.',
  ];
  keepResult(file, text.join('\n\n'));
}

async function main(): Promise<number> {
  if (!PARTS.has(options.only)) throw misused('--only knows csv, csv-dialects and http', USAGE);
  if (!existsSync(join(ROOT, API_PROGRAM)))
    throw new RefusedError('Nothing is built: npm run build');
  const startedAt = performance.now();
  const machine = describeMachine();
  bindGenerator(machine);
  say(boundMachineText(machine));
  const stand = new Stand(machine);
  try {
    await stand.open();
    if (options.only === 'csv-dialects') return await runDialects(stand, machine, startedAt);
    const csvFile = writeCsvFile(join(stand.folder, 'readings.csv'), plan.csvRows);
    if (options.only === 'csv') return await runCsv(stand, csvFile);
    buildNaive();
    const warm = await warmRounds(stand, csvFile);
    if (options.only === 'http') return await runHttp(warm);
    // The first start makes the folder; those that are measured find it.
    await measureStart(stand);
    const rounds = await repeat(() => warm.run());
    const tables = tablesOf(rounds);
    say(`\n${tables}`);
    if (options.smoke) return 0;
    writeReport(machine, plan, tables, (performance.now() - startedAt) / 1000, LATEST);
    return meetFloors(verdictsOn(rounds)) && !anyFailed(rounds) ? 0 : 1;
  } finally {
    stand.close();
  }
}

const LATEST = { title: 'The latest benchmark run', file: 'latest.md', args: '' };
const OF_DIALECTS = {
  title: 'The CSV import, dialect by dialect',
  file: 'csv-dialects.md',
  args: ' -- --only csv-dialects',
};

/** Each compared exactly first; then all of them timed. */
async function runDialects(stand: Stand, machine: Machine, startedAt: number): Promise<number> {
  const dialects = DIALECTS.filter(({ name }) => name.includes(options.dialect));
  await assertExact(stand, dialects, say);
  if (options.smoke) return 0;
  const figures = await measureDialects(stand, plan, dialects, say);
  const tables = dialectTable(figures);
  say(`\n${tables}`);
  const seconds = (performance.now() - startedAt) / 1000;
  if (options.dialect === '') writeReport(machine, plan, tables, seconds, OF_DIALECTS);
  return figures.every(meetsShare) ? 0 : 1;
}

async function runCsv(stand: Stand, file: CsvFile): Promise<number> {
  const rounds = await repeat(() => measureCsv(stand, file));
  say(`\n${csvTablesOf(rounds)}`);
  return meetFloors(judge(CSV_CRITERIA, rounds)) ? 0 : 1;
}

async function runHttp(warm: Rounds): Promise<number> {
  const rounds = await repeat(() => warm.http());
  say(`\n${httpTablesOf(rounds)}`);
  return meetFloors(judge(HTTP_CRITERIA, rounds)) && !anyFailed(rounds) ? 0 : 1;
}

function meetFloors(verdicts: readonly Verdict[]): boolean {
  return verdicts.every(({ meetsFloor }) => meetsFloor);
}

function anyFailed(rounds: readonly object[]): boolean {
  return rounds.some((round) =>
    Object.values(round).some((one: object) => 'failed' in one && one.failed !== 0),
  );
}

await runToTheEnd('The benchmark', main);
