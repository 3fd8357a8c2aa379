import { beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryMetricNames } from '../../../test/support/in-memory-metric-names.js';
import { aReading } from '../../../test/support/readings.js';
import { MAX_METRIC_NAMES_PER_EQUIPMENT, MetricNameLimit } from './metric-name-limit.js';
import type { Reading } from './reading.js';

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
  return limit.judgeAll(readings, 'anybody');
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

  it('asks nobody about equipment with the names of a reading or fewer', () => {
    const readings = [withNames(0, 64), withNames(0, 64), withNames(10, 20)];

    expect(readings.map((reading) => limit.admits(reading))).toEqual([true, true, true]);
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
    expect(await limit.judge(withNames(0, 1))).toBe('admitted');
    expect(await limit.judge(withNames(5000, 5001))).toBe('too-many');
    expect(await limit.judge(withNames(5000, 5001, 'EQ-2'))).toBe('admitted');
  });

  it('counts what the registry knows, whoever brought it', async () => {
    registered.names.set('EQ-1', names(0, 1000));

    expect(await limit.judge(withNames(2000, 2064))).toBe('admitted');
    expect(await limit.judge(withNames(0, 30))).toBe('admitted');
    expect(await limit.judge(withNames(3000, 3001))).toBe('too-many');
  });

  it('admits names that are registered beyond the limit already', async () => {
    registered.names.set('EQ-1', names(0, 1500));

    await limit.judge(withNames(0, 64));

    expect(await limit.judge(withNames(1400, 1464))).toBe('admitted');
    expect(await limit.judge(withNames(1450, 1501))).toBe('too-many');
  });

  it('takes 64 names at the most while the registry does not answer, and known ones always', async () => {
    registered.failQuestions(new Error('away'));

    expect(await limit.judge(withNames(0, 64))).toBe('admitted');
    expect(await limit.judge(withNames(64, 65))).toBe('unknown');
    expect(await limit.judge(withNames(0, 64))).toBe('admitted');
    registered.failQuestions(undefined);
    expect(await limit.judge(withNames(64, 65))).toBe('admitted');
  });

  it('asks again for new names after a minute, because other processes take some too', async () => {
    await limit.judge(withNames(0, 64));
    await limit.judge(withNames(64, 128));
    registered.names.set('EQ-1', names(0, 1024));
    clock.advance(61_000);

    expect(await limit.judge(withNames(64, 128))).toBe('admitted');
    expect(registered.asked).toHaveLength(1);
    expect(await limit.judge(withNames(2000, 2001))).toBe('too-many');
    expect(registered.asked).toHaveLength(2);
  });

  it('asks one question for many readings of one equipment', async () => {
    registered.names.set('EQ-1', names(0, 1024));
    await limit.judge(withNames(0, 64));

    const verdicts = await Promise.all(
      Array.from({ length: 100 }, async (_, n) => limit.judge(withNames(n * 10, n * 10 + 10))),
    );

    expect(new Set(verdicts)).toEqual(new Set(['admitted']));
    expect(registered.asked).toHaveLength(1);
  });

  it('keeps its memory bounded: it forgets equipment, and asks again', async () => {
    await sendAll(limit, 0, 1024);
    for (let n = 0; n < 60_000; n += 1) limit.admits(withNames(0, 1, `OTHER-${n}`));
    registered.names.set('EQ-1', names(0, 1024));

    expect(await limit.judge(withNames(2000, 2064))).toBe('too-many');
    expect(registered.asked).toEqual(['EQ-1', 'EQ-1']);
  });

  it('gives no equipment its unasked names twice, however many others come in between', async () => {
    let unasked = 0;
    for (let round = 0; round < 4; round += 1) {
      for (let n = 0; n < 4000; n += 1) {
        const reading = withNames(round * 64, (round + 1) * 64, `EQ-${n}`);
        if (limit.admits(reading)) unasked += 64;
      }
    }

    expect(unasked).toBe(4000 * 64);
  });

  it('asks about a few equipment at a time', async () => {
    const readings = Array.from({ length: 200 }, (_, n) => [
      withNames(0, 64, `EQ-${n}`),
      withNames(64, 128, `EQ-${n}`),
    ]).flat();

    await limit.judgeAll(readings, 'anybody');

    expect(registered.asked).toHaveLength(200);
    expect(registered.mostAskedAtOnce).toBeLessThanOrEqual(16);
  });
});
