import { DynamoDBClient, paginateScan, type AttributeValue } from '@aws-sdk/client-dynamodb';
import { SystemClock } from '@sensorflow/kernel';
import { LogReadingStore, Retention, type StoredReading } from '@sensorflow/sensor-data';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cellsIn, expectedCells } from '../support/aggregation-oracle.js';
import { ApiClient, eventually, machineToken, type ApiAnswer } from '../support/api-client.js';
import { stackCredentials } from '../support/aws-signer.js';
import { LocalStack } from '../support/local-stack.js';
import { anInstant } from '../support/readings.js';
import { aggregatorWorkers, SecondConsumer } from '../support/second-consumer.js';
import { verified } from '../support/verification.js';

const IS_SHORT = process.env['SENSORFLOW_FAULTS'] === 'short';
/** Of which 10 % are corrections and 5 % removals. */
const WRITES = IS_SHORT ? 4_000 : 50_000;
const WRITERS = 2;
const WRITES_A_ROUND = 200;
/** One disturbance a round, whatever the pace of the machine. */
const ROUNDS = WRITES / WRITERS / WRITES_A_ROUND;
const LONGEST_PAUSE_MS = 1_200;
const START = Date.parse('2023-02-15T06:00:00Z');
const DAY = { from: '2023-02-15T00:00:00Z', to: '2023-02-16T00:00:00Z' };
const SHARDS = 1;
/** Sums of these lose digits in doubles. */
const VALUES = [0.1, 1e15, 1e-15, -0.3, 2.5];

let stack: LocalStack;
let second: SecondConsumer;
let api: ApiClient;
let dynamoDb: DynamoDBClient;

beforeEach(async () => {
  stack = await LocalStack.start();
  const { baseUrl, endpoints } = stack.announcement;
  api = (await ApiClient.connect(baseUrl)).withToken(await machineToken(stack.announcement));
  const credentials = stackCredentials(stack.dataDir);
  dynamoDb = new DynamoDBClient({ endpoint: endpoints.dynamodb, region: 'local', credentials });
  second = new SecondConsumer(stack);
});
afterEach(async () => {
  await second.close();
  dynamoDb.destroy();
  await stack.stopAndForget();
});

/** One who writes readings of its own equipment, corrects and removes some, and knows what stands there. */
class Writer {
  readonly standing = new Map<string, number>();
  private sent = 0;

  constructor(private readonly number: number) {}

  async round(): Promise<void> {
    const old = [...this.standing.keys()].toSorted(() => Math.random() - 0.5);
    const corrected = old.splice(0, WRITES_A_ROUND * 0.1);
    const removed = old.splice(0, WRITES_A_ROUND * 0.05);
    const fresh = WRITES_A_ROUND - corrected.length - removed.length;
    const keys = [...corrected, ...Array.from({ length: fresh }, () => this.newKey())];
    const batch = keys.map((key) => ({ ...parts(key), value: anyOf(VALUES) }));
    await acknowledged(async () => api.post('/sensor-data/batch', batch), [201]);
    for (const [i, key] of keys.entries()) this.standing.set(key, batch[i]?.value ?? 0);
    await Promise.all(removed.map(async (key) => this.remove(key)));
  }

  private async remove(key: string): Promise<void> {
    const { equipmentId, timestamp } = parts(key);
    const url = `/sensor-data/${equipmentId}/${timestamp}`;
    // 404 when a removal that was not confirmed had happened.
    await acknowledged(async () => api.send('DELETE', url), [204, 404]);
    this.standing.delete(key);
  }

  /** Most of them in one hour of one equipment, which grows dense; the others in four hours of three. */
  private newKey(): string {
    this.sent += 1;
    const isDense = this.sent % 5 > 0;
    const [id, hour] = isDense ? [0, 0] : [this.sent % 3, this.sent % 4];
    // All different, and all over the hour.
    const at = START + hour * 3_600_000 + ((this.sent * 7919) % 3_599_983);
    return `EQ-${this.number}-${id} ${new Date(at).toISOString()}`;
  }
}

function parts(key: string) {
  const [equipmentId = '', timestamp = ''] = key.split(' ');
  return { equipmentId, timestamp };
}

/** What is not confirmed is sent again, as the promise says. */
async function acknowledged(
  send: () => Promise<ApiAnswer>,
  statuses: readonly number[],
): Promise<void> {
  for (;;) {
    const { status, text } = await send();
    if (statuses.includes(status)) return;
    if (status !== 503 && status !== 429) throw new Error(text);
    await delay(500);
  }
}

function anyOf<T>(all: readonly T[]): T {
  const chosen = all[Math.floor(Math.random() * all.length)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}

/** Kills a worker of the one or the other consumer, or has the second one start again. */
async function disturb(isRestart: boolean): Promise<void> {
  await delay(Math.random() * LONGEST_PAUSE_MS);
  if (isRestart) return second.restart();
  const workers = await eventually(
    async () => aggregatorWorkers(stack),
    ({ length }) => length > 0,
  );
  process.kill(anyOf(workers), 'SIGKILL');
}

async function itemsOf(TableName: string) {
  const items: Record<string, AttributeValue>[] = [];
  const query = { TableName, ConsistentRead: true };
  for await (const page of paginateScan({ client: dynamoDb }, query)) {
    items.push(...(page.Items ?? []));
  }
  return items;
}

/** What stands in the log. */
async function standingReadings(): Promise<readonly StoredReading[]> {
  const blocks = new DynamoDbBlockStore(dynamoDb, stack.announcement.tables.readings);
  const log = new LogReadingStore(blocks, Retention.FOREVER, new SystemClock());
  const stored: StoredReading[] = [];
  for await (const ids of log.scanEquipment()) {
    for (const id of ids) {
      for await (const part of log.scanRange(id, anInstant(DAY.from), anInstant(DAY.to))) {
        stored.push(...part);
      }
    }
  }
  return stored;
}

const LONGEST_MS = 20 * 60_000;

it(
  `two consumers, killed and restarted during ${WRITES} writes, leave every level equal to the readings`,
  { timeout: LONGEST_MS },
  async () => {
    second.start();
    const writers = Array.from({ length: WRITERS }, (_, number) => new Writer(number));
    for (let round = 0; round < ROUNDS; round += 1) {
      const isRestart = round % 5 === 4;
      await Promise.all([...writers.map(async (writer) => writer.round()), disturb(isRestart)]);
    }
    const writtenAt = performance.now();

    const { aggregates: aggregatesTable } = stack.announcement.tables;
    const stored = await standingReadings();
    const expected = expectedCells(stored, SHARDS);
    const { cells: found } = await eventually(
      async () => {
        const cells = cellsIn(await itemsOf(aggregatesTable));
        return { isCaughtUp: second.isCaughtUp(), differing: differing(cells, expected), cells };
      },
      ({ isCaughtUp, differing: { length } }) => isCaughtUp && length === 0,
      IS_SHORT ? 30_000 : 600_000,
      1000,
    );
    const report = await verified(api, DAY);

    const lagSeconds = Math.round((performance.now() - writtenAt) / 1000);
    process.stdout.write(
      `two consumers: ${ROUNDS} kills and restarts, ${stored.length} readings stand, right after ${lagSeconds} s\n`,
    );
    const standing = new Map(writers.flatMap((writer) => Array.from(writer.standing)));
    expect(stored).toHaveLength(standing.size);
    for (const { equipmentId, timestamp, values } of stored) {
      const key = `${equipmentId} ${new Date(timestamp).toISOString()}`;
      expect(values.get('value')).toBe(standing.get(key));
    }
    expect([...found.keys()]).toEqual(expect.arrayContaining(['fleet 2023-02-15T06 value']));
    expect(report.differences).toEqual([]);
    expect(report.checked).toBeGreaterThanOrEqual(found.size);
    expect(second.failures()).toBe(0);
  },
);

function differing(
  found: ReadonlyMap<string, string>,
  expected: ReadonlyMap<string, string>,
): readonly string[] {
  return [...new Set([...found.keys(), ...expected.keys()])]
    .filter((cell) => found.get(cell) !== expected.get(cell))
    .map((cell) => `${cell}: ${found.get(cell)} instead of ${expected.get(cell)}`);
}
