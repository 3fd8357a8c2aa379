import { createHash } from 'node:crypto';
import type { QueueSourceDefinition } from '@sensorflow/platform/resources/event-sources.js';
import { type BatchVerdict, readBatchResponse } from './batch-response.js';
import type { FunctionInvoker } from './invocation.js';
import { PollingLoop } from './polling-loop.js';

export interface QueuedMessage {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  /** Deliveries so far, this one included. */
  readonly receiveCount: number;
  readonly sentAtEpochMs: number;
}

/** The queue as its mapping sees it. A received message is hidden from others until its visibility timeout ends. */
export interface MessageSource {
  receive(max: number, visibilityTimeoutSeconds: number): readonly QueuedMessage[];
  delete(receiptHandle: string): void;
  changeVisibility(receiptHandle: string, seconds: number): void;
  deadLetter(receiptHandle: string, reason: string): void;
}

export interface QueueMappingOptions {
  readonly name: string;
  readonly queueArn: string;
  readonly awsRegion: string;
  readonly messages: MessageSource;
  readonly source: QueueSourceDefinition;
  /** Stays the caller's: `stop` does not close it. */
  readonly invoker: FunctionInvoker;
  readonly log?: (line: string) => void;
  /** Seconds until a failed message is delivered again, from the first to the longest. */
  readonly retryPauseSeconds?: RetryPauseSeconds;
}

export interface RetryPauseSeconds {
  readonly first: number;
  readonly longest: number;
}

/**
 * In the cloud a failed message waits for its visibility timeout, 90 minutes, because nobody knows whether its
 * invocation still runs. Here the mapping knows that it has ended, and somebody watches.
 */
const RETRY_PAUSE: RetryPauseSeconds = { first: 1, longest: 30 };
/** Hidden for this long at a time and renewed while the function runs, so that kill -9 does not hide it for 90 min. */
const LEASE_SECONDS = 30;
const RENEW_MS = 10_000;
const POLL_MS = 100;
const TROUBLE_PAUSE_MS = 1_000;
const STOP_GRACE_MS = 5_000;

/** Feeds a queue to a function, as Lambda's event source mapping does: at least once, then the dead-letter queue. */
export class QueueMapping {
  private readonly loop = new PollingLoop(async () => this.turn());
  private readonly log: (line: string) => void;

  constructor(private readonly options: QueueMappingOptions) {
    this.log = (line) => options.log?.(`${options.name}: ${line}`);
  }

  start(): void {
    this.loop.start();
  }

  /** Lets the running invocation end, for at most 5 s. */
  async stop(): Promise<void> {
    await this.loop.stop(STOP_GRACE_MS);
  }

  private async turn(): Promise<number> {
    try {
      const { messages, source } = this.options;
      const received = messages.receive(source.batchSize, leaseSeconds(source));
      const deliverable = received.filter((message) => !this.isWornOut(message));
      for (const message of received) if (this.isWornOut(message)) this.bury(message);
      if (deliverable.length > 0) await this.deliver(deliverable);
      return received.length > 0 ? 0 : POLL_MS;
    } catch (error) {
      this.log(`cannot go on, tries again: ${String(error)}`);
      return TROUBLE_PAUSE_MS;
    }
  }

  private isWornOut(message: QueuedMessage): boolean {
    return message.receiveCount > this.options.source.maxReceiveCount;
  }

  private async deliver(batch: readonly QueuedMessage[]): Promise<void> {
    const { source, invoker, messages } = this.options;
    const renewal = setInterval(() => this.renew(batch), RENEW_MS);
    const event = { Records: batch.map((message) => this.toRecord(message)) };
    const answer = await invoker
      .invoke(event, source.functionTimeoutSeconds)
      .finally(() => clearInterval(renewal));
    if (!answer.ok) {
      this.log(`a batch of ${batch.length} failed: ${answer.errorType}: ${answer.errorMessage}`);
      for (const message of batch) this.returnToQueue(message, answer.errorType);
      return;
    }
    const failed = this.failedOf(batch, answer.result);
    for (const message of batch) {
      if (failed.has(message.messageId)) this.returnToQueue(message, 'reported as failed');
      else messages.delete(message.receiptHandle);
    }
  }

  private failedOf(batch: readonly QueuedMessage[], answer: unknown): ReadonlySet<string> {
    if (!this.options.source.reportBatchItemFailures) return new Set();
    const ids = new Set(batch.map((message) => message.messageId));
    const verdict: BatchVerdict = readBatchResponse(answer, ids);
    if (verdict.kind === 'success') return new Set();
    if (verdict.kind === 'partial') return verdict.failedIds;
    this.log(`a batch of ${batch.length} failed: ${verdict.reason}`);
    return ids;
  }

  private returnToQueue(message: QueuedMessage, reason: string): void {
    const { messages, source, retryPauseSeconds: pause = RETRY_PAUSE } = this.options;
    if (this.loop.isStopping) messages.changeVisibility(message.receiptHandle, 0);
    else if (message.receiveCount >= source.maxReceiveCount) this.bury(message, reason);
    else {
      const seconds = Math.min(pause.longest, pause.first * 2 ** (message.receiveCount - 1));
      messages.changeVisibility(message.receiptHandle, seconds);
    }
  }

  private bury(message: QueuedMessage, reason = 'its function did not come to an end'): void {
    const detail = `failed ${this.options.source.maxReceiveCount} times, last: ${reason}`;
    this.options.messages.deadLetter(message.receiptHandle, detail);
    this.log(`message ${message.messageId} ${detail}`);
  }

  /** From a timer: what it threw would end the process. */
  private renew(batch: readonly QueuedMessage[]): void {
    try {
      for (const { receiptHandle } of batch) {
        this.options.messages.changeVisibility(receiptHandle, leaseSeconds(this.options.source));
      }
    } catch (error) {
      this.log(`cannot keep a message hidden: ${String(error)}`);
    }
  }

  private toRecord(message: QueuedMessage): Record<string, unknown> {
    return {
      messageId: message.messageId,
      receiptHandle: message.receiptHandle,
      body: message.body,
      attributes: {
        ApproximateReceiveCount: String(message.receiveCount),
        SentTimestamp: String(message.sentAtEpochMs),
      },
      messageAttributes: {},
      md5OfBody: createHash('md5').update(message.body).digest('hex'),
      eventSource: 'aws:sqs',
      eventSourceARN: this.options.queueArn,
      awsRegion: this.options.awsRegion,
    };
  }
}

function leaseSeconds(source: QueueSourceDefinition): number {
  return Math.min(LEASE_SECONDS, source.visibilityTimeoutSeconds);
}
