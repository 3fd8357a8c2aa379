import type { WorkBudget } from '@sensorflow/kernel';
import type { ReplaceOutcome } from '../hours/aggregate-store.js';
import type { Hour, HourRange } from '../hours/hour.js';
import type { HourMetrics, MetricAggregate } from '../hours/hourly-aggregate.js';

/** The equipment of one shard in an hour. */
export interface ShardHour {
  readonly shard: number;
  readonly hour: Hour;
}

/** One metric of an hour, of all equipment in a shard or, without one, of the fleet. */
export interface SumOf {
  readonly metric: string;
  readonly hour: Hour;
  readonly shard?: number;
}

export interface SumCell extends SumOf {
  /** 1 for the first recomputation, one more with each. */
  readonly version: number;
  /** Undefined when no equipment has readings of it any more. */
  readonly aggregate: MetricAggregate | undefined;
  /** The oldest of the open cells that it was summed from (epoch seconds); undefined when all are closed. */
  readonly asOf?: number;
}

/** What a sum is made of: a cell of the level below it. */
export interface Summand {
  readonly metrics: HourMetrics;
  /** As in SumCell; undefined of what is closed. */
  readonly asOf?: number;
}

export type FleetHour = Pick<SumCell, 'hour' | 'asOf'> & {
  /** Undefined when no equipment has readings of this metric any more. */
  readonly aggregate?: MetricAggregate;
};

/**
 * The two upper levels of the table of aggregates: record 0008. All methods throw DomainError
 * `unavailable` (`store-unavailable`) when the store does not answer; a write may have happened then,
 * and repeating the recomputation is safe. Reads with a budget make their calls by it, and throw the reason
 * of its signal.
 */
export abstract class FleetStore {
  /** The version of a cell, 0 when there is none that can be read. Strongly consistent. */
  abstract readVersion(of: SumOf): Promise<number>;

  /** As AggregateStore's `replaceCell`: in the place of its version − 1, in one atomic step, or `conflict`. */
  abstract replaceSum(cell: SumCell): Promise<ReplaceOutcome>;

  /**
   * Every equipment in a shard-hour with these of its metrics, if it has any, strongly consistent, a page of
   * the store at a time; metrics that cannot be read are not there, until their own recomputation makes the
   * shard-hour dirty.
   */
  abstract scanShard(of: ShardHour, metrics: readonly string[]): AsyncIterable<readonly Summand[]>;

  /** What the shards of a metric's hour amount to, in the same way. */
  abstract scanShardSums(metric: string, hour: Hour): AsyncIterable<readonly Summand[]>;

  /**
   * The sums of a metric in some hours of one day, of all shards and of the fleet, strongly consistent, a
   * page at a time. One without readings, or that cannot be read, is there without an aggregate.
   */
  abstract scanSums(
    metric: string,
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncIterable<readonly SumCell[]>;

  /**
   * What the fleet's hours of a range amount to, in order of the hour, a page at a time. Strongly
   * consistent.
   */
  abstract scanFleet(
    metric: string,
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncIterable<readonly FleetHour[]>;
}

/** Equal for two sums exactly when they are one. */
export function sumId({ metric, hour, shard }: SumOf): string {
  return `${hour}#${shard ?? 'fleet'}#${metric}`;
}
