import { beforeEach, describe, expect, it } from 'vitest';
import { anHour } from '../../../../test/support/aggregation-world.js';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import type { EquipmentHour } from './aggregate-store.js';
import { FIRST_HOUR, hourPlus } from './hour.js';
import { OpenHours } from './open-hours.js';

const SIX = anHour('2023-02-15T06');
const CELL: EquipmentHour = { equipmentId: 'EQ-1', hour: SIX };
const REFRESH_MS = 300_000;

const recomputed = async () => Promise.resolve('recomputed');
const failing = async () => Promise.reject(new Error('no answer'));

describe('open hours', () => {
  let clock: FixedClock;
  let open: OpenHours;

  beforeEach(() => {
    clock = new FixedClock('2023-02-15T06:30:00Z');
    open = new OpenHours(clock, REFRESH_MS);
  });

  /** Until the next refresh of the equipment, at the most. */
  const passPeriod = () => clock.advance(REFRESH_MS);

  it('let no change wait of a cell that this process has not recomputed', () => {
    expect(open.postpone(CELL, FIRST_HOUR)).toBe(false);
    expect(open.waitingCells).toBe(0);
  });

  it('let changes wait of a cell that was recomputed in this period, and name it when that is over', async () => {
    await open.recompute(CELL, recomputed);

    expect(open.postpone(CELL, FIRST_HOUR)).toBe(true);
    expect(open.postpone(CELL, FIRST_HOUR)).toBe(true);
    expect(open.due()).toEqual([]);
    passPeriod();
    expect(open.due()).toEqual([CELL]);
  });

  it('let no change wait once the closing of its hour has begun', async () => {
    await open.recompute(CELL, recomputed);

    expect(open.postpone(CELL, hourPlus(SIX, 1))).toBe(false);
    expect(open.postpone(CELL, SIX)).toBe(true);
  });

  it('have nothing to refresh without a change', async () => {
    await open.recompute(CELL, recomputed);
    passPeriod();

    expect(open.due()).toEqual([]);
    expect(open.postpone(CELL, FIRST_HOUR)).toBe(false);
  });

  it('count from when the recomputation began, not from its end', async () => {
    await open.recompute(CELL, async () => {
      passPeriod();
      return recomputed();
    });

    expect(open.postpone(CELL, FIRST_HOUR)).toBe(false);
  });

  it('let a cell wait on whose refresh failed, and no longer when it succeeds', async () => {
    await open.recompute(CELL, recomputed);
    open.postpone(CELL, FIRST_HOUR);
    passPeriod();

    await expect(open.recompute(CELL, failing)).rejects.toThrow('no answer');
    expect(open.due()).toEqual([CELL]);
    await open.recompute(CELL, recomputed);

    expect(open.due()).toEqual([]);
    expect(open.waitingCells).toBe(0);
  });

  it('do not let a cell wait that was not recomputed because that failed', async () => {
    await expect(open.recompute(CELL, failing)).rejects.toThrow('no answer');

    expect(open.postpone(CELL, FIRST_HOUR)).toBe(false);
    expect(open.waitingCells).toBe(0);
  });

  it('recompute at once while a clock is set back', async () => {
    await open.recompute(CELL, recomputed);
    clock.advance(-2 * REFRESH_MS);

    expect(open.postpone(CELL, FIRST_HOUR)).toBe(false);
  });

  it('never let anything wait with a period of 0', async () => {
    open = new OpenHours(clock, 0);
    await open.recompute(CELL, recomputed);

    expect(open.postpone(CELL, FIRST_HOUR)).toBe(false);
  });

  it('are refreshed at moments that are spread over the period', async () => {
    const cells = Array.from({ length: 1000 }, (_, i) => ({ equipmentId: `EQ-${i}`, hour: SIX }));
    for (const cell of cells) {
      await open.recompute(cell, recomputed);
      open.postpone(cell, FIRST_HOUR);
    }

    const dueByStep: number[] = [];
    for (let step = 1; step <= 10; step += 1) {
      clock.advance(REFRESH_MS / 10);
      dueByStep.push(open.due().length);
    }

    const each = dueByStep.map((due, step) => due - (dueByStep[step - 1] ?? 0));
    expect(dueByStep.at(-1)).toBe(1000);
    expect(Math.max(...each)).toBeLessThan(200);
  });
});
