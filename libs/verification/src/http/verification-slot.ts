import { DomainError, type WorkBudget } from '@sensorflow/kernel';

/** Below the 60 s after which load balancers usually time out. */
export const LONGEST_VERIFICATION_MS = 50_000;

/**
 * Allows one verification of a caller at a time, and one or some in a process, for a bounded time: they share
 * the process with requests that cannot wait.
 */
export class VerificationSlot {
  /** By caller. */
  private readonly running = new Map<string, AbortController>();

  constructor(
    private readonly longestMs = LONGEST_VERIFICATION_MS,
    private readonly atOnce = 1,
  ) {}

  /**
   * Throws DomainError `verification-busy`; `verification-too-large`, `verification-stopped` and the
   * reason of the budget's signal when the work throws its signal's reason.
   */
  async run<T>(
    callerId: string,
    work: (budget: WorkBudget) => Promise<T>,
    budget: WorkBudget,
  ): Promise<T> {
    if (this.running.size >= this.atOnce || this.running.has(callerId)) throw busy();
    const controller = new AbortController();
    this.running.set(callerId, controller);
    const timer = setTimeout(() => controller.abort(tooLarge()), this.longestMs);
    try {
      return await work(budget.endingWith(controller.signal));
    } finally {
      clearTimeout(timer);
      this.running.delete(callerId);
    }
  }

  /** Ends what is running: a draining process does not wait for it. */
  stop(): void {
    for (const controller of this.running.values()) controller.abort(stopped());
  }
}

function busy(): DomainError {
  return new DomainError(
    'throttled',
    'verification-busy',
    'Another verification is running in this process; try again when it is done.',
    { retryAfterSeconds: 5 },
  );
}

function tooLarge(): DomainError {
  return new DomainError(
    'invalid',
    'verification-too-large',
    'One hour of this fleet cannot be verified within one request; name an equipmentId.',
  );
}

function stopped(): DomainError {
  return new DomainError(
    'unavailable',
    'verification-stopped',
    'The process ends; send the request again.',
    { retryAfterSeconds: 1 },
  );
}
