import type { MetricAggregate } from '@sensorflow/aggregation';
import type { Instant } from '@sensorflow/kernel';

/** `slot` is a fold of five minutes, which a dense hour keeps: record 0009. */
export type Level = 'slot' | 'equipment-hour' | 'shard-hour' | 'fleet-hour';

/** One stored aggregate of one metric. */
export interface Place {
  readonly level: Level;
  /** Undefined for those of many equipment. */
  readonly equipmentId?: string;
  /** Of a shard-hour. */
  readonly shard?: number;
  readonly metric: string;
  /** Where its hour, or its slot, begins. */
  readonly start: Instant;
  /** Of the cell or the sum that holds it, 0 when there is none. */
  readonly version: number;
}

/** A field whose stored digits are not the recomputed ones; null where there is no such aggregate. */
export interface Difference extends Place {
  readonly field: Field;
  readonly stored: string | null;
  readonly recomputed: string | null;
}

/** Every field of an aggregate, digit for digit. */
const FIELDS = {
  count: ({ count }) => String(count),
  total: ({ total }) => total.toString(),
  min: ({ min }) => String(min),
  max: ({ max }) => String(max),
  first: ({ first }) => String(first),
  last: ({ last }) => String(last),
  firstTimestamp: ({ firstAt }) => firstAt,
  lastTimestamp: ({ lastAt }) => lastAt,
  lateCount: ({ late }) => String(late),
  largestGapNs: ({ largestGapNs }) => String(largestGapNs),
} satisfies Readonly<Record<string, (aggregate: MetricAggregate) => string>>;

export type Field = keyof typeof FIELDS;

export const FIELD_NAMES = Object.keys(FIELDS).filter((name) => isField(name));

function isField(name: string): name is Field {
  return Object.hasOwn(FIELDS, name);
}

export function differencesAt(
  place: Place,
  stored: MetricAggregate | undefined,
  recomputed: MetricAggregate | undefined,
): readonly Difference[] {
  return FIELD_NAMES.flatMap((field) => {
    const [before, after] = [textOf(stored, field), textOf(recomputed, field)];
    return before === after ? [] : [{ ...place, field, stored: before, recomputed: after }];
  });
}

function textOf(aggregate: MetricAggregate | undefined, field: Field): string | null {
  return aggregate ? FIELDS[field](aggregate) : null;
}

/**
 * What a second look still finds: the cell has not moved although it had the time to follow what the
 * readings said at the first look. One that has moved was recomputed, also when its digits stand there as
 * before: the last value of a switch is 0 or 1. Its version tells, which every recomputation raises.
 */
export function stillFound(
  first: readonly Difference[],
  second: readonly Difference[],
): readonly Difference[] {
  const before = new Set(first.map(differenceKey));
  const versions = new Map(second.map((each) => [differenceKey(each), each.version]));
  const moved = new Set(
    first.filter((each) => versions.get(differenceKey(each)) !== each.version).map(placeKey),
  );
  return second.filter((each) => before.has(differenceKey(each)) && !moved.has(placeKey(each)));
}

export function differenceKey(difference: Difference): string {
  return `${placeKey(difference)}#${difference.field}`;
}

function placeKey({ level, equipmentId, shard, metric, start }: Place): string {
  return [level, equipmentId, shard, metric, start].join('#');
}
