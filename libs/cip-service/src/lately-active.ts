import type { WorkBudget } from '@sensorflow/kernel';

/** Which equipment has sent something lately, without asking each. */
export abstract class LatelyActive {
  /**
   * Equipment with readings of the last 24 hours, of the newest hours first: at least `enough` of it where there is
   * as much. What has just sent its first reading of an hour may be missing for a second or two. Throws what the
   * store throws.
   */
  abstract newest(enough: number, budget: WorkBudget): Promise<Iterable<string>>;
}
