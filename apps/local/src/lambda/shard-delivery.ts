import type { StreamSourceDefinition } from '@sensorflow/platform/resources/event-sources.js';
import { readBatchResponse } from './batch-response.js';
import type { FailureDestination } from './failure-destination.js';
import type { FunctionInvoker, InvocationOutcome } from './invocation.js';
import type { ShardPlace, ShardReader } from './shard-reader.js';
import {
  type DeliveryOutcome,
  type NextStep,
  type PendingBatch,
  stepAfter,
} from './stream-delivery.js';

export interface DeliveryRules {
  readonly source: StreamSourceDefinition;
  readonly invoker: FunctionInvoker;
  readonly failures: FailureDestination;
  readonly retryPause: RetryPause;
  readonly log: (line: string) => void;
  /** True when failures are no longer the function's: it is being taken down. */
  readonly isStopping: () => boolean;
}

/** Doubles from the first to the longest. Lambda does not publish its own. */
export interface RetryPause {
  readonly firstMs: number;
  readonly longestMs: number;
}

export type SaveProgress = (sequenceNumber: string) => Promise<void>;

/** Delivers one shard to a function, batch after batch, each until it is done or given up. */
export class ShardDelivery {
  private pending: readonly PendingBatch[] = [];
  private retryAtMs = 0;
  private lastError = '';

  constructor(
    private readonly place: ShardPlace,
    private readonly reader: ShardReader,
    private readonly rules: DeliveryRules,
    private readonly saveProgress: SaveProgress,
  ) {}

  /** Reads or delivers once. Returns milliseconds until there may be more to do; undefined: nothing to do now. */
  async advance(): Promise<number | undefined> {
    const [batch] = this.pending;
    if (batch === undefined) return this.gather();
    const waitMs = this.retryAtMs - Date.now();
    if (waitMs > 0) return waitMs;
    await this.deliver(batch);
    return Math.max(0, this.retryAtMs - Date.now());
  }

  /** Closed, read to its end, and all of it done. */
  get isFinished(): boolean {
    return this.pending.length === 0 && this.reader.isFinished;
  }

  /** Age of the oldest record that is not done, in milliseconds; undefined while that is not known. */
  behindMs(nowEpochMs: number): number | undefined {
    const oldest = this.pending[0]?.records[0] ?? this.reader.oldest;
    const createdAt = oldest?.dynamodb.ApproximateCreationDateTime;
    if (createdAt !== undefined) return Math.max(0, nowEpochMs - createdAt * 1000);
    return this.reader.isCaughtUp || this.isFinished ? 0 : undefined;
  }

  private async gather(): Promise<number | undefined> {
    const isThereMore = await this.reader.read();
    const records = this.reader.takeBatch(Date.now());
    if (records !== undefined) this.pending = [{ records, retries: 0 }];
    if (records !== undefined || isThereMore) return 0;
    const untilDue = this.reader.msUntilDue(Date.now());
    return Number.isFinite(untilDue) ? Math.max(0, untilDue) : undefined;
  }

  private async deliver(batch: PendingBatch): Promise<void> {
    const { source, invoker } = this.rules;
    const answer = await invoker.invoke({ Records: batch.records }, source.functionTimeoutSeconds);
    if (!answer.ok && this.rules.isStopping()) return;
    const outcome = this.judge(batch, answer);
    const step = stepAfter(batch, outcome, source, Date.now());
    await this.giveUp(step);
    if (step.checkpoint !== undefined) await this.saveProgress(step.checkpoint);
    this.pending = [...step.remaining, ...this.pending.slice(1)];
    this.retryAtMs = step.waitBeforeRetry ? Date.now() + this.pauseAfter(batch.retries) : 0;
  }

  private judge(batch: PendingBatch, answer: InvocationOutcome): DeliveryOutcome {
    if (!answer.ok) return this.failed(batch, `${answer.errorType}: ${answer.errorMessage}`);
    if (!this.rules.source.reportBatchItemFailures) return { kind: 'success' };
    const ids = batch.records.map((record) => record.dynamodb.SequenceNumber);
    const verdict = readBatchResponse(answer.result, new Set(ids));
    if (verdict.kind === 'success') return { kind: 'success' };
    if (verdict.kind === 'malformed') return this.failed(batch, `Response: ${verdict.reason}`);
    // Order is the shard's: sequence numbers cannot be compared.
    const index = ids.findIndex((id) => verdict.failedIds.has(id));
    this.noteFailure(batch, `the function reported record ${index + 1}`);
    return { kind: 'failed-from', index };
  }

  private failed(batch: PendingBatch, error: string): DeliveryOutcome {
    this.noteFailure(batch, error);
    return { kind: 'failed' };
  }

  private noteFailure(batch: PendingBatch, error: string): void {
    this.lastError = error;
    const attempt = batch.retries + 1;
    this.rules.log(`a batch of ${batch.records.length} failed (attempt ${attempt}): ${error}`);
  }

  private async giveUp({ discarded }: NextStep): Promise<void> {
    if (discarded === undefined) return;
    const { invoker, failures } = this.rules;
    const origin = { ...this.place, functionName: invoker.functionName, error: this.lastError };
    await failures.keep(discarded, origin);
    this.rules.log(`gave up ${discarded.records.length} record(s): ${discarded.condition}`);
  }

  private pauseAfter(retries: number): number {
    const { firstMs, longestMs } = this.rules.retryPause;
    return Math.min(longestMs, firstMs * 2 ** retries);
  }
}
