import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cpuSecondsOf, rssMibOf } from '../../bench/cpu-time.ts';
import { runOpenLoop, type Answer } from '../../bench/load/open-loop.ts';
import { Requests } from '../../bench/load/requests.ts';
import { bindGenerator, describeMachine } from '../../bench/machine.ts';
import { Stand, type Server } from '../../bench/stand.ts';
import { median, percentile } from '../../bench/statistics.ts';
import { eventually } from '../support/api-client.js';

const IS_SHORT = process.env['SENSORFLOW_FAULTS'] === 'short';
const OVERLOAD_MS = IS_SHORT ? 12_000 : 120_000;
/** When memory has reached its level under overload. */
const SETTLED_MS = IS_SHORT ? 4000 : 30_000;
const SAMPLE_MS = IS_SHORT ? 4000 : 10_000;
const RECOVERED_MS = 5000;
/** Of a short run, one stall by whatever else runs on the machine is more than a hundredth. */
const ALL_REFUSALS_P99_MS = IS_SHORT ? 250 : 20;

/** A process of some seconds still grows into its heap, however little of it is in use. */
const MAX_RSS_GROWTH = IS_SHORT ? 1.3 : 1.1;

/** The store works on so many calls of 25 readings at a time, the others wait in its line. */
const SLOTS = 2;
const LATENCY_MS = 100;
const NOMINAL_PER_SECOND = (SLOTS * 25 * 1000) / LATENCY_MS;
const NORMAL_PER_SECOND = NOMINAL_PER_SECOND / 2;

let stand: Stand;
let api: Server;
let requests: Requests;

beforeAll(async () => {
  const machine = describeMachine();
  bindGenerator(machine);
  stand = new Stand(machine);
  await stand.open();
  await stand.sinkClient.change({ latencyMs: LATENCY_MS, slots: SLOTS });
  const heapOnSignal = fileURLToPath(new URL('../support/heap-on-signal.mjs', import.meta.url));
  api = await stand.startApi('error', ['--import', heapOnSignal]);
  const tokens = Array.from({ length: 20 }, () => stand.cloud.machineToken());
  requests = new Requests(tokens, '127.0.0.1');
});

afterAll(() => {
  stand.close();
});

/** What is kept of an answer: the generator's own garbage must not hold up what it measures. */
interface Noted extends Omit<Answer, 'text'> {
  readonly code: string | undefined;
  readonly saysRetryAfter: boolean;
}

function noted({ text, ...answer }: Answer): Noted {
  const code = answer.status === 201 ? undefined : /"code":"([^"]+)"/.exec(text)?.[1];
  return { ...answer, code, saysRetryAfter: /\r\nretry-after: [12]\r\n/i.test(text) };
}

/** Offers readings at that rate, whatever the API does, and notes every answer. */
async function offer(perSecond: number, durationMs: number) {
  const answers: Noted[] = [];
  const cpuBefore = cpuSecondsOf(api.child.pid);
  requests.nextDay();
  const { lateP99Ms } = await runOpenLoop({
    port: api.port,
    perSecond,
    warmUpMs: 0,
    measureMs: durationMs,
    maxConnections: 10_000,
    requestsOf: (connection) => requests.single(connection),
    onEdge: () => undefined,
    onAnswer: (answer) => answers.push(noted(answer)),
  });
  const startedAt = answers[0]?.dueAt ?? 0;
  const apiBusy = ((cpuSecondsOf(api.child.pid) - cpuBefore) * 1000) / durationMs;
  return { answers, lateP99Ms, apiBusy, startedAt, endedAt: startedAt + durationMs };
}

type Offered = Awaited<ReturnType<typeof offer>>;

const isStored = ({ status }: Noted): boolean => status === 201;
const fromDueMs = ({ dueAt, answeredAt }: Noted): number => answeredAt - dueAt;
const fromSentMs = ({ sentAt, answeredAt }: Noted): number => answeredAt - sentAt;

/** Readings acknowledged per second while the load lasted. */
function goodput({ answers, startedAt, endedAt }: Offered): number {
  const inTime = answers.filter((answer) => isStored(answer) && answer.answeredAt <= endedAt);
  return (inTime.length * 1000) / (endedAt - startedAt);
}

/** What the looks at its memory cost the process: the heap is collected for them. */
const LOOK_MS = 1000;

interface Memory {
  readonly lookedAt: number;
  readonly rssMib: number;
  readonly heapMib: number;
}

async function memoryAfter(ms: number): Promise<Memory> {
  await delay(ms);
  const lookedAt = performance.now();
  const rssMib = rssMibOf(api.child.pid);
  const linesBefore = logLines().length;
  process.kill(api.child.pid, 'SIGUSR2');
  const lines = await eventually(
    async () => logLines(),
    ({ length }) => length > linesBefore,
  );
  const { heapBytes } = JSON.parse(lines.at(-1) ?? '');
  return { lookedAt, rssMib, heapMib: heapBytes / 2 ** 20 };
}

function logLines(): readonly string[] {
  return readFileSync(join(stand.folder, 'api-error.log'), 'utf8').split('\n').slice(0, -1);
}

describe('three times as many readings as the store takes', () => {
  it(`are served at its full pace for ${OVERLOAD_MS / 1000} s, and refused at once beyond it`, async () => {
    await offer(NORMAL_PER_SECOND, SAMPLE_MS);
    const normal = await offer(NORMAL_PER_SECOND, SAMPLE_MS);
    const nearPeak = await offer(NOMINAL_PER_SECOND * 0.9, SAMPLE_MS);
    const atPeak = await offer(NOMINAL_PER_SECOND, SAMPLE_MS);
    await stand.sinkClient.reset();

    const [overload, settled, atEnd] = await Promise.all([
      offer(3 * NOMINAL_PER_SECOND, OVERLOAD_MS),
      memoryAfter(SETTLED_MS),
      memoryAfter(OVERLOAD_MS - LOOK_MS),
    ]);
    const { readings } = await stand.sinkClient.counts();
    const after = await offer(NORMAL_PER_SECOND, RECOVERED_MS + SAMPLE_MS);

    const served = overload.answers.filter(isStored);
    const refused = overload.answers.filter((answer) => !isStored(answer));
    const undisturbed = refused.filter(({ sentAt }) =>
      [settled, atEnd].every(({ lookedAt }) => Math.abs(sentAt - lookedAt) > LOOK_MS),
    );
    const recovered = after.answers.filter(({ dueAt }) => dueAt > after.startedAt + RECOVERED_MS);
    const figures = {
      normalP99Ms: p99(normal.answers.map(fromDueMs)),
      peak: Math.max(goodput(nearPeak), goodput(atPeak)),
      goodput: goodput(overload),
      servedP99Ms: p99(served.map(fromDueMs)),
      refusedPerSecond: (refused.length * 1000) / OVERLOAD_MS,
      refusalP99Ms: p99(undisturbed.map(fromSentMs)),
      refusalP99MsOfMedianSecond: p99OfMedianSecond(undisturbed, fromSentMs),
      generatorLateP99Ms: overload.lateP99Ms,
      apiBusy: overload.apiBusy,
      putsPerReading: readings / served.length,
      settled,
      atEnd,
      recoveredP99Ms: IS_SHORT
        ? p99OfMedianSecond(recovered, fromDueMs)
        : p99(recovered.map(fromDueMs)),
    };
    process.stdout.write(`${JSON.stringify(figures, rounded)}\n`);
    expect(figures.peak).toBeGreaterThan(0.5 * NOMINAL_PER_SECOND);
    expect(figures.goodput).toBeGreaterThan(0.9 * figures.peak);
    expect([...new Set(refused.map(({ status, code }) => `${status} ${code}`))]).toEqual([
      '503 overloaded',
    ]);
    expect(refused.every(({ saysRetryAfter }) => saysRetryAfter)).toBe(true);
    expect(figures.refusalP99MsOfMedianSecond).toBeLessThan(20);
    expect(figures.refusalP99Ms).toBeLessThan(ALL_REFUSALS_P99_MS);
    expect(figures.putsPerReading).toBeLessThan(1.2);
    expect(atEnd.rssMib).toBeLessThan(MAX_RSS_GROWTH * settled.rssMib);
    expect(atEnd.heapMib).toBeLessThan(1.1 * settled.heapMib);
    expect(recovered.length).toBeGreaterThan(0);
    expect(recovered.filter((answer) => !isStored(answer))).toEqual([]);
    expect(figures.recoveredP99Ms).toBeLessThan(2 * figures.normalP99Ms);
  });
});

function p99OfMedianSecond(
  answers: readonly Noted[],
  latencyOf: (answer: Noted) => number,
): number {
  const bySecond = Map.groupBy(answers, ({ sentAt }) => Math.floor(sentAt / 1000));
  return median([...bySecond.values()].map((all) => p99(all.map(latencyOf))));
}

function p99(figures: readonly number[]): number {
  return percentile(figures, 0.99);
}

function rounded(_: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(4)) : value;
}
