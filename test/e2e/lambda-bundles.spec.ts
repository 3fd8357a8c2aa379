import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { foldFile, REAL_FILES, realFile } from '../support/fold-file.js';
import { LocalStack, temporaryFolder } from '../support/local-stack.js';
import { aggregatedHours, importFile } from '../support/sensorflow.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MADE = join(ROOT, 'dist', 'lambdas');
const FUNCTIONS = ['csv-importer', 'live-publisher', 'stream-aggregator'];

/** Enough to start; nothing listens there. */
const VARIABLES = {
  AWS_REGION: 'local',
  DYNAMODB_TABLE_NAME: 'readings',
  DYNAMODB_AGGREGATE_TABLE_NAME: 'aggregates',
  DYNAMODB_IMPORTS_TABLE_NAME: 'imports',
  S3_BUCKET_NAME: 'uploads',
  LIVE_TOPIC_ARN: 'arn:aws:sns:local:000000000000:live.fifo',
  UPLOADS_QUEUE_URL: 'http://127.0.0.1:9/uploads',
};

/** A copy far from the repository, so that a bundle finds nothing but itself. */
const folder = temporaryFolder();

beforeAll(() => {
  execFileSync('npm', ['run', '--silent', 'bundle:lambdas'], { cwd: ROOT });
  for (const name of FUNCTIONS) {
    cpSync(join(MADE, name), join(folder, name), { recursive: true });
  }
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function indexOf(name: string): string {
  return join(folder, name, 'index.mjs');
}

function runNode(...args: readonly string[]) {
  return spawnSync(process.execPath, args, { cwd: folder, env: VARIABLES, encoding: 'utf8' });
}

/** Processor time from the process's beginning to a loaded handler: on an idle machine, no less than the time itself. */
function startMs(name: string): number {
  const script = `
    await import(${JSON.stringify(pathToFileURL(indexOf(name)))});
    const { user, system } = process.cpuUsage();
    console.log((user + system) / 1000);`;
  const { status, stdout, stderr } = runNode('--input-type=module', '-e', script);
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function metafileOf(name: string): {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly outputs: Readonly<Record<string, { readonly imports: readonly Import[] }>>;
} {
  return JSON.parse(readFileSync(join(MADE, `${name}.meta.json`), 'utf8'));
}

interface Import {
  readonly path: string;
  readonly external?: boolean;
}

function sampleCountOf(hours: readonly { readonly sampleCount: number }[]): number {
  return hours.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
}

describe.each(FUNCTIONS)('the bundle of %s', (name) => {
  it('is one module and its source map', () => {
    expect(readdirSync(join(MADE, name)).toSorted()).toEqual(['index.mjs', 'index.mjs.map']);
  });

  it('holds no framework, no HTTP of ours and no embedded stack', () => {
    const sources = Object.keys(metafileOf(name).inputs);
    const foreign =
      /node_modules\/(@nestjs|@fastify|fastify|rxjs|reflect-metadata|class-validator|passport)[/-]|\.module\.ts$|^libs\/\w[^/]*\/src\/http\/|^apps\/(api|local)\//;

    expect(sources).toContain(`apps/${name}/src/${name}.lambda.ts`);
    expect(sources.filter((source) => foreign.test(source))).toEqual([]);
  });

  it('asks for nothing but what Node itself brings', () => {
    const imports = Object.values(metafileOf(name).outputs).flatMap((output) => output.imports);
    const external = imports.filter((one) => one.external === true).map(({ path }) => path);

    expect(external.length).toBeGreaterThan(0);
    expect(external.filter((path) => !isBuiltin(path))).toEqual([]);
  });

  it('starts with under 300 ms of work, in the median of nine', () => {
    const times = Array.from({ length: 9 }, () => startMs(name));

    expect(medianOf(times)).toBeLessThan(300);
  });

  it('names the lines of our sources in a stack trace', () => {
    const script = `
      const { handler } = await import(${JSON.stringify(pathToFileURL(indexOf(name)))});
      const fault = await handler({}, { getRemainingTimeInMillis: () => 1000 }).catch((e) => e);
      console.log(fault.stack);`;

    const { stdout } = runNode('--enable-source-maps', '--input-type=module', '-e', script);

    expect(stdout).toMatch(new RegExp(`apps/${name}/src/[a-z-]+\\.ts:\\d+:\\d+`));
  });
});

describe('the embedded stack with the bundles as its functions', () => {
  const [{ fileName, equipmentId, from, to }] = REAL_FILES;
  let stack: LocalStack;

  beforeAll(async () => {
    stack = await LocalStack.start({ variables: { SENSORFLOW_LAMBDAS_DIR: folder } });
  });

  afterAll(async () => stack.stopAndForget());

  it('imports the beginning of a recording and aggregates it as an independent fold does', async () => {
    const csv = realFile(fileName).toString('utf8').split('\n').slice(0, 2001).join('\n');
    const expected = foldFile(csv);
    const api = (await ApiClient.connect(stack.announcement.baseUrl)).withToken(
      await machineToken(stack.announcement),
    );

    const done = await importFile(api, fileName, csv);

    expect(done).toMatchObject({ status: 'completed', rows: { accepted: 2000 } });
    const { items } = await eventually(
      async () => aggregatedHours(api, { equipmentId, from, to }),
      (hours) => sampleCountOf(hours.items) === sampleCountOf(expected),
      60_000,
    );
    expect(items).toMatchObject(expected);
    const commands = stack.processIds().map((pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8'));
    for (const name of FUNCTIONS) {
      expect(commands.filter((command) => command.includes(indexOf(name)))).not.toEqual([]);
    }
  });
});
