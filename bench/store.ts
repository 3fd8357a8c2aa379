/**
 * What the embedded DynamoDB's check of host and signature costs: the stack's store beside a bare dynoxide,
 * in turns on the same machine, each with a database of its own. `npx node bench/store.ts [seconds a turn]`,
 * after a build.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signedHeaders } from '../test/support/aws-signer.ts';

interface Running {
  readonly url: string;
  stop(): Promise<void>;
}

const DIST = join(import.meta.dirname, '../dist/apps/local/src/dynamodb');
const CREDENTIALS = { accessKeyId: 'LOCALBENCH', secretAccessKey: 'bench' };
const ROUNDS = 5;
const PARALLEL = 16;
const TABLE = 'bench';
const TURN_MS = Number(process.argv[2] ?? 1) * 1000;
const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });

/** Each makes the body of its n-th call. */
const WORKLOADS: Readonly<Record<string, (n: number) => object>> = {
  PutItem: (n) => ({ TableName: TABLE, Item: itemAt(n) }),
  GetItem: (n) => ({ TableName: TABLE, Key: { id: { S: String(n % 100) } } }),
  BatchWriteItem: (n) => ({
    RequestItems: {
      [TABLE]: Array.from({ length: 25 }, (_, i) => ({ PutRequest: { Item: itemAt(n * 25 + i) } })),
    },
  }),
};

function itemAt(n: number) {
  return { id: { S: String(n) }, text: { S: 'x'.repeat(1000) } };
}

async function startBoth(folder: string): Promise<readonly [bare: Running, checked: Running]> {
  const { findDynoxide } = await import(join(DIST, 'find-dynoxide.js'));
  const { startDynoxide } = await import(join(DIST, 'start-dynoxide.js'));
  const { startStore } = await import(join(DIST, 'start-store.js'));
  const binary = findDynoxide({});
  const common = { binary, port: 0, log: () => undefined };
  return Promise.all([
    startDynoxide({ ...common, host: '127.0.0.1', dbPath: join(folder, 'bare.db') }),
    startStore({
      ...common,
      dbPath: join(folder, 'checked.db'),
      region: 'local',
      credentials: CREDENTIALS,
      path: '/usr/bin:/bin',
    }),
  ]);
}

async function call({ url }: Running, operation: string, input: object): Promise<void> {
  const body = JSON.stringify(input);
  const target = `DynamoDB_20120810.${operation}`;
  const signed = { url, service: 'dynamodb', target, body, credentials: CREDENTIALS };
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request(
      url,
      { method: 'POST', agent, headers: signedHeaders(signed) },
      (answer) => {
        answer.resume().once('end', () => resolve(answer.statusCode ?? 0));
      },
    );
    sent.once('error', reject).end(body);
  });
  if (status !== 200) throw new Error(`${operation} was answered with ${status}`);
}

/** Calls in a second. */
async function turn(store: Running, operation: string, bodyOf: (n: number) => object) {
  const endsAt = performance.now() + TURN_MS;
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < endsAt) await call(store, operation, bodyOf((calls += 1)));
  };
  await Promise.all(Array.from({ length: PARALLEL }, caller));
  return (calls * 1000) / TURN_MS;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function compare(bare: Running, checked: Running, operation: string): Promise<void> {
  const bodyOf = WORKLOADS[operation] ?? (() => ({}));
  const rates = { bare: [] as number[], checked: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    rates.bare.push(await turn(bare, operation, bodyOf));
    rates.checked.push(await turn(checked, operation, bodyOf));
  }
  const [direct, through] = [median(rates.bare), median(rates.checked)];
  process.stdout.write(
    `${operation.padEnd(15)} bare ${direct.toFixed(0)}/s   checked ${through.toFixed(0)}/s   ratio ${(through / direct).toFixed(2)}\n`,
  );
}

const folder = mkdtempSync(join(tmpdir(), 'sensorflow-bench-store-'));
const [bare, checked] = await startBoth(folder);
try {
  const table = {
    TableName: TABLE,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  };
  for (const store of [bare, checked]) await call(store, 'CreateTable', table);
  for (const operation of Object.keys(WORKLOADS)) await compare(bare, checked, operation);
} finally {
  agent.destroy();
  await Promise.all([bare.stop(), checked.stop()]);
  rmSync(folder, { recursive: true });
}
