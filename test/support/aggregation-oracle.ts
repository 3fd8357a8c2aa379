import type { MetricAggregate } from '@sensorflow/aggregation';
import { metricsOf, sumOf, toCell } from '@sensorflow/aggregation/dynamodb/aggregate-item.js';
import { equipmentHourAt, shardSumAt } from '@sensorflow/aggregation/dynamodb/aggregate-keys.js';
import { shardOf } from '@sensorflow/aggregation/dynamodb/aggregate-keys.js';
import type { Item } from '@sensorflow/platform/aws/stored-item.js';
import type { StoredReading } from '@sensorflow/sensor-data';
import { SHARDS, type SimulatedAggregation } from './simulated-aggregation.js';

/** Every cell that shows something, of all levels, as text. */
export function cellsOf(world: SimulatedAggregation): ReadonlyMap<string, string> {
  return cellsIn(world.aggregates.all());
}

export function cellsIn(items: Iterable<Item>): ReadonlyMap<string, string> {
  const cells = new Map<string, string>();
  for (const item of items) {
    const [partition, key] = [item['partition']?.S ?? '', item['cell']?.S ?? ''];
    const equipmentHour = equipmentHourAt(partition, key);
    const shardSum = shardSumAt(partition, key);
    const sum = sumOf(item);
    if (equipmentHour) {
      for (const [metric, aggregate] of metricsOf(item)) {
        cells.set(`${equipmentHour.equipmentId} ${equipmentHour.hour} ${metric}`, shown(aggregate));
      }
    } else if (shardSum && sum) {
      cells.set(`shard ${shardSum.shard} ${shardSum.hour} ${shardSum.metric}`, shown(sum));
    } else if (sum) cells.set(`fleet ${key} ${partition.slice('fleet#'.length)}`, shown(sum));
  }
  return cells;
}

/** Every equipment-hour, with its total of `value` (0 without any). */
export function equipmentHoursOf(world: SimulatedAggregation) {
  return world.aggregates.all().flatMap((item) => {
    const of = equipmentHourAt(item['partition']?.S ?? '', item['cell']?.S ?? '');
    const cell = of && toCell(item);
    if (!cell) return [];
    const total = BigInt(cell.metrics.get('value')?.total.toString() ?? '0');
    return [{ id: `${cell.equipmentId} ${cell.hour}`, total, isClosed: cell.isClosed === true }];
  });
}

function shown({ total, ...aggregate }: MetricAggregate): string {
  const { count, min, max, first, last, firstAt, lastAt, late, largestGapNs } = aggregate;
  const parts = [
    count,
    total.toString(),
    min,
    max,
    first,
    last,
    firstAt,
    lastAt,
    late,
    largestGapNs,
  ];
  return parts.join(' ');
}

interface Sample {
  readonly equipmentId: string;
  readonly at: string;
  readonly value: number;
  readonly isLate: boolean;
}

/** From nothing but what was written, with whole numbers of 10^-15. */
export function expectedCells(
  readings: readonly StoredReading[],
  shards = SHARDS,
): ReadonlyMap<string, string> {
  const samples = new Map<string, Sample[]>();
  for (const { equipmentId, timestamp, values, registerTime } of readings) {
    const hour = timestamp.slice(0, 13);
    const isLate = registerTime >= new Date(Date.parse(`${hour}:00:00Z`) + 3_600_000).toISOString();
    for (const [metric, value] of values) {
      const shard = shardOf(equipmentId, shards);
      for (const place of [equipmentId, `shard ${shard}`, 'fleet']) {
        const cell = `${place} ${hour} ${metric}`;
        const sample = { equipmentId, at: timestamp, value, isLate };
        const ofCell = samples.get(cell);
        if (ofCell) ofCell.push(sample);
        else samples.set(cell, [sample]);
      }
    }
  }
  return new Map([...samples].map(([cell, of]) => [cell, expectedText(of)]));
}

function expectedText(samples: readonly Sample[]): string {
  const values = samples.map(({ value }) => value);
  const sorted = samples.toSorted(
    (a, b) => (a.at < b.at ? -1 : 1) * (a.at === b.at ? 0 : 1) || a.value - b.value,
  );
  const total = values.reduce((sum, value) => sum + units(value), 0n);
  const gaps = [...Map.groupBy(sorted, ({ equipmentId }) => equipmentId).values()].flatMap((of) =>
    of.slice(1).map(({ at }, i) => nanoseconds(at) - nanoseconds(of[i]?.at ?? at)),
  );
  return [
    samples.length,
    decimalText(total),
    Math.min(...values),
    Math.max(...values),
    sorted.at(0)?.value,
    sorted.at(-1)?.value,
    sorted.at(0)?.at,
    sorted.at(-1)?.at,
    samples.filter(({ isLate }) => isLate).length,
    Math.max(0, ...gaps),
  ].join(' ');
}

function units(value: number): bigint {
  const [whole = '', fraction = ''] = value.toFixed(15).split('.');
  return BigInt(whole + fraction);
}

function decimalText(total: bigint): string {
  const digits = (total < 0n ? -total : total).toString().padStart(16, '0');
  const fraction = digits.slice(-15).replace(/0+$/, '');
  const text = digits.slice(0, -15) + (fraction === '' ? '' : `.${fraction}`);
  return total < 0n ? `-${text}` : text;
}

function nanoseconds(instant: string): number {
  const ofHourMs = Date.parse(`${instant.slice(0, 19)}Z`) % 3_600_000;
  return ofHourMs * 1e6 + Number(instant.slice(20, 29));
}
