import { beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryMetricNames } from '../../../test/support/in-memory-metric-names.js';
import { aReading } from '../../../test/support/readings.js';
import { MAX_METRIC_NAMES_PER_EQUIPMENT } from './equipment-names.js';
import {
  MetricNameLimit,
  NEW_METRIC_NAMES_PER_MINUTE,
  NEW_TO_FLEET_WEIGHT,
} from './metric-name-limit.js';
import type { Reading } from './reading.js';

const ANYBODY = 'anybody';

function withNames(from: number, to: number, equipmentId = 'EQ-1'): Reading {
  return aReading({ equipmentId, values: Object.fromEntries(names(from, to).map((m) => [m, 1])) });
}

function names(from: number, to: number): readonly string[] {
  return Array.from({ length: to - from }, (_, n) => `m${from + n}`);
}

/** Sent in readings of 64 names. */
async function sendAll(limit: MetricNameLimit, from: number, to: number) {
  const readings: Reading[] = [];
  for (let next = from; next < to; next += 64) readings.push(withNames(next, next + 64));
  return limit.judgeAll(readings, ANYBODY);
}

describe('the limit on metric names', () => {
  let clock: FixedClock;
  let registered: InMemoryMetricNames;
  let limit: MetricNameLimit;

  beforeEach(() => {
    clock = new FixedClock();
    registered = new InMemoryMetricNames();
    limit = new MetricNameLimit(registered, clock);
  });

  it('asks no question about equipment with at most 64 names', () => {
    const readings = [withNames(0, 64), withNames(0, 64), withNames(10, 20)];

    expect(readings.map((reading) => limit.admits(reading, ANYBODY))).toEqual([true, true, true]);
    expect(registered.asked).toEqual([]);
  });

  it('admits 1,024 names of an equipment and no more, asking once', async () => {
    const verdicts = await sendAll(limit, 0, MAX_METRIC_NAMES_PER_EQUIPMENT + 640);

    expect([...verdicts.values()]).toEqual(Array.from({ length: 10 }, () => 'too-many'));
    expect(registered.asked).toEqual(['EQ-1']);
  });

  it('goes on admitting all known names once the limit is reached', async () => {
    await sendAll(limit, 0, MAX_METRIC_NAMES_PER_EQUIPMENT + 640);

    expect((await sendAll(limit, 0, MAX_METRIC_NAMES_PER_EQUIPMENT)).size).toBe(0);
    expect(await limit.judge(withNames(0, 1), ANYBODY)).toBe('admitted');
    expect(await limit.judge(withNames(5000, 5001), ANYBODY)).toBe('too-many');
    expect(await limit.judge(withNames(5000, 5001, 'EQ-2'), ANYBODY)).toBe('admitted');
  });

  it('counts the names of the registry, whichever caller brought them', async () => {
    registered.names.set('EQ-1', names(0, 1000));

    expect(await limit.judge(withNames(2000, 2064), ANYBODY)).toBe('admitted');
    expect(await limit.judge(withNames(0, 30), ANYBODY)).toBe('admitted');
    expect(await limit.judge(withNames(3000, 3001), ANYBODY)).toBe('too-many');
  });

  it('admits names that are registered beyond the limit already', async () => {
    registered.names.set('EQ-1', names(0, 1500));

    await limit.judge(withNames(0, 64), ANYBODY);

    expect(await limit.judge(withNames(1400, 1464), ANYBODY)).toBe('admitted');
    expect(await limit.judge(withNames(1450, 1501), ANYBODY)).toBe('too-many');
  });

  it('takes 64 names at the most while the registry does not answer, and known ones always', async () => {
    registered.failQuestions(new Error('away'));

    expect(await limit.judge(withNames(0, 64), ANYBODY)).toBe('admitted');
    expect(await limit.judge(withNames(64, 65), ANYBODY)).toBe('unknown');
    expect(await limit.judge(withNames(0, 64), ANYBODY)).toBe('admitted');
    registered.failQuestions(undefined);
    expect(await limit.judge(withNames(64, 65), ANYBODY)).toBe('admitted');
  });

  it('asks again for new names after a minute, because other processes take some too', async () => {
    await limit.judge(withNames(0, 64), ANYBODY);
    await limit.judge(withNames(64, 128), ANYBODY);
    registered.names.set('EQ-1', names(0, 1024));
    clock.advance(61_000);

    expect(await limit.judge(withNames(64, 128), ANYBODY)).toBe('admitted');
    expect(registered.asked).toHaveLength(1);
    expect(await limit.judge(withNames(2000, 2001), ANYBODY)).toBe('too-many');
    expect(registered.asked).toHaveLength(2);
  });

  it('asks one question for many readings of one equipment', async () => {
    registered.names.set('EQ-1', names(0, 1024));
    await limit.judge(withNames(0, 64), ANYBODY);

    const verdicts = await Promise.all(
      Array.from({ length: 100 }, async (_, n) =>
        limit.judge(withNames(n * 10, n * 10 + 10), ANYBODY),
      ),
    );

    expect(new Set(verdicts)).toEqual(new Set(['admitted']));
    expect(registered.asked).toHaveLength(1);
  });

  it('keeps its memory bounded: it forgets equipment, and asks again', async () => {
    await sendAll(limit, 0, 1024);
    for (let n = 0; n < 60_000; n += 1) limit.admits(withNames(0, 1, `OTHER-${n}`), ANYBODY);
    registered.names.set('EQ-1', names(0, 1024));

    expect(await limit.judge(withNames(2000, 2064), ANYBODY)).toBe('too-many');
    expect(registered.asked).toEqual(['EQ-1', 'EQ-1']);
  });

  it('gives no equipment its unasked names twice, however many others come in between', async () => {
    let unasked = 0;
    for (let round = 0; round < 4; round += 1) {
      for (let n = 0; n < 4000; n += 1) {
        const reading = withNames(round * 64, (round + 1) * 64, `EQ-${n}`);
        if (limit.admits(reading, `gateway-of-${n}`)) unasked += 64;
      }
    }

    expect(unasked).toBe(4000 * 64);
  });

  it('asks about a few equipment at a time', async () => {
    const readings = Array.from({ length: 70 }, (_, n) => [
      withNames(0, 64, `EQ-${n}`),
      withNames(64, 128, `EQ-${n}`),
    ]).flat();

    await limit.judgeAll(readings, ANYBODY);

    expect(registered.asked).toHaveLength(70);
    expect(registered.mostAskedAtOnce).toBeLessThanOrEqual(16);
  });
});

/** Of many equipment, in readings of 64 names that no other reading has. */
function spread(readings: number, from = 0): readonly Reading[] {
  return Array.from({ length: readings }, (_, n) =>
    withNames((from + n) * 64, (from + n + 1) * 64, `EQ-${from + n}`),
  );
}

function countOf(verdicts: ReadonlyMap<Reading, string>, verdict: string): number {
  return [...verdicts.values()].filter((one) => one === verdict).length;
}

describe('the budget of new metric names', () => {
  let clock: FixedClock;
  let registered: InMemoryMetricNames;
  let limit: MetricNameLimit;

  beforeEach(() => {
    clock = new FixedClock();
    registered = new InMemoryMetricNames();
    limit = new MetricNameLimit(registered, clock);
  });

  it('lets a plant of 500 equipment with 20 metrics each be new all at once', async () => {
    const plant = Array.from({ length: 500 }, (_, n) => withNames(0, 20, `EQ-${n}`));

    expect((await limit.judgeAll(plant, 'plant')).size).toBe(0);
  });

  it('throttles what one caller brings beyond it over all equipment, and no other caller', async () => {
    const verdicts = await limit.judgeAll(spread(1000), 'attacker');

    const admitted = (1000 - verdicts.size) * 64;
    const unasked = 1000;
    expect(new Set(verdicts.values())).toEqual(new Set(['throttled']));
    expect(admitted).toBeLessThanOrEqual(
      NEW_METRIC_NAMES_PER_MINUTE / NEW_TO_FLEET_WEIGHT + unasked,
    );
    expect(await limit.judge(withNames(0, 64, 'EQ-OTHER'), 'somebody-else')).toBe('admitted');
  });

  it('counts a name that other equipment has once, and one that is new to all of it five times', async () => {
    const shared = Array.from({ length: 1000 }, (_, n) => withNames(0, 64, `EQ-${n}`));

    const verdicts = await limit.judgeAll(shared, 'attacker');

    const admitted = (1000 - verdicts.size) * 64;
    expect(admitted).toBeGreaterThan(NEW_METRIC_NAMES_PER_MINUTE - 5 * 64);
    expect(admitted).toBeLessThanOrEqual(NEW_METRIC_NAMES_PER_MINUTE + 1000);
  });

  it('admits 5,000 equipment with 64 names each at its pace, when what was throttled is sent again', async () => {
    let left = Array.from({ length: 5000 }, (_, n) => withNames(0, 64, `EQ-${n}`));
    let rounds = 0;

    for (; left.length > 0; rounds += 1) {
      const verdicts = await limit.judgeAll(left, 'onboarding');
      left = left.filter((reading) => verdicts.has(reading));
      if (left.length > 0) clock.advance(limit.waitMs(left, 'onboarding'));
    }

    expect(rounds).toBeLessThanOrEqual(Math.ceil((5000 * 64) / NEW_METRIC_NAMES_PER_MINUTE));
  });

  it('is not touched by names that the registry has: a restart costs a large fleet nothing of it', async () => {
    const fleet = spread(1000);
    for (const { equipmentId, values } of fleet) {
      registered.names.set(equipmentId, [...values.keys()]);
    }

    expect((await limit.judgeAll(fleet, 'gateway')).size).toBe(0);
    expect((await limit.judgeAll(spread(30, 1000), 'gateway')).size).toBe(0);
  });

  it('asks no more questions for a batch of which it is exhausted', async () => {
    await limit.judgeAll(spread(200), 'attacker');
    registered.asked.length = 0;

    const verdicts = await limit.judgeAll(spread(1000, 200), 'attacker');

    expect(countOf(verdicts, 'throttled')).toBe(1000);
    expect(registered.asked.length).toBeLessThanOrEqual(16);
  });
});
