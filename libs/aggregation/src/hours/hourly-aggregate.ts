import { Decimal, type Instant } from '@sensorflow/kernel';
import type { StoredReading } from '@sensorflow/sensor-data';
import { hourOf, nanosecondsBetween } from './hour.js';

/** What the readings of one metric and hour amount to, of one equipment or of many. There is at least one. */
export interface MetricAggregate {
  readonly count: number;
  readonly total: Decimal;
  readonly min: number;
  readonly max: number;
  /** The values at the earliest and the latest instant; of many equipment at one instant, the smallest and the largest. */
  readonly first: number;
  readonly last: number;
  readonly firstAt: Instant;
  readonly lastAt: Instant;
  /** Readings whose last receipt came after their hour had ended. */
  readonly late: number;
  /** The longest time between two readings of one equipment in this hour; 0 without a second reading. */
  readonly largestGapNs: number;
}

/** By metric. */
export type HourMetrics = ReadonlyMap<string, MetricAggregate>;

export type Measurement = Pick<StoredReading, 'timestamp' | 'values' | 'registerTime'>;

/** Adds readings of one equipment and hour, in order of time, to those before them. */
export function foldReadings(
  readings: Iterable<Measurement>,
  before: HourMetrics = new Map(),
): HourMetrics {
  const metrics = new Map(before);
  for (const { timestamp, values, registerTime } of readings) {
    const late = lateOf(timestamp, registerTime);
    for (const [metric, value] of values) {
      const single = aggregateOf(value, timestamp, late);
      const folded = metrics.get(metric);
      metrics.set(metric, folded === undefined ? single : mergeConsecutive(folded, single));
    }
  }
  return metrics;
}

/** The same of one metric alone; undefined without any. */
export function foldMetric(
  readings: Iterable<Measurement>,
  metric: string,
  before?: MetricAggregate,
): MetricAggregate | undefined {
  let folded = before;
  for (const { timestamp, values, registerTime } of readings) {
    const value = values.get(metric);
    if (value === undefined) continue;
    const single = aggregateOf(value, timestamp, lateOf(timestamp, registerTime));
    folded = folded === undefined ? single : mergeConsecutive(folded, single);
  }
  return folded;
}

/** 1 for a reading that was received after its hour had ended. */
function lateOf(timestamp: Instant, registerTime: Instant): number {
  return hourOf(registerTime) > hourOf(timestamp) ? 1 : 0;
}

/** One equipment's hour from its parts, in order of time: a hole may lie across their seams. */
export function joinInTime(parts: Iterable<HourMetrics>): HourMetrics {
  return joined(parts, mergeConsecutive);
}

/**
 * The hour of many equipment, in any order.
 *
 * @param metrics takes the parts up: a long scan has no time to copy what it has for every page
 */
export function joinEquipment(
  parts: Iterable<HourMetrics>,
  metrics = new Map<string, MetricAggregate>(),
): HourMetrics {
  return joined(parts, merge, metrics);
}

function joined(
  parts: Iterable<HourMetrics>,
  join: (a: MetricAggregate, b: MetricAggregate) => MetricAggregate,
  metrics = new Map<string, MetricAggregate>(),
): HourMetrics {
  for (const part of parts) {
    for (const [metric, aggregate] of part) {
      const before = metrics.get(metric);
      metrics.set(metric, before === undefined ? aggregate : join(before, aggregate));
    }
  }
  return metrics;
}

/** Aggregates of different equipment or of different hours: commutative and associative. */
export function merge(a: MetricAggregate, b: MetricAggregate): MetricAggregate {
  return {
    count: a.count + b.count,
    total: a.total.plus(b.total),
    min: Math.min(a.min, b.min),
    max: Math.max(a.max, b.max),
    first: isFirst(a, b) ? a.first : b.first,
    last: isLast(a, b) ? a.last : b.last,
    firstAt: a.firstAt <= b.firstAt ? a.firstAt : b.firstAt,
    lastAt: a.lastAt >= b.lastAt ? a.lastAt : b.lastAt,
    late: a.late + b.late,
    largestGapNs: Math.max(a.largestGapNs, b.largestGapNs),
  };
}

/** Values, whichever order they come in: of equal instants the smaller is first, the larger last. */
function isFirst(a: MetricAggregate, b: MetricAggregate): boolean {
  return a.firstAt === b.firstAt ? a.first <= b.first : a.firstAt < b.firstAt;
}

function isLast(a: MetricAggregate, b: MetricAggregate): boolean {
  return a.lastAt === b.lastAt ? a.last >= b.last : a.lastAt > b.lastAt;
}

function mergeConsecutive(earlier: MetricAggregate, later: MetricAggregate): MetricAggregate {
  const both = merge(earlier, later);
  const seam = nanosecondsBetween(earlier.lastAt, later.firstAt);
  return seam > both.largestGapNs ? { ...both, largestGapNs: seam } : both;
}

function aggregateOf(value: number, at: Instant, late: number): MetricAggregate {
  return {
    count: 1,
    total: Decimal.fromNumber(value),
    min: value,
    max: value,
    first: value,
    last: value,
    firstAt: at,
    lastAt: at,
    late,
    largestGapNs: 0,
  };
}
