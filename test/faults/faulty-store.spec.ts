import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, machineToken, type ApiAnswer } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { stackCredentials } from '../support/aws-signer.js';
import { FAULTS, FaultProxy } from '../support/fault-proxy.js';
import { LocalStack } from '../support/local-stack.js';
import { NumberedReadings } from '../support/numbered-readings.js';

/** Acknowledged readings that the run must reach. */
const ACKNOWLEDGED = process.env['SENSORFLOW_FAULTS'] === 'short' ? 5000 : 200_000;
const SINGLES_AT_A_TIME = 50;
const BATCH = 100;
/** Most of them wait for calls that met a fault. */
const BATCHES_AT_A_TIME = 8;

let stack: LocalStack;
let proxy: FaultProxy;
let api: ApiProcess;
let client: ApiClient;

/** Reproducible: the same seed meets the same faults, as far as the calls come in the same order. */
function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

beforeAll(async () => {
  stack = await LocalStack.start();
  const { dynamodb } = stack.announcement.endpoints;
  const credentials = stackCredentials(stack.dataDir);
  proxy = await FaultProxy.start(dynamodb, credentials, seededRandom(20_230_215));
  api = await ApiProcess.start(stack.announcement, stack.dataDir, {
    AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
  });
  const token = await machineToken(stack.announcement);
  client = (await ApiClient.connect(api.baseUrl)).withToken(token);
});

afterAll(async () => {
  api.child.kill('SIGKILL');
  await proxy.close();
  await stack.stopAndForget();
});

/** So many that each reading is a block of its own: few calls would meet few faults. */
const readings = new NumberedReadings('EQ-FAULT', 1000);

interface History {
  readonly acknowledged: Set<number>;
  /** Taken on, and answered that it is not known, or not answered that it is stored. */
  readonly unconfirmed: Set<number>;
}

/** Refused at the door, as a whole: nothing of it has reached the store. */
function isRefused({ body }: ApiAnswer): boolean {
  return body.code === 'overloaded';
}

/** Comes back when it was asked to, as a good client does. */
async function post(path: string, json: unknown): Promise<ApiAnswer> {
  const answer = await client.post(path, json);
  expect([201, 429, 503]).toContain(answer.status);
  await delay(1000 * Number(answer.headers.get('retry-after')));
  return answer;
}

async function sendBatch(indexes: readonly number[], history: History): Promise<void> {
  const answer = await post(
    '/sensor-data/batch',
    indexes.map((index) => readings.at(index)),
  );
  if (isRefused(answer)) return;
  const open = new Set<number>(answer.body.unconfirmed ?? indexes.keys());
  for (const [position, index] of indexes.entries()) {
    (open.has(position) ? history.unconfirmed : history.acknowledged).add(index);
  }
}

async function sendSingles(indexes: readonly number[], history: History): Promise<void> {
  await Promise.all(
    indexes.map(async (index) => {
      const answer = await post('/sensor-data', readings.at(index));
      if (isRefused(answer)) return;
      (answer.status === 201 ? history.acknowledged : history.unconfirmed).add(index);
    }),
  );
}

/** Writers of batches and one of single readings, until enough is acknowledged. */
async function writeUnderFaults(history: History): Promise<void> {
  let next = 0;
  const take = (count: number) => Array.from({ length: count }, () => next++);
  const writer = async (send: () => Promise<void>): Promise<void> => {
    while (history.acknowledged.size < ACKNOWLEDGED) await send();
  };
  await Promise.all([
    writer(async () => sendSingles(take(SINGLES_AT_A_TIME), history)),
    ...Array.from({ length: BATCHES_AT_A_TIME }, async () =>
      writer(async () => sendBatch(take(BATCH), history)),
    ),
  ]);
}

describe('a store that fails in every way', () => {
  it(`loses none of ${ACKNOWLEDGED} acknowledged readings, and one resend stores the others`, async () => {
    const history: History = { acknowledged: new Set(), unconfirmed: new Set() };
    proxy.faultShare = 0.2;

    const startedAt = performance.now();
    await writeUnderFaults(history);
    const seconds = (performance.now() - startedAt) / 1000;
    proxy.faultShare = 0;
    await proxy.quiet();

    const { acknowledged, unconfirmed } = history;
    const faults = [...proxy.met.values()].reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      `${acknowledged.size} acknowledged and ${unconfirmed.size} unconfirmed readings in ${Math.round(seconds)} s, ${faults} faults\n`,
    );
    expect([...proxy.met.keys()].toSorted()).toEqual([...FAULTS].toSorted());
    expect(await readings.missing(client, acknowledged)).toEqual([]);
    const open = [...unconfirmed];
    for (let start = 0; start < open.length; start += BATCH) {
      const batch = open.slice(start, start + BATCH).map((index) => readings.at(index));
      let answer = await post('/sensor-data/batch', batch);
      while (isRefused(answer)) answer = await post('/sensor-data/batch', batch);
      expect(answer.status).toBe(201);
    }
    expect(await readings.missing(client, unconfirmed)).toEqual([]);
  }, 1_200_000);
});
