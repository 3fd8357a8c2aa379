import type { Instant } from '@sensorflow/kernel';

/**
 * What one piece of equipment measured at one instant. Equipment, instant and metric identify a value:
 * readings of one instant merge, and of one metric the latest value stands. Tags likewise.
 *
 * Metrics and tags are maps, not objects: `constructor` is a valid metric name.
 */
export interface Reading {
  readonly equipmentId: string;
  readonly timestamp: Instant;
  /** At least one metric; finite doubles, never -0. */
  readonly values: ReadonlyMap<string, number>;
  readonly tags: ReadonlyMap<string, string>;
}

export interface StoredReading extends Reading {
  /** The instant of its last receipt. */
  readonly registerTime: Instant;
}

/** The metric of a reading that was sent with `value` alone. */
export const DEFAULT_METRIC = 'value';

/** The identity of a reading. */
export type ReadingIdentity = Pick<Reading, 'equipmentId' | 'timestamp'>;
