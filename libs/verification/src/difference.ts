import type { MetricAggregate } from '@sensorflow/aggregation';
import type { Instant } from '@sensorflow/kernel';

/** `slot`: five minutes of a dense hour, which keeps them apart (record 0009). */
export type Level = 'slot' | 'equipment-hour' | 'shard-hour' | 'fleet-hour';

/** Identifies one stored aggregate of one metric. */
export interface AggregateKey {
  readonly level: Level;
  /** Undefined for a sum of many equipment. */
  readonly equipmentId?: string;
  /** Only of a shard-hour. */
  readonly shard?: number;
  readonly metric: string;
  /** Start of its hour or slot. */
  readonly start: Instant;
  /** The version of the cell or sum that holds it; 0 if there is none. */
  readonly version: number;
}

/** A field whose stored digits differ from the recomputed ones; null where there is no such aggregate. */
export interface Difference extends AggregateKey {
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
  key: AggregateKey,
  stored: MetricAggregate | undefined,
  recomputed: MetricAggregate | undefined,
): readonly Difference[] {
  return FIELD_NAMES.flatMap((field) => {
    const [before, after] = [textOf(stored, field), textOf(recomputed, field)];
    return before === after ? [] : [{ ...key, field, stored: before, recomputed: after }];
  });
}

function textOf(aggregate: MetricAggregate | undefined, field: Field): string | null {
  return aggregate ? FIELDS[field](aggregate) : null;
}

/**
 * The differences that a second comparison finds again in cells that were not recomputed in between, although
 * they had the time. The version tells, which every recomputation raises; the digits do not: they may be
 * the same before and after, such as the last value of a switch.
 */
export function stillFound(
  first: readonly Difference[],
  second: readonly Difference[],
): readonly Difference[] {
  const before = new Set(first.map(differenceId));
  const versions = new Map(second.map((each) => [differenceId(each), each.version]));
  const recomputed = new Set(
    first.filter((each) => versions.get(differenceId(each)) !== each.version).map(aggregateId),
  );
  return second.filter(
    (each) => before.has(differenceId(each)) && !recomputed.has(aggregateId(each)),
  );
}

export function differenceId(difference: Difference): string {
  return `${aggregateId(difference)}#${difference.field}`;
}

function aggregateId({ level, equipmentId, shard, metric, start }: AggregateKey): string {
  return [level, equipmentId, shard, metric, start].join('#');
}
