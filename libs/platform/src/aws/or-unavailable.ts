import { DomainError, type WorkBudget } from '@sensorflow/kernel';

/** What callers hear when a provider does not do its part. */
export interface Outage {
  readonly code: string;
  readonly detail: string;
  readonly retryAfterSeconds?: number;
}

/**
 * Keeps a provider's errors with its adapter: they travel on as causes of DomainError `unavailable`. What is a
 * DomainError already passes, and so does the reason of the budget's signal: a client that has gone is no outage.
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
