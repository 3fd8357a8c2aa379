import type { AcceptedChange } from '@sensorflow/sensor-data';

export interface ChangeListener {
  /** Told of each change once it is durable, from whichever process, in the same order as everybody. */
  changed(change: AcceptedChange): void;
  /** Told once, when no more will come or something may have been missed. */
  lost(): void;
}

/** Where this process hears of readings as they become durable. */
export abstract class AcceptedChanges {
  /**
   * Tells of all changes that are acknowledged from now on, until what it answers is called. Throws DomainError
   * `unavailable` where live is not set up, or the topic does not answer.
   */
  abstract follow(listener: ChangeListener): Promise<() => void>;
}
