import { randomUUID } from 'node:crypto';
import type { Clock } from '@sensorflow/kernel';
import type { QueueMessage } from './message-queue.js';
import type { FifoQueueSettings } from './fifo-queue-settings.js';

interface Entry {
  readonly messageId: string;
  readonly body: string;
  readonly group: string;
  readonly sentAtEpochMs: number;
  receiptHandle: string | undefined;
  visibleAtEpochMs: number;
  receiveCount: number;
}

/**
 * A FIFO queue in memory. What is behind a message of its group is held back while that one is received and
 * neither deleted nor timed out. Messages end with the queue's retention.
 */
export class FifoQueue {
  readonly createdAtEpochMs: number;
  private changedAtEpochMs: number;
  private entries: Entry[] = [];
  private arrival = Promise.withResolvers<void>();

  constructor(
    readonly name: string,
    private current: FifoQueueSettings,
    private readonly clock: Clock,
  ) {
    this.createdAtEpochMs = clock.nowEpochMs();
    this.changedAtEpochMs = this.createdAtEpochMs;
  }

  get settings(): FifoQueueSettings {
    return this.current;
  }

  get modifiedAtEpochMs(): number {
    return this.changedAtEpochMs;
  }

  change(settings: FifoQueueSettings): void {
    this.current = settings;
    this.changedAtEpochMs = this.clock.nowEpochMs();
  }

  send(body: string, group: string): void {
    const sentAtEpochMs = this.clock.nowEpochMs();
    this.entries.push({
      messageId: randomUUID(),
      body,
      group,
      sentAtEpochMs,
      receiptHandle: undefined,
      visibleAtEpochMs: sentAtEpochMs,
      receiveCount: 0,
    });
    this.arrival.resolve();
    this.arrival = Promise.withResolvers();
  }

  /** Settles when the next message comes. */
  arrived(): Promise<void> {
    return this.arrival.promise;
  }

  receive(
    maximum: number,
    visibilitySeconds = this.settings.visibilitySeconds,
  ): readonly QueueMessage[] {
    const now = this.clock.nowEpochMs();
    this.forgetExpired(now);
    const heldBack = new Set(
      this.entries.filter((entry) => entry.visibleAtEpochMs > now).map(({ group }) => group),
    );
    return this.entries
      .filter(({ group }) => !heldBack.has(group))
      .slice(0, maximum)
      .map((entry) => take(entry, now + visibilitySeconds * 1000));
  }

  /** False when the receipt is void. */
  delete(receiptHandle: string): boolean {
    const before = this.entries.length;
    this.entries = this.entries.filter((entry) => entry.receiptHandle !== receiptHandle);
    return this.entries.length < before;
  }

  depth(): { readonly visible: number; readonly inFlight: number } {
    const now = this.clock.nowEpochMs();
    this.forgetExpired(now);
    const inFlight = this.entries.filter((entry) => entry.visibleAtEpochMs > now).length;
    return { visible: this.entries.length - inFlight, inFlight };
  }

  private forgetExpired(nowEpochMs: number): void {
    const oldest = nowEpochMs - this.settings.retentionSeconds * 1000;
    if ((this.entries[0]?.sentAtEpochMs ?? Infinity) >= oldest) return;
    this.entries = this.entries.filter(({ sentAtEpochMs }) => sentAtEpochMs >= oldest);
  }
}

function take(entry: Entry, visibleAtEpochMs: number): QueueMessage {
  const receiptHandle = `${entry.messageId}/${randomUUID()}`;
  entry.receiptHandle = receiptHandle;
  entry.visibleAtEpochMs = visibleAtEpochMs;
  entry.receiveCount += 1;
  const { messageId, body, receiveCount, sentAtEpochMs } = entry;
  return { messageId, body, receiptHandle, receiveCount, sentAtEpochMs };
}
