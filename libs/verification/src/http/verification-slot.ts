import { DomainError, type WorkBudget } from '@sensorflow/kernel';

/** Below the 60 s after which load balancers usually time out. */
const LONGEST_MS = 50_000;

/**
 * Allows one verification per process at a time, for a bounded time: it shares the process with requests that
 * cannot wait.
 */
export class VerificationSlot {
  private running: AbortController | undefined;

  constructor(private readonly longestMs = LONGEST_MS) {}

  /**
   * Throws DomainError `verification-busy`; `verification-too-large`, `verification-stopped` and the
   * reason of the budget's signal when the work throws its signal's reason.
   */
  async run<T>(work: (budget: WorkBudget) => Promise<T>, budget: WorkBudget): Promise<T> {
    if (this.running) throw busy();
    const controller = new AbortController();
    this.running = controller;
    const timer = setTimeout(() => controller.abort(tooLarge()), this.longestMs);
    try {
      return await work(budget.endingWith(controller.signal));
    } finally {
      clearTimeout(timer);
      this.running = undefined;
    }
  }

  /** Ends the running verification: a draining process does not wait for it. */
  stop(): void {
    this.running?.abort(stopped());
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
