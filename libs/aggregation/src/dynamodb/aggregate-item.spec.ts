import type { Item } from '@sensorflow/platform/aws/stored-item.js';
import { versionOf } from '@sensorflow/platform/aws/versioned-put.js';
import { describe, expect, it } from 'vitest';
import { AggregationWorld, anHour } from '../../../../test/support/aggregation-world.js';
import type { EquipmentHourCell } from '../hours/aggregate-store.js';
import { toCell, toCellState, toItem } from './aggregate-item.js';

const OF = { equipmentId: 'EQ-1', hour: anHour('2023-02-15T06') };

/** With slots 0 and 6. */
async function aDenseCell(): Promise<EquipmentHourCell> {
  const world = new AggregationWorld();
  for (const minute of ['00', '01', '30']) {
    await world.put({ ...OF, timestamp: `${OF.hour}:${minute}:00Z`, value: 0.1 });
  }
  await world.aggregate();
  const cell = world.aggregates.cell(OF);
  if (!cell) throw new Error('no cell');
  return cell;
}

async function aDenseItem(): Promise<Record<string, Item[string]>> {
  return toItem(await aDenseCell(), 0);
}

describe('the item of an equipment-hour', () => {
  it('gives back its cell and its state', async () => {
    const [cell, item] = [await aDenseCell(), await aDenseItem()];

    expect(toCell(item)).toEqual(cell);
    expect(toCellState(item)).toEqual({ version: cell.version, slots: cell.slots, isClosed: true });
    expect(toCellState(undefined)).toEqual({ version: 0 });
  });

  it.each([
    ['a total that is no number', '6', { value: { M: { total: { S: 'abc' } } } }],
    ['a metric that is no map', '6', { value: { S: 'abc' } }],
    ['a slot behind the hour', '12', {}],
    ['a slot that is no number', 'six', {}],
    ['a slot that is a fraction', '0.5', {}],
  ])('with %s in its slots has the state of one without slots', async (_, slot, metrics) => {
    const item = await aDenseItem();
    const damaged = { ...item, slots: { M: { ...item['slots']?.M, [slot]: { M: metrics } } } };

    expect(toCellState(damaged)).toEqual({ version: versionOf(item), isClosed: true });
    expect(toCell(damaged)).toEqual({ ...toCell(item), slots: new Map() });
  });

  it.each([
    ['no', undefined],
    ['a text for a', { S: 'abc' }],
    ['0 for a', { N: '0' }],
    ['a negative', { N: '-3' }],
    ['an endless', { N: '1e30' }],
  ])('with %s version is of none, and whole apart from that', async (_, version) => {
    const { version: _before, ...item } = await aDenseItem();
    const damaged = version ? { ...item, version } : item;

    const { slots } = await aDenseCell();
    expect(toCellState(damaged)).toEqual({ version: 0, slots, isClosed: true });
    expect(toCell(damaged)).toEqual({ ...(await aDenseCell()), version: 0 });
  });

  it('names its equipment and hour by its key alone', async () => {
    const { partition, cell, ...attributes } = await aDenseItem();

    expect([partition, cell]).toEqual([{ S: '2023-02-15#0' }, { S: '2023-02-15T06#EQ-1' }]);
    expect(Object.keys(attributes)).toEqual(['version', 'metrics', 'slots', 'closed']);
  });
});
