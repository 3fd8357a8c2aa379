import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';
import { writeCsvFile } from './csv/csv-file.ts';
import { measureImport } from './csv/csv-import.ts';
import { runClosedLoop } from './load/closed-loop.ts';
import { Requests } from './load/requests.ts';
import { bindGenerator, describeMachine } from './machine.ts';
import {
  BATCH_CONNECTIONS,
  BATCH_OF_ALL,
  BATCH_OF_FEW,
  CONNECTIONS,
  LONG,
  TOKENS,
} from './plan.ts';
import { ranking, selfTimes, type CpuProfile } from './self-times.ts';
import { ROOT } from './root.ts';
import { Stand, type Server } from './stand.ts';

const USAGE = `Usage: npx node bench/profile.ts [--batch | --batch-of-few | --csv] [--seconds N] [--top N]

Shows where the API's CPU goes under load, or with --csv the importer's, of a file of two million rows.

  --batch, --batch-of-few   batches of 500 equipment, or of 10, instead of single readings
  --log-level LEVEL         warn unless set
  --seconds N               8 unless set
  --top N                   lines of each table; 15 unless set`;

const { values: options } = argumentsOrExit({
  usage: USAGE,
  options: {
    batch: { type: 'boolean', default: false },
    'batch-of-few': { type: 'boolean', default: false },
    csv: { type: 'boolean', default: false },
    'log-level': { type: 'string', default: 'warn' },
    seconds: { type: 'string', default: '8' },
    top: { type: 'string', default: '15' },
  },
  places: 0,
});

const WARM_UP_MS = 3000;
const shape = options.batch ? BATCH_OF_ALL : options['batch-of-few'] ? BATCH_OF_FEW : undefined;

async function putLoadOn(api: Server, stand: Stand): Promise<number> {
  const tokens = Array.from({ length: TOKENS }, () => stand.cloud.machineToken());
  const requests = new Requests(tokens, 'sensorflow.test');
  const { succeeded, failed, seconds } = await runClosedLoop({
    port: api.port,
    connections: shape ? BATCH_CONNECTIONS : CONNECTIONS,
    warmUpMs: WARM_UP_MS,
    measureMs: Number(options.seconds) * 1000,
    requestsOf: (connection) =>
      shape ? requests.batch(connection, shape) : requests.single(connection),
    onEdge: () => undefined,
  });
  process.stdout.write(`${Math.round(succeeded / seconds)} requests/s, ${failed} failed\n\n`);
  return succeeded;
}

async function importFile(stand: Stand, flags: readonly string[]): Promise<void> {
  const file = writeCsvFile(join(stand.folder, 'readings.csv'), LONG.csvRows);
  const { rowsPerSecond } = await measureImport(stand, file, flags);
  process.stdout.write(`${Math.round(rowsPerSecond)} rows/s\n\n`);
}

async function profile(stand: Stand): Promise<CpuProfile> {
  const folder = join(stand.folder, 'profile');
  mkdirSync(folder);
  await stand.open();
  const flags = ['--cpu-prof', `--cpu-prof-dir=${folder}`, '--enable-source-maps'];
  if (options.csv) await importFile(stand, flags);
  else {
    const api = await stand.startApi(options['log-level'], flags);
    await putLoadOn(api, stand);
    // The profile is written on the way out.
    await api.child.stop();
  }
  const [file] = readdirSync(folder);
  if (file === undefined) throw new Error('the API left no profile');
  return JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
}

const machine = describeMachine();
bindGenerator(machine);
const stand = new Stand(machine);
try {
  const times = selfTimes(await profile(stand), ROOT, Number(options.seconds));
  const top = Number(options.top);
  process.stdout.write(
    `${ranking('by package, with what Node did for it', times, ({ owner }) => owner, top)}\n\n`,
  );
  process.stdout.write(
    `${ranking('by package or part of Node', times, ({ group }) => group, top)}\n\n`,
  );
  process.stdout.write(`${ranking('by function', times, ({ place }) => place, top)}\n`);
} finally {
  stand.close();
}
process.exit(0);
