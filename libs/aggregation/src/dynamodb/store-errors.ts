import type { DomainError, WorkBudget } from '@sensorflow/kernel';
import * as provider from '@sensorflow/platform/aws/or-unavailable.js';

const OUTAGE = {
  code: 'store-unavailable',
  detail: 'The aggregates cannot be reached right now; try again.',
  retryAfterSeconds: 1,
};

/** Throws DomainError `unavailable`, and the reason of the budget's signal. */
export async function answered<T>(call: Promise<T>, budget?: WorkBudget): Promise<T> {
  return provider.orUnavailable(OUTAGE, () => call, budget);
}

export function unavailable(cause: unknown): DomainError {
  return provider.unavailable(OUTAGE, cause);
}
