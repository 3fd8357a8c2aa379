import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { Decimal, parseInstant, type Instant } from '@sensorflow/kernel';
import type { EquipmentHour, EquipmentHourCell, MetricHour } from '../aggregate-store.js';
import { dayOf, parseHour } from '../hour.js';
import type { MetricAggregate } from '../hourly-aggregate.js';

/** An equipment-hour as it lies in the table: decision record 0005 says why under these keys. */
export type Item = Readonly<Record<string, AttributeValue>>;

export function keyOf({ equipmentId, hour }: EquipmentHour, shard: number) {
  return {
    partition: { S: partitionOf(dayOf(hour), shard) },
    cell: { S: `${hour}#${equipmentId}` },
  };
}

export function partitionOf(day: string, shard: number): string {
  return `${day}#${shard}`;
}

export function toItem(cell: EquipmentHourCell, shard: number): Record<string, AttributeValue> {
  const metrics = [...cell.metrics].map(([metric, aggregate]) => [metric, toMap(aggregate)]);
  return {
    ...keyOf(cell, shard),
    equipmentId: { S: cell.equipmentId },
    hour: { S: cell.hour },
    version: { N: String(cell.version) },
    metrics: { M: Object.fromEntries(metrics) },
    ...(cell.failure !== undefined && { failure: { S: cell.failure } }),
  };
}

/** Totals are text: a number of DynamoDB ends at 38 digits, an exact sum does not. */
function toMap(aggregate: MetricAggregate): AttributeValue {
  return {
    M: {
      count: { N: String(aggregate.count) },
      total: { S: aggregate.total.toString() },
      min: { N: String(aggregate.min) },
      max: { N: String(aggregate.max) },
      first: { N: String(aggregate.first) },
      last: { N: String(aggregate.last) },
      firstAt: { S: aggregate.firstAt },
      lastAt: { S: aggregate.lastAt },
    },
  };
}

/** The version of an item, or of none. */
export function versionOf(item: Item | undefined): number {
  return item === undefined ? 0 : number(item['version'], 'version');
}

/** One metric of an equipment-hour; undefined when the item does not have it. */
export function toMetricHour(item: Item, metric: string): MetricHour | undefined {
  const metrics = item['metrics']?.M;
  const map = metrics !== undefined && Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
  if (map === undefined) return undefined;
  const hour = parseHour(text(item['hour'], 'hour'));
  if (hour === undefined) throw broken('hour');
  return {
    equipmentId: text(item['equipmentId'], 'equipmentId'),
    hour,
    aggregate: fromMap(map.M ?? {}),
  };
}

function fromMap(map: Item): MetricAggregate {
  return {
    count: number(map['count'], 'count'),
    total: Decimal.parse(text(map['total'], 'total')),
    min: number(map['min'], 'min'),
    max: number(map['max'], 'max'),
    first: number(map['first'], 'first'),
    last: number(map['last'], 'last'),
    firstAt: instant(map['firstAt'], 'firstAt'),
    lastAt: instant(map['lastAt'], 'lastAt'),
  };
}

/** Everything in this table was written by this file. */
function broken(attribute: string): Error {
  return new Error(`the aggregates table holds an item with an unusable ${attribute}`);
}

export function text(value: AttributeValue | undefined, attribute: string): string {
  if (value?.S === undefined) throw broken(attribute);
  return value.S;
}

export function number(value: AttributeValue | undefined, attribute: string): number {
  const parsed = Number(value?.N ?? Number.NaN);
  if (!Number.isFinite(parsed)) throw broken(attribute);
  return parsed;
}

function instant(value: AttributeValue | undefined, attribute: string): Instant {
  const parsed = parseInstant(text(value, attribute));
  if (!parsed.ok) throw broken(attribute);
  return parsed.value;
}
