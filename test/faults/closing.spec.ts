import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { hourOfEpochMs } from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { stackCredentials } from '../support/aws-signer.js';
import { aBudget } from '../support/budgets.js';
import { LocalStack } from '../support/local-stack.js';
import { closeAndDie } from '../support/mortal-closer.js';

const EQUIPMENT = Array.from({ length: 8 }, (_, i) => `EQ-CLOSING-${i}`);
const HOUR_MS = 3_600_000;
/** Enough to close the current hour now. */
const AHEAD_MS = HOUR_MS + 10 * 60_000;

let stack: LocalStack;
let api: ApiClient;

beforeEach(async () => {
  stack = await LocalStack.start();
  const { baseUrl } = stack.announcement;
  api = (await ApiClient.connect(baseUrl)).withToken(await machineToken(stack.announcement));
});
afterEach(() => stack.stopAndForget());

/** One equipment that sends all the time, and looks at its own aggregates after each reading. */
class Device {
  /** Acknowledged, and of those before the closing of their hour began. */
  acknowledged = 0;
  beforeClosing = 0;
  /** Answers that lacked a reading that was acknowledged before the closing began. */
  behind = 0;
  private readonly startedAt = Date.now();

  constructor(private readonly id: string) {}

  async send(hasBegun: () => boolean): Promise<void> {
    const timestamp = new Date(this.startedAt + this.acknowledged).toISOString();
    const answer = await api.post('/sensor-data', { equipmentId: this.id, timestamp, value: 1 });
    if (answer.status !== 201) throw new Error(answer.text);
    this.acknowledged += 1;
    if (!hasBegun()) this.beforeClosing += 1;
    const promised = this.beforeClosing;
    if ((await this.shown()) < promised) this.behind += 1;
  }

  async shown(): Promise<number> {
    const query = { equipmentId: this.id, interval: '24h' };
    const { status, text, body } = await api.get('/sensor-data/aggregated', query);
    if (status !== 200) throw new Error(text);
    return body.totalCount;
  }
}

/** The cells of all hours by their equipment: `open` if any of them is. */
async function cellsOf({
  announcement,
  dataDir,
}: LocalStack): Promise<ReadonlyMap<string, string>> {
  const { tables, endpoints } = announcement;
  const credentials = stackCredentials(dataDir);
  const client = new DynamoDBClient({ endpoint: endpoints.dynamodb, region: 'local', credentials });
  const store = new DynamoDbAggregateStore(client, tables.aggregates, 1);
  const now = Date.now();
  const cells = new Map<string, string>();
  for (const epochMs of [now - HOUR_MS, now]) {
    const hour = hourOfEpochMs(epochMs);
    for await (const page of store.scanHour(hour, aBudget())) {
      for (const { equipmentId, isClosed } of page) {
        const isOpen = isClosed !== true || cells.get(equipmentId) === 'open';
        cells.set(equipmentId, isOpen ? 'open' : 'closed');
      }
    }
  }
  client.destroy();
  return cells;
}

describe('the closing of an hour', () => {
  it('ends, and no answer lacks an acknowledged reading, however often its closer dies', async () => {
    const devices = EQUIPMENT.map((id) => new Device(id));
    let hasBegun = false;
    const end = new AbortController();
    const sending = devices.map(async (device) => {
      while (!end.signal.aborted) await device.send(() => hasBegun);
    });
    // A reader that trusts an open cell is behind only once there is one.
    await eventually(
      async () => cellsOf(stack),
      (cells) => cells.size === EQUIPMENT.length,
    );
    const before = devices.map(({ acknowledged }) => acknowledged);
    await eventually(
      async () => devices.map(({ acknowledged }, i) => acknowledged - (before[i] ?? 0)),
      (counts) => Math.min(...counts) >= 10,
    );

    hasBegun = true;
    const { tables, endpoints } = stack.announcement;
    const credentials = stackCredentials(stack.dataDir);
    const store = { endpoint: endpoints.dynamodb, region: 'local', credentials };
    let deaths = 0;
    for (let lastCall = 1; ; lastCall += 1) {
      const report = await closeAndDie(store, tables, AHEAD_MS, lastCall);
      if (report !== 'dead') break;
      deaths += 1;
    }
    await eventually(
      async () => devices.map(({ acknowledged, beforeClosing }) => acknowledged - beforeClosing),
      (counts) => Math.min(...counts) >= 10,
    );
    end.abort();
    await Promise.all(sending);

    expect(deaths).toBeGreaterThan(20);
    // The position has moved, so that a forgotten cell would never be closed.
    expect(await cellsOf(stack)).toEqual(new Map(EQUIPMENT.map((id) => [id, 'closed'])));
    expect(devices.map(({ behind }) => behind)).toEqual(EQUIPMENT.map(() => 0));
    for (const device of devices) {
      const shown = await eventually(
        async () => device.shown(),
        (count) => count === device.acknowledged,
      );
      expect(shown).toBe(device.acknowledged);
    }
    const now = Date.now();
    const range = {
      from: new Date(now - 2 * HOUR_MS).toISOString(),
      to: new Date(now + HOUR_MS).toISOString(),
    };
    const verified = await eventually(
      async () => (await api.get('/sensor-data/aggregated/verify', range)).body,
      ({ differences }) => differences?.length === 0,
      60_000,
    );
    expect(verified.checked).toBeGreaterThan(EQUIPMENT.length);
  });
});
