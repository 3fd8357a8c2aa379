import type { EquipmentHour, Hour } from '@sensorflow/aggregation';
import { DomainError } from '@sensorflow/kernel';
import { Retention } from '@sensorflow/sensor-data';
import { beforeEach, describe, expect, it } from 'vitest';
import { AggregationWorld, anHour } from '../../../../test/support/aggregation-world.js';
import { InMemoryClosingProgress } from '../../../../test/support/in-memory-closing-progress.js';
import { HourCloser } from './hour-closer.js';

const NEVER = Number.POSITIVE_INFINITY;
const SIX = anHour('2023-02-15T06');

describe('closing hours', () => {
  let world: AggregationWorld;
  let closing: InMemoryClosingProgress;

  beforeEach(() => {
    closing = new InMemoryClosingProgress();
    world = aWorld();
    at('2023-02-15T07:05:00Z');
  });

  function aWorld(retention?: Retention): AggregationWorld {
    return new AggregationWorld(retention, undefined, undefined, closing);
  }

  function at(instant: string): void {
    world.clock.advance(Date.parse(instant) - world.clock.nowEpochMs());
  }

  /** Another process, which shares nothing but the stores. */
  function aCloser(): HourCloser {
    return new HourCloser(world, world.clock);
  }

  async function marks(): Promise<readonly Hour[]> {
    return [await closing.read('frontier'), await closing.read('position')];
  }

  const shown = ({ equipmentId, hour }: EquipmentHour) => {
    const cell = world.aggregates.cell({ equipmentId, hour });
    return cell && { count: cell.metrics.get('value')?.count, isClosed: cell.isClosed };
  };
  const ofSix = (equipmentId: string) => shown({ equipmentId, hour: SIX });

  it('begins five minutes after their end, and closes what their cells have and lack', async () => {
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z' });
    await world.put({ equipmentId: 'EQ-2', timestamp: '2023-02-15T07:00:00Z' });
    await world.aggregate();
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:59:00Z' });
    at('2023-02-15T07:04:59.999Z');

    await aCloser().closeDueHours(NEVER);
    const early = ofSix('EQ-1');
    at('2023-02-15T07:05:00Z');
    const report = await aCloser().closeDueHours(NEVER);

    expect(early).toEqual({ count: 1, isClosed: undefined });
    expect(report).toMatchObject({ closedHours: 1, closedCells: 1, hoursBehind: 0, failures: [] });
    expect(ofSix('EQ-1')).toEqual({ count: 2, isClosed: true });
    expect(shown({ equipmentId: 'EQ-2', hour: anHour('2023-02-15T07') })?.isClosed).toBeUndefined();
    expect(await marks()).toEqual(['2023-02-15T07', '2023-02-15T07']);
  });

  it('finds equipment whose readings have no cell', async () => {
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T05:30:00Z' });
    await world.aggregate();
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z' });

    await aCloser().closeDueHours(NEVER);

    expect(ofSix('EQ-1')).toEqual({ count: 1, isClosed: true });
  });

  it('makes up for every hour that was missed, however long ago, and for empty years at once', async () => {
    for (const timestamp of [
      '2019-07-01T00:10:00Z',
      '2023-02-15T03:00:00Z',
      '2023-02-15T06:00:00Z',
    ]) {
      await world.put({ equipmentId: 'EQ-1', timestamp });
    }
    await world.aggregate();

    const report = await aCloser().closeDueHours(NEVER);

    const cells = world.aggregates.cells().map(({ hour, isClosed }) => [hour, isClosed]);
    expect(cells).toEqual([
      ['2019-07-01T00', true],
      ['2023-02-15T03', true],
      ['2023-02-15T06', true],
    ]);
    expect(report.hoursBehind).toBe(0);
    expect(await marks()).toEqual(['2023-02-15T07', '2023-02-15T07']);
  });

  it('asks the store nothing until the next hour is due', async () => {
    const closer = aCloser();
    await closer.closeDueHours(NEVER);
    closing.read = async () => Promise.reject(new Error('asked'));

    at('2023-02-15T08:04:59Z');

    expect(await closer.closeDueHours(NEVER)).toMatchObject({ closedHours: 0, hoursBehind: 0 });
  });

  it('waits for a store that is unavailable, and closes all in one run', async () => {
    for (const equipmentId of ['EQ-1', 'EQ-2']) {
      await world.put({ equipmentId, timestamp: '2023-02-15T06:30:00Z' });
    }
    await world.aggregate();
    const replaceCell = world.aggregates.replaceCell.bind(world.aggregates);
    let asked = 0;
    world.aggregates.replaceCell = async (cell) => {
      asked += 1;
      if (asked % 4 > 0) throw new DomainError('unavailable', 'store-unavailable', 'no');
      return replaceCell(cell);
    };

    const report = await aCloser().closeDueHours(NEVER);

    expect(report).toMatchObject({ closedCells: 2, failures: [], hoursBehind: 0 });
    expect(asked).toBe(8);
  });

  it('does not pass an hour with a cell that fails, and does only that one again', async () => {
    for (const equipmentId of ['EQ-1', 'EQ-2']) {
      await world.put({ equipmentId, timestamp: '2023-02-15T06:30:00Z' });
    }
    await world.aggregate();
    const replaceCell = world.aggregates.replaceCell.bind(world.aggregates);
    world.aggregates.replaceCell = async (cell) => {
      if (cell.equipmentId === 'EQ-1')
        throw new DomainError('unavailable', 'store-unavailable', 'no');
      return replaceCell(cell);
    };

    const first = await aCloser().closeDueHours(world.clock.nowEpochMs() + 10_000);
    const [frontier, position] = await marks();
    world.aggregates.replaceCell = replaceCell;
    const second = await aCloser().closeDueHours(NEVER);

    expect(first).toMatchObject({ closedCells: 1, failures: [{ cell: { equipmentId: 'EQ-1' } }] });
    expect(first.hoursBehind).toBeGreaterThan(0);
    expect(frontier).toBe('2023-02-15T07');
    expect(position).toBe('2023-02-15T06');
    expect(second).toMatchObject({ closedCells: 1, failures: [], hoursBehind: 0 });
    expect(ofSix('EQ-2')).toEqual({ count: 1, isClosed: true });
    expect(ofSix('EQ-1')).toEqual({ count: 1, isClosed: true });
  });

  it('ends when its time is over, and the next run continues', async () => {
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z' });
    await world.aggregate();

    const report = await aCloser().closeDueHours(world.clock.nowEpochMs());
    await aCloser().closeDueHours(NEVER);

    expect(report).toMatchObject({ closedHours: 0, closedCells: 0 });
    expect(report.hoursBehind).toBeGreaterThan(0);
    expect(ofSix('EQ-1')?.isClosed).toBe(true);
  });

  it('makes progress with every run, however many equipment have nothing in the hour', async () => {
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z' });
    for (let idle = 0; idle < 100; idle += 1) {
      await world.put({ equipmentId: `IDLE-${idle}`, timestamp: '2023-02-15T05:30:00Z' });
    }
    await world.aggregate();
    await closing.advance('frontier', SIX);
    await closing.advance('position', SIX);
    const range = world.readings.range.bind(world.readings);
    world.readings.range = async (...query) => {
      world.clock.advance(1_000);
      return range(...query);
    };
    const closer = aCloser();

    const reports = [];
    for (let runs = 0; runs < 3; runs += 1) {
      reports.push(await closer.closeDueHours(world.clock.nowEpochMs() + 50_000));
    }

    expect(reports.map(({ closedCells }) => closedCells)).toEqual([1, 0, 0]);
    expect(reports.map(({ hoursBehind }) => hoursBehind)).toEqual([1, 1, 0]);
    expect(ofSix('EQ-1')).toEqual({ count: 1, isClosed: true });
  });

  it('passes sealed hours, whose readings expire, and names their cells', async () => {
    world = aWorld(Retention.ofDays(4));
    at('2023-03-15T07:20:00Z');
    const sealed = { equipmentId: 'EQ-1', hour: SIX };
    world.aggregates.put({ ...sealed, version: 1, metrics: new Map() });

    const report = await aCloser().closeDueHours(NEVER);

    expect(report).toMatchObject({ hoursBehind: 0, failures: [], sealed: [sealed] });
  });
});
