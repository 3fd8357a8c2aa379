/** Where a run leaves the rest of a file to the next run. */
export abstract class ImportQueue {
  /** The message may be delivered more than once. Throws DomainError `unavailable` (`queue-unavailable`). */
  abstract continueImport(uploadId: string): Promise<void>;
}
