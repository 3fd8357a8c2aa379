import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { CLIENT_ID, CLIENT_SECRET, SCOPE } from '../bench/cloud.ts';
import { cpuSecondsOf, peakRssMibOf } from '../bench/cpu-time.ts';
import { describeMachine } from '../bench/machine.ts';
import { Stand, type Server } from '../bench/stand.ts';
import { argumentsOrExit, misused } from '../libs/platform/src/terminal/command.ts';

/** One stage against the built API with the benchmark's sink as its store. */
const USAGE = `Usage: npm run locust [-- --users N --seconds N --processes N]

Starts the API, a stand-in for its store and Locust, and reads the clocks of all processes while all users are there.
Writes locust/runs/N-users.html and CSV files beside it; the committed reports stay as they are. Needs Python.

  --users N          500 unless set
  --seconds N        how long it measures once all users are there; 60 unless set
  --spawn-rate N     users that begin in a second; 100 unless set
  --processes N      spreads Locust over processes; 1 unless set
  --max-p99-ms N     exits with 1 when the 99th percentile is longer; 1000 unless set
  --locust PATH      a locust that is not on the path

The other way, against what npm run local started: locust -f locust/locustfile.py`;

const { values: options } = argumentsOrExit({
  usage: USAGE,
  options: {
    users: { type: 'string', default: '500' },
    seconds: { type: 'string', default: '60' },
    'spawn-rate': { type: 'string', default: '100' },
    processes: { type: 'string', default: '1' },
    locust: { type: 'string', default: 'locust' },
    'max-p99-ms': { type: 'string', default: '1000' },
  },
  places: 0,
});
for (const name of ['users', 'seconds', 'spawn-rate', 'processes', 'max-p99-ms'] as const) {
  if (/^[1-9]\d{0,6}$/.test(options[name])) continue;
  process.stderr.write(`${misused(`--${name} is a whole number from 1 on`, USAGE).message}\n`);
  process.exit(2);
}

/** Not where the committed reports are. */
const RUNS = 'runs';
/** From starting locust to its first users. */
const START_SECONDS = 3;
const users = Number(options.users);
const rampSeconds = Math.ceil(users / Number(options['spawn-rate']));
const measureSeconds = Number(options.seconds);

/** Where and as whom, in the words of the embedded stack's `local.json`. */
function writeAccess(stand: Stand, api: Server): string {
  const file = join(stand.folder, 'local.json');
  const machine = {
    tokenUrl: stand.cloud.tokenUrl,
    clientId: CLIENT_ID,
    clientSecret: CLIENT_SECRET,
    scope: SCOPE,
  };
  writeFileSync(file, JSON.stringify({ baseUrl: `http://127.0.0.1:${api.port}`, machine }));
  return file;
}

function startLocust(accessFile: string, report: string) {
  const args = [
    ['--locustfile', 'locustfile.py', '--headless', '--only-summary', '--reset-stats'],
    ['--sensorflow-json', accessFile, '--max-p99-ms', options['max-p99-ms']],
    ['--users', options.users, '--spawn-rate', options['spawn-rate']],
    ['--run-time', `${rampSeconds + measureSeconds}s`, '--stop-timeout', '10'],
    ['--html', `${report}.html`, '--csv', report],
    options.processes === '1' ? [] : ['--processes', options.processes],
  ];
  return spawn(options.locust, args.flat(), { cwd: import.meta.dirname, stdio: 'inherit' });
}

/** The process and all that descend from it. */
function familyOf(pid: number): readonly number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return [pid, ...children.flatMap((child) => familyOf(Number(child)))];
}

type Family = readonly (readonly [name: string, pids: readonly number[]])[];

/** Shares of one core between two instants, as the operating system accounts them. */
async function busyShares(families: Family, seconds: number): Promise<readonly string[]> {
  const clocks = () =>
    families.map(([, pids]) => pids.reduce((sum, p) => sum + cpuSecondsOf(p), 0));
  const before = clocks();
  await delay(seconds * 1000);
  const after = clocks();
  return families.map(([name, pids], index) => {
    const share = ((after[index] ?? NaN) - (before[index] ?? NaN)) / seconds;
    const peakMib = pids.reduce((sum, pid) => sum + peakRssMibOf(pid), 0);
    return `${name},${share.toFixed(2)},${Math.round(peakMib)}`;
  });
}

async function runStage(stand: Stand): Promise<number> {
  await stand.open();
  const api = await stand.startApi('warn');
  mkdirSync(join(import.meta.dirname, RUNS), { recursive: true });
  const spread = options.processes === '1' ? '' : `-${options.processes}-processes`;
  const report = join(RUNS, `${options.users}-users${spread}`);
  const locust = startLocust(writeAccess(stand, api), report);
  process.once('exit', () => locust.kill());
  const ended = once(locust, 'exit');
  await delay((START_SECONDS + rampSeconds) * 1000);
  const families: Family = [
    ['API', [api.child.pid]],
    ['sink', [stand.sink.child.pid]],
    ['locust', familyOf(locust.pid ?? 0)],
  ];
  const rows = await busyShares(families, measureSeconds - 2 * START_SECONDS);
  const text = ['process,cores,peak RSS MiB', ...rows, ''].join('\n');
  writeFileSync(join(import.meta.dirname, `${report}_processes.csv`), text);
  process.stdout.write(`\n${text}`);
  const [code]: unknown[] = await ended;
  return typeof code === 'number' ? code : 1;
}

if (spawnSync(options.locust, ['--version'], { cwd: import.meta.dirname }).status !== 0) {
  process.stderr.write(
    `${options.locust} does not run here; locust/README.md says how to get it.\n`,
  );
  process.exit(1);
}
// Nothing is bound to a core: three processes share two.
const stand = new Stand({ ...describeMachine(), pins: false });
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
try {
  process.exitCode = await runStage(stand);
} finally {
  stand.close();
}
process.exit();
