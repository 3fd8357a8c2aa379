/**
 * The queue whose messages say that a file arrived, or that there is a rest of one. Throws DomainError
 * `unavailable` (`queue-unavailable`).
 */
export abstract class ImportQueue {
  /** Leaves the import to a later run. The message may be delivered more than once. */
  abstract continueImport(uploadId: string, delaySeconds?: number): Promise<void>;

  /** Whether messages wait that nobody works on, delayed ones included. An estimate. */
  abstract hasWaiting(): Promise<boolean>;

  /** Delivers a message that failed again after so many seconds. */
  abstract retryAfter(receiptHandle: string, seconds: number): Promise<void>;
}
