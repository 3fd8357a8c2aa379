import type { WorkBudget } from '@sensorflow/kernel';

/** A call that a store in memory would have made. */
export async function counted(budget: WorkBudget | undefined): Promise<void> {
  await (budget?.call(async () => Promise.resolve()) ?? Promise.resolve());
}
