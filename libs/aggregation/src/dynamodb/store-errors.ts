import { DomainError } from '@sensorflow/kernel';

/** Keeps the SDK's errors in this folder; they travel on as causes. */
export async function answered<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (cause) {
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
