import type { WorkBudget } from '@sensorflow/kernel';

/** The equipment has sent at least one reading with the metric. */
export interface EquipmentMetric {
  readonly equipmentId: string;
  readonly metric: string;
}

export interface RegisteredEquipment {
  readonly equipmentId: string;
  /** All that it ever sent, in order: at least one, at most MOST_LISTED_METRICS. */
  readonly metrics: readonly string[];
  /** Whether it has more metrics than these. */
  readonly hasMoreMetrics: boolean;
}

export interface MetricsQuery {
  readonly equipmentId: string;
  /** At least 1. */
  readonly limit: number;
  /** Continues after this metric. */
  readonly after?: string;
}

/** Metrics that a list shows of each equipment; `metricsOf` has them all. */
export const MOST_LISTED_METRICS = 100;

/** Pairs that the store takes in one call. */
export const MOST_PAIRS_PER_CALL = 25;

/**
 * Which equipment there is and what it measures. It only grows: only the readings tell whether some are still
 * there. All methods throw DomainError `unavailable` (`store-unavailable`) when the store does not answer;
 * those with a budget count their calls against it.
 */
export abstract class EquipmentRegistry {
  /**
   * Adds what is not there yet: one call to the store for at most MOST_PAIRS_PER_CALL distinct pairs.
   * Returns those that the store had no capacity for. Safe to repeat; when it throws, some may have been added.
   */
  abstract add(pairs: readonly EquipmentMetric[]): Promise<readonly EquipmentMetric[]>;

  /**
   * All equipment whose id comes after `after` in the order of ids (by character code), a page at a time.
   * What a page costs does not depend on how many metrics its equipment has. May lag behind the
   * additions by moments.
   */
  abstract scan(after?: string, budget?: WorkBudget): AsyncIterable<readonly RegisteredEquipment[]>;

  /** Metrics of one equipment, in order (by character code), strongly consistent. */
  abstract metricsOf(query: MetricsQuery, signal?: AbortSignal): Promise<readonly string[]>;
}
