/** Some equipment has sent, at least once, a reading with that metric. */
export interface EquipmentMetric {
  readonly equipmentId: string;
  readonly metric: string;
}

export interface RegisteredEquipment {
  readonly equipmentId: string;
  /** All that it ever sent, in order; at least one. */
  readonly metrics: readonly string[];
}

/**
 * Which equipment there is and what it measures. It only grows: whether readings are still there is for
 * the readings to say. All methods throw DomainError `unavailable` (`store-unavailable`) when the store
 * does not answer.
 */
export abstract class EquipmentRegistry {
  /** Adds what is not there yet. Safe to repeat; when it throws, some of it may have been added. */
  abstract add(pairs: readonly EquipmentMetric[]): Promise<void>;

  /**
   * All equipment whose id lies behind `after` in the order of ids (by character code), a page at a time.
   * May lag behind the additions by moments.
   */
  abstract scan(after?: string): AsyncIterable<readonly RegisteredEquipment[]>;
}
