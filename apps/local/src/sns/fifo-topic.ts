import type { Clock } from '@sensorflow/kernel';
import { randomUUID } from 'node:crypto';
import { SnsError } from './sns-error.js';

export interface Publication {
  readonly messageId: string;
  readonly sequenceNumber: string;
}

export interface Subscription {
  readonly arn: string;
  readonly endpoint: string;
  readonly isRaw: boolean;
}

interface Archived extends Publication {
  readonly body: string;
  readonly group: string;
  readonly publishedAtEpochMs: number;
}

/** Sends to a queue; false when it cannot. */
export type DeliverToQueue = (
  queueArn: string,
  topicArn: string,
  body: string,
  group: string,
) => boolean;

const DEDUPLICATION_MS = 5 * 60_000;
const SUBSCRIPTIONS_AT_MOST = 100;
/** SNS keeps a day at the least; what nobody here asks for need not lie in memory. */
const ARCHIVE_MS = 20 * 60_000;

/**
 * A FIFO topic in memory, with its archive: what is published goes to all queues in one order, and a new
 * subscription can ask for what was published before. The archive is cut at 20 minutes.
 */
export class FifoTopic {
  readonly archiveBeginEpochMs: number;
  private archive: Archived[] = [];
  private readonly recent = new Map<string, { readonly atEpochMs: number } & Publication>();
  private readonly subscriptions = new Map<string, Subscription>();
  private published = 0;

  constructor(
    readonly arn: string,
    private readonly deliver: DeliverToQueue,
    private readonly clock: Clock,
  ) {
    this.archiveBeginEpochMs = clock.nowEpochMs();
  }

  /** One that was published within five minutes is not delivered again. */
  publish(body: string, group: string, deduplicationId: string): Publication {
    const now = this.clock.nowEpochMs();
    this.forget(now);
    const known = this.recent.get(deduplicationId);
    if (known) return known;
    this.published += 1;
    const messageId = randomUUID();
    const sequenceNumber = `1${String(this.published * 1000).padStart(19, '0')}`;
    const message = { messageId, sequenceNumber, body, group, publishedAtEpochMs: now };
    this.archive.push(message);
    this.recent.set(deduplicationId, { messageId, sequenceNumber, atEpochMs: now });
    for (const subscription of this.subscriptions.values()) this.send(message, subscription);
    return { messageId, sequenceNumber };
  }

  /** @param replaySinceEpochMs tells of what was published since then, too */
  subscribe(endpoint: string, isRaw: boolean, replaySinceEpochMs = Infinity): Subscription {
    const known = this.subscriptionOf(endpoint);
    if (known) return known;
    if (this.subscriptions.size >= SUBSCRIPTIONS_AT_MOST) {
      const message = 'Subscription limit exceeded for FIFO topic.';
      throw new SnsError(403, 'SubscriptionLimitExceeded', message);
    }
    const subscription = { arn: `${this.arn}:${randomUUID()}`, endpoint, isRaw };
    this.subscriptions.set(subscription.arn, subscription);
    for (const message of this.archive) {
      if (message.publishedAtEpochMs >= replaySinceEpochMs) this.send(message, subscription);
    }
    return subscription;
  }

  /** As SNS, says nothing of one that is not there. */
  unsubscribe(subscriptionArn: string): void {
    this.subscriptions.delete(subscriptionArn);
  }

  all(): readonly Subscription[] {
    return [...this.subscriptions.values()];
  }

  private subscriptionOf(endpoint: string): Subscription | undefined {
    return this.all().find((subscription) => subscription.endpoint === endpoint);
  }

  private send(message: Archived, { endpoint, isRaw }: Subscription): void {
    const body = isRaw ? message.body : this.envelope(message);
    this.deliver(endpoint, this.arn, body, message.group);
  }

  private envelope({ messageId, sequenceNumber, body, publishedAtEpochMs }: Archived): string {
    return JSON.stringify({
      Type: 'Notification',
      MessageId: messageId,
      SequenceNumber: sequenceNumber,
      TopicArn: this.arn,
      Message: body,
      Timestamp: new Date(publishedAtEpochMs).toISOString(),
    });
  }

  private forget(now: number): void {
    for (const [id, { atEpochMs }] of this.recent) {
      if (now - atEpochMs < DEDUPLICATION_MS) break;
      this.recent.delete(id);
    }
    if ((this.archive[0]?.publishedAtEpochMs ?? now) >= now - ARCHIVE_MS) return;
    this.archive = this.archive.filter(
      ({ publishedAtEpochMs }) => publishedAtEpochMs >= now - ARCHIVE_MS,
    );
  }
}
