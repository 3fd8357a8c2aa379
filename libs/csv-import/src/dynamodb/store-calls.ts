import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DomainError } from '@sensorflow/kernel';

/** Undefined when the condition does not hold. */
export async function conditional<T>(work: () => Promise<T>): Promise<T | undefined> {
  return orUnavailable(async () => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  });
}

export async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new DomainError(
      'unavailable',
      'store-unavailable',
      'The table of imports does not answer at the moment.',
      { cause, retryAfterSeconds: 2 },
    );
  }
}
