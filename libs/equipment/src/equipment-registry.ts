import type { WorkBudget } from '@sensorflow/kernel';

/** Some equipment has sent, at least once, a reading with that metric. */
export interface EquipmentMetric {
  readonly equipmentId: string;
  readonly metric: string;
}

export interface RegisteredEquipment {
  readonly equipmentId: string;
  /** What it ever sent, in order; at least one, and at most MOST_LISTED_METRICS. */
  readonly metrics: readonly string[];
  /** Whether it has more metrics than these. */
  readonly hasMoreMetrics: boolean;
}

export interface MetricsQuery {
  readonly equipmentId: string;
  /** At least 1. */
  readonly limit: number;
  /** Goes on behind this metric. */
  readonly after?: string;
}

/** Metrics shown with an equipment in a list: more are asked for one equipment at a time. */
export const MOST_LISTED_METRICS = 100;

/** Pairs that the store takes in one call. */
export const MOST_PAIRS_PER_CALL = 25;

/**
 * Which equipment there is and what it measures. It only grows: whether readings are still there is for
 * the readings to say. All methods throw DomainError `unavailable` (`store-unavailable`) when the store
 * does not answer; those with a budget make their calls to the store by it.
 */
export abstract class EquipmentRegistry {
  /**
   * Adds what is not there yet: one call to the store for at most MOST_PAIRS_PER_CALL distinct pairs.
   * Answers those that the store had no capacity for. Safe to repeat; when it throws, some may have been added.
   */
  abstract add(pairs: readonly EquipmentMetric[]): Promise<readonly EquipmentMetric[]>;

  /**
   * All equipment whose id lies behind `after` in the order of ids (by character code), a page at a time.
   * What a page costs does not depend on how many metrics its equipment has. May lag behind the
   * additions by moments.
   */
  abstract scan(after?: string, budget?: WorkBudget): AsyncIterable<readonly RegisteredEquipment[]>;

  /** Metrics of one equipment, in order (by character code), strongly consistent. */
  abstract metricsOf(query: MetricsQuery, signal?: AbortSignal): Promise<readonly string[]>;
}
