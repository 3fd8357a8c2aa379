import { instantFromEpochMs } from '@sensorflow/kernel';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryBlockStore } from '../../../../test/support/in-memory-block-store.js';
import { Retention } from '../retention.js';
import { parseBlockKey } from './block-key.js';
import type { StoredBlock } from './block.js';
import { hourAfter, instantAt, type HourText, type OffsetNs } from './hour-time.js';
import { LogReadingStore } from './log-reading-store.js';
import { packRows } from './pack-rows.js';
import { sealRemoval } from './seal-removal.js';

/**
 * The store deletes what has expired one by one, in no order. What is shown meanwhile are whole hours: with
 * every correction and removal, or not at all. SENSORFLOW_RUNS=20000 is the long form (`npm run simulate`).
 */
const RUNS = Number(process.env['SENSORFLOW_RUNS'] ?? 400);
const LIMIT_MS = 300_000;
const EQUIPMENT = 'EQ-1';
const DAYS = 4;
const FIRST: HourText = '2026-11-30T07';
const HOURS: readonly HourText[] = [FIRST, hourAfter(FIRST), hourAfter(hourAfter(FIRST))];
const MINUTE_NS = 60_000_000_000;
const RETENTION = Retention.ofDays(DAYS);
/** When the first hour expires. */
const EXPIRY_EPOCH_MS = Date.parse('2026-11-30T08:00:00Z') + DAYS * 86_400_000;

interface Change {
  readonly hour: number;
  readonly minute: number;
  /** Of a removal: how many minutes it covers; of a reading none. */
  readonly minutes: number | undefined;
}

const changes: fc.Arbitrary<readonly Change[]> = fc.array(
  fc.record({
    hour: fc.integer({ min: 0, max: HOURS.length - 1 }),
    minute: fc.integer({ min: 0, max: 59 }),
    minutes: fc.oneof(
      { weight: 2, arbitrary: fc.constant(undefined) },
      { weight: 1, arbitrary: fc.integer({ min: 1, max: 60 }) },
    ),
  }),
  { minLength: 1, maxLength: 12 },
);
const schedules = fc.record({
  changes,
  nowAfterExpiryMinutes: fc.integer({ min: -90, max: 150 }),
  /** Which of the expired blocks are deleted by now. */
  deleted: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
});
type Schedule = typeof schedules extends fc.Arbitrary<infer S> ? S : never;

type ExpiryOf = (hour: HourText, lastNs: OffsetNs) => number | undefined;
const OF_ITS_HOUR: ExpiryOf = (hour) => RETENTION.expiresAtEpochSeconds(hour);
const OF_ITS_LAST_INSTANT: ExpiryOf = (hour, lastNs) =>
  (OF_ITS_HOUR(hour, lastNs) ?? 0) - (3600 - Math.floor(lastNs / 1e9));

async function shown(schedule: Schedule, expiryOf: ExpiryOf, hiding: Retention) {
  const nowEpochMs = EXPIRY_EPOCH_MS + schedule.nowAfterExpiryMinutes * 60_000;
  const store = new InMemoryBlockStore();
  const blocks = schedule.changes.map((change, index) => blockOf(change, index, expiryOf));
  for (const [index, block] of blocks.entries()) {
    const isExpired = (block.expiresAtEpochSeconds ?? Infinity) * 1000 <= nowEpochMs;
    if (!isExpired || !schedule.deleted[index]) store.put(block);
  }
  const log = new LogReadingStore(store, hiding, new FixedClock(nowEpochMs));
  const [from, to] = [instantFromEpochMs(0), instantFromEpochMs(nowEpochMs)];
  const pages = await Array.fromAsync(log.scanRange(EQUIPMENT, from, to));
  return pages.flat().map(({ timestamp, values }) => `${timestamp} ${values.get('value')}`);
}

/** The oracle: all changes of the hours that have not expired, in order. */
function expected({ changes: all, nowAfterExpiryMinutes }: Schedule): readonly string[] {
  const standing = new Map<string, number>();
  for (const [index, { hour, minute, minutes }] of all.entries()) {
    // Each hour expires an hour after the one before it.
    if (nowAfterExpiryMinutes >= hour * 60) continue;
    if (minutes === undefined) standing.set(instantOf(hour, minute), index);
    else {
      for (let each = minute; each < Math.min(60, minute + minutes); each += 1) {
        standing.delete(instantOf(hour, each));
      }
    }
  }
  return [...standing].map(([timestamp, value]) => `${timestamp} ${value}`).toSorted();
}

function instantOf(hour: number, minute: number): string {
  return instantAt(HOURS[hour] ?? FIRST, minute * MINUTE_NS);
}

function blockOf({ hour: index, minute, minutes }: Change, n: number, of: ExpiryOf): StoredBlock {
  const hour = HOURS[index] ?? FIRST;
  const stamp = { epochMicros: 1_700_000_000_000_000 + n, source: 'process1' };
  const firstNs = minute * MINUTE_NS;
  if (minutes !== undefined) {
    const lastNs = Math.min(60, minute + minutes) * MINUTE_NS - 1;
    return sealRemoval(EQUIPMENT, { hour, firstNs, lastNs }, {}, stamp, of(hour, lastNs));
  }
  const row = { offsetNs: firstNs, values: new Map([['value', n]]), tags: new Map() };
  const [packed] = packRows(EQUIPMENT, hour, {}, [row]);
  const block = packed?.block.seal(stamp, of(hour, firstNs));
  if (!block || !parseBlockKey(block.key)) throw new Error('a reading makes a block');
  return block;
}

it(
  'hours expire as a whole, whatever of them the store has deleted',
  async () => {
    await fc.assert(
      fc.asyncProperty(schedules, async (schedule) => {
        expect(await shown(schedule, OF_ITS_HOUR, RETENTION)).toEqual(expected(schedule));
      }),
      { numRuns: RUNS },
    );
  },
  LIMIT_MS,
);

it.each([
  ['lets each block expire by its own instant', OF_ITS_LAST_INSTANT, RETENTION],
  ['does not hide an hour that has expired', OF_ITS_HOUR, Retention.FOREVER],
])('would notice a product that %s', async (_, expiryOf, hiding) => {
  const alwaysHolds = fc.asyncProperty(schedules, async (schedule) => {
    const found = await shown(schedule, expiryOf, hiding);
    return found.join() === expected(schedule).join();
  });

  const details = await fc.check(alwaysHolds, { numRuns: 5_000, endOnFailure: true });

  expect(details.failed).toBe(true);
  expect(details.errorInstance).toMatchObject({ message: 'Property failed by returning false' });
});
