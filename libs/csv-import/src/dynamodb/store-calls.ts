import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import type { WorkBudget } from '@sensorflow/kernel';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';

const OUTAGE = {
  code: 'store-unavailable',
  detail: 'The table of imports does not answer at the moment.',
  retryAfterSeconds: 2,
};

/** Throws DomainError `unavailable`, and the reason of the budget's signal. */
export async function answered<T>(work: () => Promise<T>, budget?: WorkBudget): Promise<T> {
  return orUnavailable(OUTAGE, work, budget);
}

/** Undefined when the condition does not hold. */
export async function conditional<T>(work: () => Promise<T>): Promise<T | undefined> {
  return answered(async () => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  });
}
