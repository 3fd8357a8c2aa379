import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { LiveClient } from '../support/live-client.js';
import { LocalStack } from '../support/local-stack.js';
import { randomFrom } from '../support/seeded-random.js';

const SECONDS = process.env['SENSORFLOW_FAULTS'] === 'short' ? 15 : 120;
const EQUIPMENT = 20;
const CLIENTS = 200;
/** A key has ten feeds in each process, and clients come back to either. */
const CLIENTS_OF_A_KEY = 5;
const BATCHES_PER_SECOND = 20;
const READINGS_PER_BATCH = 50;
const MIB = 1024 * 1024;

let stack: LocalStack;
let second: ApiProcess;
let api: ApiClient;
let token: string;

beforeAll(async () => {
  stack = await LocalStack.start();
  second = await anotherProcess();
  token = await machineToken(stack.announcement);
  api = (await ApiClient.connect(stack.announcement.baseUrl)).withToken(token);
});

afterAll(async () => {
  second.child.kill('SIGTERM');
  await second.exit();
  await stack.stopAndForget();
});

/** One that says what it holds in memory. */
function anotherProcess(): Promise<ApiProcess> {
  const heapOnSignal = fileURLToPath(new URL('../support/heap-on-signal.mjs', import.meta.url));
  const variables = { LOG_LEVEL: 'info', NODE_OPTIONS: `--import ${heapOnSignal}` };
  return ApiProcess.start(stack.announcement, stack.dataDir, variables);
}

const nameOf = (number: number) => `LIVE-${number}`;

/** Readings of one equipment after the other at a steady rate, half to each process. */
class Senders {
  /** Values of each equipment that were acknowledged, in order. */
  readonly acknowledged = Array.from({ length: EQUIPMENT }, (): number[] => []);
  private readonly sent = Array.from({ length: EQUIPMENT }, () => 0);

  async run(seconds: number): Promise<void> {
    const startedAt = performance.now();
    const answers: Promise<void>[] = [];
    for (let tick = 0; tick < seconds * BATCHES_PER_SECOND; tick += 1) {
      answers.push(this.send(tick % EQUIPMENT, tick % 2 === 0));
      const dueMs = ((tick + 1) * 1000) / BATCHES_PER_SECOND;
      await delay(Math.max(0, startedAt + dueMs - performance.now()));
    }
    await Promise.all(answers);
  }

  /** The same batch again until it is confirmed: the process may be on its way out. */
  private async send(equipment: number, toSecond: boolean): Promise<void> {
    const first = this.sent[equipment] ?? 0;
    this.sent[equipment] = first + READINGS_PER_BATCH;
    const values = Array.from({ length: READINGS_PER_BATCH }, (_, index) => first + index);
    const batch = values.map((value) => ({
      equipmentId: nameOf(equipment),
      timestamp: new Date(Date.UTC(2026, 0, 1) + value * 1000).toISOString(),
      value,
    }));
    const url = toSecond ? second.baseUrl : stack.announcement.baseUrl;
    const status = await post(url, batch);
    if (status === 201) this.acknowledged[equipment]?.push(...values);
  }
}

async function post(baseUrl: string, batch: unknown): Promise<number | undefined> {
  try {
    const answer = await fetch(`${baseUrl}/sensor-data/batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(batch),
    });
    await answer.arrayBuffer();
    return answer.status;
  } catch {
    return undefined;
  }
}

async function keys(count: number): Promise<readonly string[]> {
  const made: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const wish = { name: `screen ${number}`, scopes: ['sensorflow/read'] };
    const { body } = await api.post('/api-keys', wish);
    made.push(body.key);
  }
  await eventually(
    async () => fetch(`${second.baseUrl}/auth/me`, { headers: { 'x-api-key': made.at(-1) ?? '' } }),
    ({ status }) => status === 200,
  );
  return made;
}

/** Connects to one process or the other until it is let in, and comes back when the server ends it. */
class Screen {
  readonly client: LiveClient;
  private isOver = false;
  private isConnecting = false;

  constructor(
    readonly equipment: number,
    key: string,
    private readonly random: () => number,
  ) {
    this.client = new LiveClient(
      { 'x-api-key': key },
      [['equipmentId', nameOf(equipment)]],
      ({ event }) => {
        if (event === 'end') void this.connect();
      },
    );
  }

  async connect(): Promise<void> {
    if (this.isConnecting) return;
    this.isConnecting = true;
    while (!this.isOver) {
      const baseUrl = this.random() < 0.5 ? stack.announcement.baseUrl : second.baseUrl;
      const status = await this.client.connect(baseUrl).then(
        (client) => client.status,
        () => undefined,
      );
      if (status === 200) break;
      await delay(100);
    }
    this.isConnecting = false;
  }

  async reconnect(): Promise<void> {
    if (this.isConnecting) return;
    this.client.disconnect();
    await this.connect();
  }

  leave(): void {
    this.isOver = true;
    this.client.disconnect();
  }

  values(): readonly number[] {
    return this.client.readings().map(({ value }) => value);
  }
}

interface Memory {
  /** Of objects and buffers that are in use. */
  readonly heldBytes: number;
  /** What the machine sees: garbage that was not collected yet, too. */
  readonly residentBytes: number;
}

async function memoryOf({ child, log }: ApiProcess): Promise<Memory> {
  const isFigure = (line: string) => line.startsWith('{"heapBytes"');
  const known = log().split('\n').filter(isFigure).length;
  const resident = residentBytes(child.pid);
  child.kill('SIGUSR2');
  const figures = await eventually(
    async () => log().split('\n').slice(0, -1).filter(isFigure),
    ({ length }) => length > known,
  );
  const { heapBytes, externalBytes } = JSON.parse(figures.at(-1) ?? '');
  return { heldBytes: heapBytes + externalBytes, residentBytes: resident };
}

function residentBytes(pid: number | undefined): number {
  const pages = Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]);
  return pages * 4096;
}

describe(`${CLIENTS} live clients of two processes, and 1,000 readings a second`, () => {
  it(`see every reading once for ${SECONDS} s, also when they reconnect and a process ends`, async () => {
    const random = randomFrom(20261130);
    const keyTexts = await keys(CLIENTS / CLIENTS_OF_A_KEY);
    const screens = Array.from(
      { length: CLIENTS },
      (_, number) =>
        new Screen(number % EQUIPMENT, keyTexts[number % keyTexts.length] ?? '', random),
    );
    await Promise.all(screens.map((screen) => screen.connect()));
    const senders = new Senders();
    const sending = senders.run(SECONDS);

    const startedAt = performance.now();
    const elapsed = () => (performance.now() - startedAt) / 1000 / SECONDS;
    let early: Memory | undefined;
    const exits: unknown[] = [];
    while (elapsed() < 1) {
      await delay(200);
      const screen = screens[Math.floor(random() * CLIENTS)];
      void screen?.reconnect();
      if (elapsed() > 0.15 && exits.length === 0) {
        second.child.kill('SIGTERM');
        exits.push(await second.exit());
        second = await anotherProcess();
      }
      // By then the heap has its size, and half of the clients have come.
      if (elapsed() > 0.5) early ??= await memoryOf(second);
    }
    await sending;
    const late = await memoryOf(second);

    await eventually(
      async () =>
        screens.filter(
          (screen) =>
            new Set(screen.values()).size < (senders.acknowledged[screen.equipment]?.length ?? 0),
        ).length,
      (behind) => behind === 0,
      30_000,
    );
    for (const screen of screens) screen.leave();
    expect(exits).toEqual([0]);
    const expected = senders.acknowledged.map((values) => values.toSorted((a, b) => a - b));
    const total = expected.reduce((sum, { length }) => sum + length, 0);
    expect(total).toBeGreaterThan(SECONDS * BATCHES_PER_SECOND * READINGS_PER_BATCH * 0.8);
    for (const screen of screens) {
      // What was not acknowledged may be there as well, but nothing twice.
      const seen = screen.values();
      const known = new Set(expected[screen.equipment]);
      expect(new Set(seen).size).toBe(seen.length);
      expect(seen.filter((value) => known.has(value)).toSorted((a, b) => a - b)).toEqual(
        expected[screen.equipment],
      );
      expect(screen.client.of('resync')).toEqual([]);
    }
    const grownBy = (of: keyof Memory) => late[of] - (early?.[of] ?? 0);
    process.stdout.write(`${JSON.stringify({ early, late })}\n`);
    expect(grownBy('heldBytes')).toBeLessThan(12 * MIB);
    expect(grownBy('residentBytes')).toBeLessThan(80 * MIB);
  });
});

describe('a live client that stops reading', () => {
  it('is dropped with a reason, and costs the process little memory until then', async () => {
    const client = new LiveClient({ authorization: `Bearer ${token}` }, []);
    await client.connect(second.baseUrl);
    await client.until(() => client.events.length > 0);
    const before = residentBytes(second.child.pid);
    const tags = Object.fromEntries(
      Array.from({ length: 15 }, (_, tag) => [`tag${tag}`, 'x'.repeat(200)]),
    );

    client.stopReading();
    for (let batch = 0; batch < 10; batch += 1) {
      const readings = Array.from({ length: 500 }, (_, index) => ({
        equipmentId: `WIDE-${batch}`,
        timestamp: new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString(),
        value: index,
        tags: { ...tags, reading: `${batch}-${index}` },
      }));
      // Wide readings are many blocks: a busy store confirms them in several attempts.
      await eventually(
        async () => post(stack.announcement.baseUrl, readings),
        (status) => status === 201,
      );
    }

    await eventually(
      async () => second.log(),
      (log) => /"end":"too-slow"/.test(log),
      60_000,
      500,
    );
    expect(residentBytes(second.child.pid) - before).toBeLessThan(150 * MIB);
    client.disconnect();
  });
});
