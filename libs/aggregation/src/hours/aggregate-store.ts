import type { WorkBudget } from '@sensorflow/kernel';
import type { HourSlots } from './hour-slots.js';
import type { Hour, HourRange } from './hour.js';
import type { HourMetrics, MetricAggregate } from './hourly-aggregate.js';

export interface EquipmentHour {
  readonly equipmentId: string;
  readonly hour: Hour;
}

/** More metrics than the store holds in one cell; nothing helps but fewer of them. */
export const AGGREGATE_TOO_LARGE = 'aggregate-too-large';

/** All metrics of one equipment in one hour, as last recomputed. */
export interface EquipmentHourCell extends EquipmentHour {
  /** 1 for the first recomputation, one more with each. */
  readonly version: number;
  /** Empty when the hour has no readings any more, and with a failure. */
  readonly metrics: HourMetrics;
  /** Only of a dense hour: `metrics` is their join. */
  readonly slots?: HourSlots;
  /** Why the hour is not shown although it has readings. */
  readonly failure?: typeof AGGREGATE_TOO_LARGE;
  /**
   * It holds every reading that was acknowledged before its hour was closed, so that readers trust it:
   * record 0020. It never goes back.
   */
  readonly isClosed?: boolean;
  /**
   * Only of an open hour: every reading of it that was acknowledged before is in the cell. Epoch seconds of
   * the store's clock; undefined when nobody knows.
   */
  readonly asOf?: number;
}

/** What a recomputation has to know of a cell before it reads the readings. */
export type CellState = Pick<EquipmentHourCell, 'version' | 'slots' | 'isClosed' | 'asOf'>;

/** `conflict` when another version stood there, and nothing changed. */
export type ReplaceOutcome = 'replaced' | 'conflict';

export interface MetricHour extends EquipmentHour {
  readonly aggregate: MetricAggregate;
}

/** A cell as a scan for one metric comes across it, with its aggregate or without. */
export interface ScannedHour extends EquipmentHour {
  readonly aggregate?: MetricAggregate;
  readonly failure?: typeof AGGREGATE_TOO_LARGE;
  readonly isClosed?: boolean;
}

/** A cell of an hour that is being closed. */
export type ClosableCell = Pick<EquipmentHourCell, 'equipmentId' | 'isClosed'>;

export interface MetricHoursQuery {
  readonly metric: string;
  readonly range: HourRange;
  /** All equipment unless named. */
  readonly equipmentId?: string;
  /** Goes on behind this equipment-hour of the range. */
  readonly after?: EquipmentHour;
  /** How many cells will be looked at, if not all: what a store need not read far beyond. */
  readonly wanted?: number;
}

/**
 * The equipment-hours of the table of aggregates. All methods throw DomainError `unavailable` (`store-unavailable`) when the
 * store does not answer; a write may have happened then, and repeating the recomputation is safe. Reads with a
 * budget make their calls by it, and throw the reason of its signal.
 */
export abstract class AggregateStore {
  /** A cell's version (0 where it cannot be read), slots, whether it is closed, and as of when it holds. Strongly consistent. */
  abstract readState(of: EquipmentHour): Promise<CellState>;

  /**
   * Puts the cell in the place of its version − 1, for version 1 where no version can be read, in one
   * atomic step; `conflict` when another version stands there, and nothing changed. Cells are never
   * deleted: a version never comes back. Throws DomainError `invalid` (`aggregate-too-large`) for more
   * metrics (or slots of them) than a cell holds; nothing changed then.
   */
  abstract replaceCell(cell: EquipmentHourCell): Promise<ReplaceOutcome>;

  /**
   * Every cell in a range of hours with its aggregate of a metric, ordered by hour and within it by
   * equipment id, a page at a time. Cells without the metric are there too: their reader has to know how
   * far a scan has come that finds nothing. Of all equipment strongly consistent; of one it may lag behind the
   * writes by moments.
   */
  abstract scanMetric(
    query: MetricHoursQuery,
    budget?: WorkBudget,
  ): AsyncIterable<readonly ScannedHour[]>;

  /**
   * The days of a range that may hold cells, as `yyyy-mm-dd` in order, strongly consistent; of one
   * equipment those that do, with the lag of `scanCells`.
   */
  abstract daysWithin(
    range: HourRange,
    equipmentId?: string,
    budget?: WorkBudget,
  ): Promise<readonly string[]>;

  /** The shard that an equipment-hour lies in, or would: nothing is laid out by asking. */
  abstract shardOf(of: EquipmentHour, budget?: WorkBudget): Promise<number>;

  /** Equipment with cells in some hours of one day, a page at a time, repeated for each of its hours. Strongly consistent. */
  abstract scanEquipment(range: HourRange, budget?: WorkBudget): AsyncIterable<readonly string[]>;

  /** The cells of one hour, a page at a time. Strongly consistent. */
  abstract scanHour(hour: Hour, budget?: WorkBudget): AsyncIterable<readonly ClosableCell[]>;

  /**
   * All cells of one equipment in a range as they stand there, by hour, a page at a time; one that cannot
   * be read is there without metrics. May lag behind the writes by moments.
   */
  abstract scanCells(
    equipmentId: string,
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncIterable<readonly EquipmentHourCell[]>;
}

/** Equal for two equipment-hours exactly when they are one. */
export function equipmentHourId({ equipmentId, hour }: EquipmentHour): string {
  return `${hour}#${equipmentId}`;
}

/** The order of `scanMetric`. */
export function compareEquipmentHours(a: EquipmentHour, b: EquipmentHour): number {
  return compareTexts(a.hour, b.hour) || compareTexts(a.equipmentId, b.equipmentId);
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
