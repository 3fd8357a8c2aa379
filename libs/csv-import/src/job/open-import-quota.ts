import { DomainError, type Clock } from '@sensorflow/kernel';
import type { ImportQuotas } from './import-quotas.js';
import { epochMsOf } from './upload-id.js';

/** Imports of one caller that wait for their file, and as many whose file waits to be imported. */
export const MAX_IMPORTS_PER_CALLER = 100;
/** An import whose last run was killed is counted for no longer. */
const UNFINISHED_COUNTS_MS = 24 * 60 * 60 * 1000;

/** Bounds how many imports a caller has under way. */
export class OpenImportQuota {
  constructor(
    private readonly quotas: ImportQuotas,
    private readonly clock: Clock,
    /** For so long an import that was opened counts. */
    private readonly openMs: number,
    private readonly max = MAX_IMPORTS_PER_CALLER,
  ) {}

  /** Counts the import. Throws DomainError `throttled` (`too-many-imports`). */
  async reserve(subject: string, uploadId: string): Promise<void> {
    if (await this.quotas.addOpen(subject, uploadId, this.max)) return;
    const { open, unfinished } = await this.quotas.find(subject);
    const over = [
      ...open.filter((id) => this.isOlder(id, this.openMs)),
      ...unfinished.filter((id) => this.isOlder(id, UNFINISHED_COUNTS_MS)),
    ];
    if (over.length > 0) {
      await this.quotas.remove(subject, over);
      if (await this.quotas.addOpen(subject, uploadId, this.max)) return;
    }
    throw this.tooMany(open.filter((id) => !over.includes(id)));
  }

  private isOlder(uploadId: string, ms: number): boolean {
    return this.clock.nowEpochMs() > epochMsOf(uploadId) + ms;
  }

  private tooMany(open: readonly string[]): DomainError {
    if (open.length < this.max) {
      const detail = `${this.max} of your files wait to be imported. Open the next import when some are done.`;
      return new DomainError('throttled', 'too-many-imports', detail, { retryAfterSeconds: 10 });
    }
    const oldest = Math.min(...open.map(epochMsOf));
    const waitMs = oldest + this.openMs - this.clock.nowEpochMs();
    const detail = `${this.max} of your imports wait for their file. Upload to their URLs, or wait until the URLs expire.`;
    const retryAfterSeconds = Math.max(1, Math.ceil(waitMs / 1000));
    return new DomainError('throttled', 'too-many-imports', detail, { retryAfterSeconds });
  }
}
