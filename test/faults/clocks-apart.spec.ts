import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken, type ApiAnswer } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { stackCredentials } from '../support/aws-signer.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { LocalStack } from '../support/local-stack.js';
import { closeAndDie } from '../support/mortal-closer.js';
import { verified } from '../support/verification.js';

/** Hours that are closed one after the other, each after the seconds that this takes. */
const HOURS = process.env['SENSORFLOW_FAULTS'] === 'short' ? 2 : 8;
/** An hour takes some seconds, or a minute where others are at work. */
const TIMEOUT = { timeout: HOURS * 150_000 };
const HOUR_MS = 3_600_000;
const HALF_AN_HOUR_MS = HOUR_MS / 2;
/** Where in an hour the slower clock stands: half an hour later, by the other one, it has long ended. */
const SLOWER_CLOCK_MS = 45 * 60_000;
/** Behind the hour's end, closing begins five minutes later. */
const CLOSING_MS = 10 * 60_000;
const EQUIPMENT = Array.from({ length: 4 }, (_, i) => `EQ-CLOCKS-${i}`);
const SHIFTED_CLOCK = new URL('../support/shifted-clock.mjs', import.meta.url).pathname;

let stack: LocalStack;
let key: string;
const started: ShiftedApi[] = [];

async function stopAll(): Promise<void> {
  await Promise.all(started.splice(0).map(async (api) => api.stop()));
}

beforeEach(async () => {
  stack = await LocalStack.start();
  const { announcement } = stack;
  const admin = (await ApiClient.connect(announcement.baseUrl)).withToken(
    await machineToken(announcement),
  );
  // Unlike a token, it does not end by any clock.
  const scopes = ['sensorflow/read', 'sensorflow/write'];
  const asked = { name: 'devices', scopes, ratePerMinute: 60_000 };
  key = (await admin.post('/api-keys', asked)).body.key;
});
afterEach(async () => {
  await stopAll();
  await stack.stopAndForget();
});

/** A process whose clock is ahead, on a store whose clock is, as far as the process can tell. */
class ShiftedApi {
  private constructor(
    readonly client: ApiClient,
    private readonly api: ApiProcess,
    private readonly proxy: FaultProxy,
  ) {}

  static async start(aheadMs: number, storeAheadMs = aheadMs): Promise<ShiftedApi> {
    const { announcement, dataDir } = stack;
    const { dynamodb } = announcement.endpoints;
    const proxy = await FaultProxy.start(dynamodb, stackCredentials(dataDir));
    proxy.clockAheadMs = storeAheadMs;
    const api = await ApiProcess.start(announcement, dataDir, {
      AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
      NODE_OPTIONS: `--import=${SHIFTED_CLOCK}`,
      CLOCK_AHEAD_MS: String(aheadMs),
    });
    const client = (await ApiClient.connect(api.baseUrl)).withToken(key);
    const shifted = new ShiftedApi(client, api, proxy);
    started.push(shifted);
    return shifted;
  }

  async stop(): Promise<void> {
    this.api.child.kill('SIGTERM');
    await this.api.exit();
    await this.proxy.close();
  }
}

/** One equipment that sends all the time by one process, and asks the other after each reading. */
class Device {
  acknowledged = 0;
  /** Acknowledged before the closing of its hour began. */
  beforeClosing = 0;
  /** Answers that lacked one of those that were acknowledged before them and before the closing began. */
  behind = 0;

  constructor(
    readonly id: string,
    private readonly startEpochMs: number,
    private readonly apis: readonly [ShiftedApi, ShiftedApi],
  ) {}

  async send(hasBegun: () => boolean): Promise<void> {
    const [writer, reader] = this.acknowledged % 2 === 0 ? this.apis : this.apis.toReversed();
    const timestamp = new Date(this.startEpochMs + this.acknowledged).toISOString();
    const reading = { equipmentId: this.id, timestamp, value: 1 };
    const answer = await answered(async () => writer?.client.post('/sensor-data', reading));
    if (answer?.status !== 201) throw new Error(answer?.text);
    this.acknowledged += 1;
    if (!hasBegun()) this.beforeClosing += 1;
    const promised = this.beforeClosing;
    if ((await this.shownBy(reader)) < promised) this.behind += 1;
  }

  /** In the hour that it sends in. */
  async shownBy(api: ShiftedApi | undefined): Promise<number> {
    const { from, to } = hourFrom(this.startEpochMs);
    const query = { equipmentId: this.id, from, to };
    const answer = await answered(async () => api?.client.get('/sensor-data/aggregated', query));
    if (answer?.status !== 200) throw new Error(answer?.text);
    return answer.body.totalCount;
  }
}

/** A busy machine may answer 503. Sending the same again is safe, as those answers say. */
async function answered(
  send: () => Promise<ApiAnswer | undefined>,
): Promise<ApiAnswer | undefined> {
  return eventually(send, (answer) => answer?.status !== 503);
}

function hourFrom(epochMs: number) {
  const start = epochMs - (epochMs % HOUR_MS);
  return { from: new Date(start).toISOString(), to: new Date(start + HOUR_MS).toISOString() };
}

/** How far ahead a clock is that stands there, whatever the time is. */
function untilSlowerClock(): number {
  return (SLOWER_CLOCK_MS - (Date.now() % HOUR_MS) + HOUR_MS) % HOUR_MS;
}

/** Answers how many closers died before one came to its end. */
async function closeByMortals(aheadMs: number): Promise<number> {
  const { tables, endpoints } = stack.announcement;
  const credentials = stackCredentials(stack.dataDir);
  const store = { endpoint: endpoints.dynamodb, region: 'local', credentials };
  for (let lastCall = 1; ; lastCall += 1) {
    if ((await closeAndDie(store, tables, aheadMs, lastCall)) !== 'dead') return lastCall - 1;
  }
}

async function untilEachSent(devices: readonly Device[], more: number): Promise<void> {
  const before = devices.map(({ acknowledged }) => acknowledged);
  await eventually(
    async () => devices.map(({ acknowledged }, i) => acknowledged - (before[i] ?? 0)),
    (counts) => Math.min(...counts) >= more,
    60_000,
  );
}

/** All of an hour: sending, its closing by closers that die at each of their steps, and what comes late. */
async function liveThroughAnHour(aheadMs: number, apis: readonly [ShiftedApi, ShiftedApi]) {
  // At the latest a minute before the hour's end, so that all of it is in one hour.
  const start = Math.min(
    Date.now() + aheadMs,
    Date.parse(hourFrom(Date.now() + aheadMs).to) - 60_000,
  );
  const devices = EQUIPMENT.map((id) => new Device(id, start, apis));
  let hasBegun = false;
  const end = new AbortController();
  const sending = Promise.all(
    devices.map(async (device) => {
      while (!end.signal.aborted) await device.send(() => hasBegun);
    }),
  );
  await Promise.race([sending, untilEachSent(devices, 10)]);
  hasBegun = true;
  const deaths = await closeByMortals(aheadMs + HOUR_MS + CLOSING_MS);
  await Promise.race([sending, untilEachSent(devices, 10)]);
  end.abort();
  await sending;
  return { devices, deaths, hour: hourFrom(start) };
}

describe('two processes whose clocks are half an hour apart', TIMEOUT, () => {
  it('answer with every acknowledged reading of each other, also across the closing of hours', async () => {
    for (let round = 0; round < HOURS; round += 1) {
      const aheadMs = round * HOUR_MS + untilSlowerClock();
      const apis = [
        await ShiftedApi.start(aheadMs),
        await ShiftedApi.start(aheadMs + HALF_AN_HOUR_MS),
      ] as const;

      const { devices, deaths, hour } = await liveThroughAnHour(aheadMs, apis);

      expect(deaths).toBeGreaterThan(10);
      expect(devices.map(({ behind }) => behind)).toEqual(EQUIPMENT.map(() => 0));
      for (const [i, device] of devices.entries()) {
        for (const api of apis) {
          await eventually(
            async () => device.shownBy(api),
            (count) => count === device.acknowledged,
          );
        }
        const range = { equipmentId: device.id, ...hour };
        await eventually(
          async () => verified(apis[i % 2 === 0 ? 0 : 1].client, range),
          ({ checked, differences }) => checked > 0 && differences.length === 0,
        );
      }
      await stopAll();
    }
  });
});

describe('a process whose clock is half an hour from that of DynamoDB', () => {
  it('refuses to write, names its clock, and still answers reads', async () => {
    const right = await ShiftedApi.start(0);
    const wrong = await ShiftedApi.start(HALF_AN_HOUR_MS, 0);
    const timestamp = new Date().toISOString();
    const reading = { equipmentId: 'EQ-WRONG-CLOCK', timestamp, value: 1 };

    const startedAt = performance.now();
    const refused = await wrong.client.post('/sensor-data', reading);
    const refusedBatch = await wrong.client.post('/sensor-data/batch', [reading]);
    const tookMs = performance.now() - startedAt;
    const taken = await right.client.post('/sensor-data', reading);
    const shown = await wrong.client.get('/sensor-data/aggregated', {
      equipmentId: reading.equipmentId,
      ...hourFrom(Date.parse(timestamp)),
    });

    expect(refused).toMatchObject({ status: 503, body: { code: 'server-clock-wrong' } });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refusedBatch.body).toMatchObject({
      code: 'server-clock-wrong',
      stored: 0,
      unconfirmed: [0],
    });
    expect(tookMs).toBeLessThan(10_000);
    expect([taken.status, shown.body.totalCount]).toEqual([201, 1]);
  });
});
