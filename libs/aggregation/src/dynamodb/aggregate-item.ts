import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { Decimal, parseInstant, type Instant } from '@sensorflow/kernel';
import { broken, number, text, type Item } from '@sensorflow/platform/aws/stored-item.js';
import { versionOf } from '@sensorflow/platform/aws/versioned-put.js';
import type { FleetHour, SumCell, Summand } from '../fleet/fleet-store.js';
import {
  AGGREGATE_TOO_LARGE,
  type CellState,
  type EquipmentHour,
  type EquipmentHourCell,
  type ScannedHour,
} from '../hours/aggregate-store.js';
import type { HourSlots } from '../hours/hour-slots.js';
import { parseHour, SLOTS_PER_HOUR, type Hour } from '../hours/hour.js';
import type { HourMetrics, MetricAggregate } from '../hours/hourly-aggregate.js';
import { equipmentHourIn, equipmentHourItemKey, sumItemKey } from './aggregate-keys.js';

export function toItem(cell: EquipmentHourCell, shard: number): Record<string, AttributeValue> {
  return {
    ...equipmentHourItemKey(cell, shard),
    version: { N: String(cell.version) },
    metrics: toMetrics(cell.metrics),
    ...(cell.slots && { slots: toSlots(cell.slots) }),
    ...(cell.failure !== undefined && { failure: { S: cell.failure } }),
    ...(cell.isClosed === true ? { closed: { BOOL: true } } : asOfAttribute(cell.asOf)),
  };
}

/** A sum without readings has no `sum`, only its version. */
export function toSumItem(cell: SumCell): Record<string, AttributeValue> {
  return {
    ...sumItemKey(cell),
    version: { N: String(cell.version) },
    ...(cell.aggregate && { sum: toMap(cell.aggregate) }),
    ...asOfAttribute(cell.asOf),
  };
}

function asOfAttribute(asOf: number | undefined): Record<string, AttributeValue> {
  return asOf === undefined ? {} : { asOf: { N: String(asOf) } };
}

/** Absent where it is unknown. */
export function asOfIn(item: Item | undefined): { readonly asOf?: number } {
  const asOf = Number(item?.['asOf']?.N);
  return Number.isFinite(asOf) ? { asOf } : {};
}

function toSlots(slots: HourSlots): AttributeValue {
  return {
    M: Object.fromEntries([...slots].map(([slot, metrics]) => [String(slot), toMetrics(metrics)])),
  };
}

function toMetrics(metrics: HourMetrics): AttributeValue {
  return {
    M: Object.fromEntries([...metrics].map(([metric, aggregate]) => [metric, toMap(aggregate)])),
  };
}

/**
 * Totals are text: a number of DynamoDB ends at 38 digits, an exact sum does not. What is 0 is left out:
 * a cell is paid for by its size.
 */
function toMap(aggregate: MetricAggregate): AttributeValue {
  const { late, largestGapNs } = aggregate;
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
      ...(late > 0 && { late: { N: String(late) } }),
      ...(largestGapNs > 0 && { gapNs: { N: String(largestGapNs) } }),
    },
  };
}

/** Without slots that can be read the whole hour is recomputed. */
export function toCellState(item: Item | undefined): CellState {
  const slots = item?.['slots']?.M;
  const known = slots && readable(() => fromSlots(slots));
  return {
    version: versionOf(item),
    ...(known && { slots: known }),
    ...closedOf(item),
    ...asOfIn(item),
  };
}

/** One metric of an equipment-hour, if the item has it. */
export function toScannedHour(item: Item, metric: string): ScannedHour {
  const metrics = item['metrics']?.M;
  const map = metrics !== undefined && Object.hasOwn(metrics, metric) ? metrics[metric] : undefined;
  return {
    ...equipmentHourOf(item),
    ...(map && { aggregate: fromMap(map.M ?? {}) }),
    ...(item['failure'] && { failure: AGGREGATE_TOO_LARGE }),
    ...closedOf(item),
  };
}

/** Whether a cell says that it is closed. */
export function closedOf(item: Item | undefined): { readonly isClosed?: true } {
  return item?.['closed']?.BOOL === true ? { isClosed: true } : {};
}

/** Leaves out what cannot be read; a recomputation corrects it. */
export function toCell(item: Item): EquipmentHourCell {
  const slots = item['slots']?.M;
  return {
    ...equipmentHourOf(item),
    version: versionOf(item),
    metrics: readableMetricsOf(item),
    ...(slots && { slots: readable(() => fromSlots(slots)) ?? new Map() }),
    ...(item['failure'] && { failure: AGGREGATE_TOO_LARGE }),
    ...closedOf(item),
    ...asOfIn(item),
  };
}

/** The metrics of an equipment-hour, or none when they cannot be read. */
export function readableMetricsOf(item: Item): HourMetrics {
  return readable(() => metricsOf(item)) ?? new Map();
}

/** The aggregate of a sum, or undefined when it has none or cannot be read. */
export function readableSumOf(item: Item): MetricAggregate | undefined {
  return readable(() => sumOf(item));
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

export function metricsOf(item: Item): HourMetrics {
  return fromMetrics(item['metrics']?.M ?? {});
}

/** Undefined for a sum without readings. */
export function sumOf(item: Item): MetricAggregate | undefined {
  const map = item['sum']?.M;
  return map && fromMap(map);
}

export function toFleetHour(item: Item): FleetHour {
  const aggregate = sumOf(item);
  return { hour: hourIn(item['cell']), ...(aggregate && { aggregate }), ...asOfIn(item) };
}

/** What an equipment-hour adds to the sums above it; nothing of what cannot be read. */
export function toSummand(item: Item): Summand {
  const metrics = readableMetricsOf(item);
  return closedOf(item).isClosed ? { metrics } : { metrics, asOf: asOfIn(item).asOf ?? UNKNOWN };
}

/** The same of a shard-hour. */
export function toSummandOf(metric: string, item: Item): Summand {
  const aggregate = readableSumOf(item);
  return { metrics: new Map(aggregate ? [[metric, aggregate]] : []), ...asOfIn(item) };
}

/** As of the beginning of time: nothing is promised. */
const UNKNOWN = 0;

function fromSlots(slots: Item): HourSlots {
  return new Map(
    Object.entries(slots).map(([slot, metrics]) => [slotIn(slot), fromMetrics(metrics.M ?? {})]),
  );
}

function slotIn(key: string): number {
  const slot = SLOT_KEYS.indexOf(key);
  if (slot < 0) throw broken('slot');
  return slot;
}

const SLOT_KEYS = Array.from({ length: SLOTS_PER_HOUR }, (_, slot) => String(slot));

function fromMetrics(metrics: Item): HourMetrics {
  return new Map(Object.entries(metrics).map(([metric, map]) => [metric, fromMap(map.M ?? {})]));
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
    late: number(map['late'] ?? ZERO, 'late'),
    largestGapNs: number(map['gapNs'] ?? ZERO, 'gapNs'),
  };
}

const ZERO = { N: '0' };

function equipmentHourOf(item: Item): EquipmentHour {
  const of = equipmentHourIn(text(item['cell'], 'cell'));
  if (of === undefined) throw broken('cell');
  return of;
}

function hourIn(value: AttributeValue | undefined): Hour {
  const hour = parseHour(text(value, 'hour'));
  if (hour === undefined) throw broken('hour');
  return hour;
}

function instant(value: AttributeValue | undefined, attribute: string): Instant {
  const parsed = parseInstant(text(value, attribute));
  if (!parsed.ok) throw broken(attribute);
  return parsed.value;
}
