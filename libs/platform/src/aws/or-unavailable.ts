import { DomainError, type WorkBudget } from '@sensorflow/kernel';

/** What callers are told when a provider fails. */
export interface Outage {
  readonly code: string;
  readonly detail: string;
  readonly retryAfterSeconds?: number;
}

/**
 * Turns a provider's errors into DomainError `unavailable`, with the error as its cause. A DomainError is passed on, and
 * so is the reason of the budget's signal: a client that has disconnected is not an outage.
 */
export async function orUnavailable<T>(
  outage: Outage,
  work: () => Promise<T>,
  budget?: WorkBudget,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    budget?.signal.throwIfAborted();
    throw cause instanceof DomainError ? cause : unavailable(outage, cause);
  }
}

export function unavailable({ code, detail, ...retry }: Outage, cause: unknown): DomainError {
  return new DomainError('unavailable', code, detail, { cause, ...retry });
}
