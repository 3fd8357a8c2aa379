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
  /** One for each batch that is worked on at a time. They stay the caller's: `stop` does not close them. */
  readonly invokers: readonly FunctionInvoker[];
  readonly log?: (line: string) => void;
  /** Seconds until the messages of an invocation that failed are delivered again, from the first to the longest. */
  readonly retryPauseSeconds?: RetryPauseSeconds;
}

export interface RetryPauseSeconds {
  readonly first: number;
  readonly longest: number;
}

/**
 * In the cloud the messages of a function that was killed wait for their visibility timeout, 90 minutes, because
 * nobody knows whether it still runs. Here the mapping knows that it has ended, and somebody watches.
 */
const RETRY_PAUSE: RetryPauseSeconds = { first: 1, longest: 30 };
const POLL_MS = 100;
const TROUBLE_PAUSE_MS = 1_000;
const STOP_GRACE_MS = 5_000;

/**
 * Feeds a queue to a function, as Lambda's event source mapping does: at least once, then the dead-letter queue. A
 * message that the function reports as failed comes back when its visibility timeout ends, which the function may
 * shorten.
 */
export class QueueMapping {
  private readonly loops: readonly PollingLoop[];
  private readonly busy = new Set<FunctionInvoker>();
  private readonly log: (line: string) => void;

  constructor(private readonly options: QueueMappingOptions) {
    this.log = (line) => options.log?.(`${options.name}: ${line}`);
    this.loops = options.invokers.map((invoker) => new PollingLoop(async () => this.turn(invoker)));
  }

  start(): void {
    for (const loop of this.loops) loop.start();
  }

  /** Lets the running invocations end, for at most 5 s. */
  async stop(): Promise<void> {
    await Promise.all(this.loops.map((loop) => loop.stop(STOP_GRACE_MS)));
  }

  private async turn(invoker: FunctionInvoker): Promise<number> {
    if (!this.isNeeded(invoker)) return POLL_MS;
    this.busy.add(invoker);
    try {
      const { messages, source } = this.options;
      const received = messages.receive(source.batchSize, source.visibilityTimeoutSeconds);
      const deliverable = received.filter((message) => !this.isWornOut(message));
      for (const message of received) if (this.isWornOut(message)) this.bury(message);
      if (deliverable.length > 0) await this.deliver(deliverable, invoker);
      return received.length > 0 ? 0 : POLL_MS;
    } catch (error) {
      this.log(`cannot go on, tries again: ${String(error)}`);
      return TROUBLE_PAUSE_MS;
    } finally {
      this.busy.delete(invoker);
    }
  }

  /** Only when those before it are at work: a process that nobody needs is not started. */
  private isNeeded(invoker: FunctionInvoker): boolean {
    const { invokers } = this.options;
    return invokers.slice(0, invokers.indexOf(invoker)).every((one) => this.busy.has(one));
  }

  private isWornOut(message: QueuedMessage): boolean {
    return message.receiveCount > this.options.source.maxReceiveCount;
  }

  private async deliver(batch: readonly QueuedMessage[], invoker: FunctionInvoker): Promise<void> {
    const { source, messages } = this.options;
    const event = { Records: batch.map((message) => this.toRecord(message)) };
    const answer = await invoker.invoke(event, source.functionTimeoutSeconds);
    if (!answer.ok) {
      this.returnAll(batch, answer.errorType, answer.errorMessage);
      return;
    }
    const verdict = this.verdictOf(batch, answer.result);
    if (verdict.kind === 'malformed') this.returnAll(batch, 'malformed answer', verdict.reason);
    else {
      const failedIds = verdict.kind === 'partial' ? verdict.failedIds : new Set();
      for (const message of batch) {
        if (!failedIds.has(message.messageId)) messages.delete(message.receiptHandle);
      }
    }
  }

  private verdictOf(batch: readonly QueuedMessage[], answer: unknown): BatchVerdict {
    if (!this.options.source.reportBatchItemFailures) return { kind: 'success' };
    return readBatchResponse(answer, new Set(batch.map((message) => message.messageId)));
  }

  private returnAll(batch: readonly QueuedMessage[], errorType: string, detail: string): void {
    this.log(`a batch of ${batch.length} failed: ${errorType}: ${detail}`);
    for (const message of batch) this.returnToQueue(message, errorType);
  }

  private returnToQueue(message: QueuedMessage, reason: string): void {
    const { messages, source, retryPauseSeconds: pause = RETRY_PAUSE } = this.options;
    const isStopping = this.loops.some((loop) => loop.isStopping);
    if (isStopping) messages.changeVisibility(message.receiptHandle, 0);
    else if (message.receiveCount >= source.maxReceiveCount) this.bury(message, reason);
    else {
      const seconds = Math.min(pause.longest, pause.first * 2 ** (message.receiveCount - 1));
      messages.changeVisibility(message.receiptHandle, seconds);
    }
  }

  private bury(message: QueuedMessage, reason = 'reported as failed, or without an end'): void {
    const detail = `failed ${this.options.source.maxReceiveCount} times, last: ${reason}`;
    this.options.messages.deadLetter(message.receiptHandle, detail);
    this.log(`message ${message.messageId} ${detail}`);
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
