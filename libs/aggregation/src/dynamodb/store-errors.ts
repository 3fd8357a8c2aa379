import { DomainError, type WorkBudget } from '@sensorflow/kernel';

/** Keeps the SDK's errors in this folder; they travel on as causes. A client that has gone is no error of the store. */
export async function answered<T>(call: Promise<T>, budget?: WorkBudget): Promise<T> {
  try {
    return await call;
  } catch (cause) {
    budget?.signal.throwIfAborted();
    throw unavailable(cause);
  }
}

export function unavailable(cause: unknown): DomainError {
  return new DomainError(
    'unavailable',
    'store-unavailable',
    'The aggregates cannot be reached right now; try again.',
    { cause, retryAfterSeconds: 1 },
  );
}
