import { instantFromEpochMs, type Instant } from '@sensorflow/kernel';
import { beforeAll, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import {
  blocksOf,
  LOG_PATTERNS,
  usualValue,
  type LogPattern,
} from '../../../../test/support/log-patterns.js';
import { MeteredBlockStore } from '../../../../test/support/metered-block-store.js';
import { anInstant } from '../../../../test/support/readings.js';
import { LogReader, type LogRange } from '../log/log-reader.js';
import { packRows } from '../log/pack-rows.js';
import { StampClock } from '../log/stamp.js';

const EQUIPMENT = 'LINE-1:PUMP-0042';
const START = '2026-11-30T06';
const HOURS = 3;
/** SPEC: at most 10 read units, or three times those of a table with an item for each reading. */
const MOST_READ_UNITS = 10;
const MOST_FOLDS = 7;

describe.each(LOG_PATTERNS)('reading $name', { timeout: 30_000 }, (pattern) => {
  const store = new MeteredBlockStore();
  const reader = new LogReader(store);
  const all: LogRange = { equipmentId: EQUIPMENT, order: 'asc' };
  const middle = anInstant('2026-11-30T07:31:07.5Z');

  beforeAll(() => {
    const valuesOf = (index: number) => new Map([['temperature', usualValue(index)]]);
    const sent = { equipmentId: EQUIPMENT, firstHour: START, hours: HOURS, valuesOf };
    for (const block of blocksOf(pattern, sent)) store.put(block);
  });

  it('costs little for the latest reading', async () => {
    store.reset();

    const latest = await reader.latest({ equipmentId: EQUIPMENT });

    print(`${pattern.name}: latest`, store);
    expect(latest?.timestamp).toBe(instantFromEpochMs(endEpochMs() - pattern.everyMs));
    expect(store.units).toBeLessThanOrEqual(5);
    expect(store.calls).toBeLessThanOrEqual(4);
  });

  it.each([
    ['asc', 'from the beginning', all],
    ['asc', 'from within an hour', { ...all, from: middle }],
    ['desc', 'from the end', { ...all, order: 'desc' }],
    ['desc', 'from within an hour', { ...all, order: 'desc', to: middle }],
  ] as const)('costs little for a page of 100: %s, %s', async (order, from, range) => {
    store.reset();

    const page = await reader.page(range, 100);

    print(`${pattern.name}: ${order} ${from}`, store);
    expect(page.readings).toHaveLength(Math.min(100, countIn(range, pattern)));
    expect(store.units).toBeLessThanOrEqual(MOST_READ_UNITS);
    expect(store.calls).toBeLessThanOrEqual(MOST_READ_UNITS);
  });

  // What a removal looks at.
  it.each([
    ['the first instant of an hour', '07:00:00', '07:00:00.001'],
    ['an instant within an hour', '07:31:00', '07:31:00.001'],
    ['the last second of an hour', '07:59:59', '08:00:00'],
  ])('costs little for a small part of an hour, in either order: %s', async (part, from, to) => {
    for (const order of ['asc', 'desc'] as const) {
      store.reset();
      const range: LogRange = { ...all, order, from: onTheDay(from), to: onTheDay(to) };

      let readings = 0;
      for await (const { readings: found } of reader.read(range)) readings += found.length;

      print(`${pattern.name}: ${part}, ${order}`, store);
      expect(readings).toBe(countIn(range, pattern));
      expect(store.units).toBeLessThanOrEqual(MOST_READ_UNITS);
    }
  });

  it('costs a whole hour in pages of 1,000 a small multiple of its fold', async () => {
    const hour: LogRange = {
      ...all,
      from: anInstant('2026-11-30T07:00:00Z'),
      to: anInstant('2026-11-30T08:00:00Z'),
    };
    store.reset();
    let readings = 0;
    for await (const part of reader.read(hour)) readings += part.readings.length;
    const foldUnits = store.units;
    store.reset();
    let paged = 0;
    for (let rest: LogRange | undefined = hour; rest;) {
      const page = await reader.page(rest, 1000);
      paged += page.readings.length;
      rest = page.rest === undefined ? undefined : { ...rest, from: page.rest };
    }

    print(`${pattern.name}: an hour in pages of 1,000, of ${foldUnits}`, store);
    expect(paged).toBe(readings);
    expect(readings).toBe(3_600_000 / pattern.everyMs);
    expect(store.units).toBeLessThanOrEqual(MOST_FOLDS * foldUnits);
  });
});

function onTheDay(time: string): Instant {
  return anInstant(`2026-11-30T${time}Z`);
}

/** SENSORFLOW_FIGURES=1 prints what was counted. */
function print(what: string, { calls, units }: MeteredBlockStore): void {
  if (process.env['SENSORFLOW_FIGURES'] === '1') {
    process.stdout.write(`${what}: ${calls} calls, ${units} read units\n`);
  }
}

describe('an hour of thousands of wide blocks', () => {
  it('costs a page fewer calls than a page may make', async () => {
    const store = new MeteredBlockStore();
    const stamps = new StampClock(new FixedClock('2026-11-30T12:00:00Z'));
    for (let first = 0; first < 10_000; first += 1) {
      const rows = [0, 10, 20].map((minutes) => ({
        offsetNs: minutes * 60e9 + first * 1e6,
        values: new Map([['temperature', usualValue(first)]]),
        tags: new Map(),
      }));
      for (const { block } of packRows(EQUIPMENT, '2026-11-30T07', {}, rows)) {
        store.put(block.seal(stamps.next()));
      }
    }
    const range: LogRange = { equipmentId: EQUIPMENT, order: 'asc' };

    const page = await new LogReader(store).page(range, 100);

    expect(page.readings).toHaveLength(100);
    print('a page of an hour of 10,000 wide blocks', store);
    expect(store.calls).toBeLessThan(100);
  });
});

function endEpochMs(): number {
  return Date.parse(`${START}:00:00Z`) + HOURS * 3_600_000;
}

function countIn({ from, to }: LogRange, { everyMs }: LogPattern): number {
  const first = from === undefined ? Date.parse(`${START}:00:00Z`) : Date.parse(from);
  const end = to === undefined ? endEpochMs() : Date.parse(to);
  const start = Date.parse(`${START}:00:00Z`);
  return Math.ceil((end - start) / everyMs) - Math.ceil((first - start) / everyMs);
}
