import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { percentile } from '../../bench/statistics.ts';
import type { StackCallers } from './stack-callers.js';

const IS_SHORT = process.env['SENSORFLOW_FAULTS'] === 'short';
const MEASURE_MS = IS_SHORT ? 15_000 : 60_000;
const INNOCENT_PER_SECOND = 10;
/** Until what the others do is in full swing: hundreds of connections, on a process that has just started. */
const LEAD_MS = 3000;

/** Somebody who asks for much: goes on until it is over, and answers the statuses that it got. */
export type Hostile = (isOver: () => boolean) => Promise<readonly number[]>;

export type LittleRequest = readonly [
  kind: string,
  path: string,
  bodyOf?: (value: number) => unknown,
];

export const LITTLE: readonly LittleRequest[] = [
  ['record', '/sensor-data', (value) => aReading(value, new Date())],
  ['list', '/sensor-data/EQ-SMALL?limit=10&order=desc'],
  ['latest', '/sensor-data/EQ-SMALL/latest'],
  ['day of one', '/sensor-data/aggregated?interval=24h&equipmentId=EQ-SMALL'],
  ['day of all', '/sensor-data/aggregated?interval=24h'],
];

/** A hundred readings of 1 KB: more than the body that is always read. */
export const SMALL_BATCH: LittleRequest = ['batch', '/sensor-data/batch', smallBatch];

function smallBatch(value: number) {
  const startMs = Date.now() - 1000;
  const tags = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [name, 'x'.repeat(250)]));
  return Array.from({ length: 100 }, (_, i) => ({
    ...aReading(value, new Date(startMs + i)),
    tags,
  }));
}

function aReading(value: number, at: Date) {
  return { equipmentId: 'EQ-SMALL', timestamp: at.toISOString(), value };
}

interface Timed {
  readonly kind: string;
  readonly status: number;
  readonly ms: number;
}

/**
 * Expects that a caller who asks for little at 10 requests a second sees no failure and a p99 below 500 ms
 * while others ask for much, and answers what the others got.
 */
export async function expectFairness(
  callers: StackCallers,
  what: string,
  hostile: readonly Hostile[],
  requests = LITTLE,
): Promise<readonly number[]> {
  for (const request of requests) await ask(callers, request, 0);
  let over = false;
  const statuses = Promise.all(hostile.map(async (run) => run(() => over)));
  await delay(LEAD_MS);
  const answers = await bystander(callers, requests);
  over = true;

  const met = (await statuses).flat();
  const failures = answers.filter(({ status }) => status >= 400);
  const times = answers.map(({ ms }) => ms);
  const p99Ms = percentile(times, 0.99);
  const slowest = answers.toSorted((a, b) => b.ms - a.ms).slice(0, 5);
  process.stdout.write(
    `${what}: ${answers.length} requests of a bystander, ${failures.length} failed, p99 ${p99Ms.toFixed(0)} ms ` +
      `(slowest: ${slowest.map(({ kind, ms }) => `${kind} ${ms.toFixed(0)}`).join(', ')}); ` +
      `the others got ${JSON.stringify(countsOf(met))}\n`,
  );
  expect(failures).toEqual([]);
  expect(p99Ms).toBeLessThan(500);
  return met;
}

/** So many times a second, whatever becomes of it. */
async function bystander(
  callers: StackCallers,
  requests: readonly LittleRequest[],
): Promise<readonly Timed[]> {
  const sent: Promise<Timed>[] = [];
  const endsAt = performance.now() + MEASURE_MS;
  while (performance.now() < endsAt) {
    for (const request of requests) {
      sent.push(ask(callers, request, sent.length));
      await delay(1000 / INNOCENT_PER_SECOND);
    }
  }
  return Promise.all(sent);
}

async function ask(
  callers: StackCallers,
  [kind, path, bodyOf]: LittleRequest,
  value: number,
): Promise<Timed> {
  const startedAt = performance.now();
  const request = bodyOf ? { method: 'POST', body: JSON.stringify(bodyOf(value)) } : {};
  const response = await callers.ask(callers.tokenOf('bystander'), path, request);
  await response.arrayBuffer();
  return { kind, status: response.status, ms: performance.now() - startedAt };
}

function countsOf(statuses: readonly number[]) {
  return Object.fromEntries(
    [...Map.groupBy(statuses, (status) => status)].map(([status, all]) => [status, all.length]),
  );
}
