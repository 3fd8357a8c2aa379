import type { WorkBudget } from '@sensorflow/kernel';

/** One equipment's last 24 hours of one metric. */
export interface DayTrend {
  readonly metric: string;
  /** One for the current hour and the 23 before it, oldest first; null for hours without the metric. */
  readonly averages: readonly (number | null)[];
}

/** Where the hours of a day come from. Throws DomainError `unavailable` when the store does not answer, and `range-too-costly`. */
export abstract class DayTrends {
  /** Never behind what was acknowledged. */
  abstract ofEquipment(equipmentId: string, metric: string, budget: WorkBudget): Promise<DayTrend>;
}
