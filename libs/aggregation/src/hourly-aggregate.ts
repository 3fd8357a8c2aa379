import { Decimal, type Instant } from '@sensorflow/kernel';
import type { Reading } from '@sensorflow/sensor-data';

/** What the readings of one equipment, metric and hour amount to. There is at least one. */
export interface MetricAggregate {
  readonly count: number;
  readonly total: Decimal;
  readonly min: number;
  readonly max: number;
  /** The values at the earliest and the latest instant. */
  readonly first: number;
  readonly last: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
}

/** By metric. */
export type HourMetrics = ReadonlyMap<string, MetricAggregate>;

type Measurement = Pick<Reading, 'timestamp' | 'values'>;

/**
 * Adds readings of one hour to what was folded before. The order makes no difference, because sums
 * are exact, and first and last go by instant; the readings' instants must be distinct.
 */
export function foldReadings(
  readings: Iterable<Measurement>,
  before: HourMetrics = new Map(),
): HourMetrics {
  const metrics = new Map(before);
  for (const { timestamp, values } of readings) {
    for (const [metric, value] of values) {
      const single = aggregateOf(value, timestamp);
      const folded = metrics.get(metric);
      metrics.set(metric, folded === undefined ? single : merge(folded, single));
    }
  }
  return metrics;
}

function aggregateOf(value: number, at: Instant): MetricAggregate {
  return {
    count: 1,
    total: Decimal.fromNumber(value),
    min: value,
    max: value,
    first: value,
    last: value,
    firstAt: at,
    lastAt: at,
  };
}

function merge(a: MetricAggregate, b: MetricAggregate): MetricAggregate {
  const earlier = a.firstAt <= b.firstAt ? a : b;
  const later = a.lastAt >= b.lastAt ? a : b;
  return {
    count: a.count + b.count,
    total: a.total.plus(b.total),
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    first: earlier.first,
    last: later.last,
    firstAt: earlier.firstAt,
    lastAt: later.lastAt,
  };
}
