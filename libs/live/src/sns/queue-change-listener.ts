import {
  DeleteMessageBatchCommand,
  QueueDoesNotExist,
  ReceiveMessageCommand,
  type Message,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { Clock } from '@sensorflow/kernel';
import { member } from '@sensorflow/platform/aws/json-member.js';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import { ChangeListener, type Listening, type TopicMessage } from '../change-topic.js';
import {
  QueuesOfTopic,
  RETENTION_SECONDS,
  type SubscribedQueue,
  type TopicClients,
  type TopicNames,
} from './queues-of-topic.js';

/** What SQS gives at the most. */
const MESSAGES_PER_CALL = 10;
const LONG_POLL_SECONDS = 20;
/** While there is always something, SQS is asked so often: what comes meanwhile shares a call. */
const PAUSE_MS = 150;
const RETRY_MS = 1_000;
/** Longer, and the queue may have dropped something: the topic's archive has it. */
const TRUSTED_MS = (RETENTION_SECONDS - 60) * 1000;
/** A new queue is told so much again of what was heard already: the archive's time may be another. */
const OVERLAP_MS = 60_000;

const OUTAGE = {
  code: 'live-unavailable',
  detail: 'The topic of live readings cannot be listened to right now. Try again.',
  retryAfterSeconds: 5,
};

export interface QueueCare {
  /** How often the queue is marked as in use, and its subscription looked at. */
  readonly touchMs: number;
  /** How often what others left behind is removed. */
  readonly cleanUpMs: number;
  /** How often it is looked at whether what is heard is late … */
  readonly lookMs: number;
  /** … by more than this. */
  readonly lateMs: number;
}

export const QUEUE_CARE: QueueCare = {
  touchMs: 120_000,
  cleanUpMs: 3_600_000,
  lookMs: 60_000,
  lateMs: 60_000,
};

/** Told of what listening goes on through. */
export interface QueueReports {
  onTrouble(what: string, error: unknown): void;
  /** Once in `lookMs`, while a message can be so old before it is heard: the queue is not read, or not fast enough. */
  onLate(lateMs: number): void;
}

/** Listens to a FIFO topic by a FIFO queue of its own, which it makes and removes. */
export class QueueChangeListener extends ChangeListener {
  private readonly means: Means;

  constructor(
    { sns, sqs }: TopicClients,
    names: TopicNames,
    clock: Clock,
    reports: QueueReports,
    care = QUEUE_CARE,
  ) {
    super();
    this.means = { sqs, queues: new QueuesOfTopic({ sns, sqs }, names), clock, reports, care };
  }

  override async listen(
    sinceEpochMs: number,
    hear: (message: TopicMessage) => void,
  ): Promise<Listening> {
    const queue = await orUnavailable(OUTAGE, () => this.means.queues.create(sinceEpochMs));
    return new QueueListening(this.means, queue, sinceEpochMs, hear);
  }
}

/** What listening needs. */
interface Means {
  readonly sqs: SQSClient;
  readonly queues: QueuesOfTopic;
  readonly clock: Clock;
  readonly reports: QueueReports;
  readonly care: QueueCare;
}

class QueueListening implements Listening {
  private isClosed = false;
  private readonly timers: readonly NodeJS.Timeout[];
  private readonly loop: Promise<void>;
  private heardAtEpochMs: number;
  /** How old the last message was when it was heard; 0 while nothing waits. */
  private ageMs = 0;
  /** What was published before comes late because it is asked for again. */
  private isNewSinceEpochMs: number;
  /** Aborted at the end, and when somebody has ended the subscription: nothing comes then, and nothing says so. */
  private polling = new AbortController();

  constructor(
    private readonly means: Means,
    private queue: SubscribedQueue,
    /** All that was published before, by the topic's clock, was heard. */
    private heardUpToEpochMs: number,
    private readonly hear: (message: TopicMessage) => void,
  ) {
    this.heardAtEpochMs = means.clock.nowEpochMs();
    this.isNewSinceEpochMs = this.heardAtEpochMs;
    this.loop = this.receiveAll();
    this.timers = [
      setInterval(() => this.reportLate(), means.care.lookMs).unref(),
      this.every(means.care.touchMs, 'the queue was not touched', () => this.keep()),
      this.every(means.care.cleanUpMs, ABANDONED, () => this.removeAbandoned()),
    ];
    void this.quietly(ABANDONED, () => this.removeAbandoned());
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.polling.abort();
    for (const timer of this.timers) clearInterval(timer);
    await this.loop;
    await this.quietly('the queue was not removed', () => this.means.queues.remove(this.queue));
  }

  private async receiveAll(): Promise<void> {
    while (!this.isClosed) {
      try {
        await this.receive();
      } catch (error) {
        if (this.isClosed) return;
        await this.recover(error);
      }
    }
  }

  private async receive(): Promise<void> {
    const { queueUrl: QueueUrl } = this.queue;
    const { Messages = [] } = await this.means.sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: MESSAGES_PER_CALL,
        WaitTimeSeconds: LONG_POLL_SECONDS,
      }),
      { abortSignal: this.polling.signal },
    );
    if (this.isDoubtful()) throw new Error('the queue has not all that was published');
    this.heardAtEpochMs = this.means.clock.nowEpochMs();
    this.ageMs = 0;
    if (Messages.length === 0) return;
    for (const message of Messages) this.hearMessage(message);
    await this.means.sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: Messages.map(({ ReceiptHandle }, index) => ({ Id: `m${index}`, ReceiptHandle })),
      }),
    );
    if (Messages.length < MESSAGES_PER_CALL) await this.means.clock.sleep(PAUSE_MS);
  }

  /** One that is none of the topic's would hold up all that is behind it: it is left out. */
  private hearMessage(message: Message): void {
    try {
      const heard = topicMessageOf(message);
      this.hear(heard);
      this.heardUpToEpochMs = heard.publishedAtEpochMs;
      if (heard.publishedAtEpochMs < this.isNewSinceEpochMs) return;
      this.ageMs = this.heardAtEpochMs - heard.publishedAtEpochMs;
    } catch (error) {
      this.means.reports.onTrouble('a message was left out', error);
    }
  }

  /** Messages may have come and gone unheard. */
  private isDoubtful(): boolean {
    return (
      this.polling.signal.aborted ||
      this.means.clock.nowEpochMs() - this.heardAtEpochMs >= TRUSTED_MS
    );
  }

  /** A queue that has gone, or may have dropped something, is replaced by one that is told all of it again. */
  private async recover(error: unknown): Promise<void> {
    this.means.reports.onTrouble('the queue was not read', error);
    await this.means.clock.sleep(RETRY_MS);
    if (!(error instanceof QueueDoesNotExist) && !this.isDoubtful()) return;
    await this.quietly('another queue was not made', async () => {
      const former = this.queue;
      this.queue = await this.means.queues.create(this.heardUpToEpochMs - OVERLAP_MS);
      this.heardAtEpochMs = this.means.clock.nowEpochMs();
      this.isNewSinceEpochMs = this.heardAtEpochMs;
      this.polling = new AbortController();
      await this.means.queues.remove(former);
    });
  }

  /** Whoever reads it hears at least once in a long poll that there is nothing. */
  private reportLate(): void {
    const unreadMs = this.means.clock.nowEpochMs() - this.heardAtEpochMs;
    const lateMs = Math.max(unreadMs, this.ageMs);
    if (lateMs > this.means.care.lateMs) this.means.reports.onLate(lateMs);
  }

  private async keep(): Promise<void> {
    const { queue } = this;
    await this.means.queues.touch(queue);
    const isSubscribed = await this.means.queues.isSubscribed(queue);
    if (!isSubscribed && queue === this.queue) this.polling.abort();
  }

  private async removeAbandoned(): Promise<void> {
    await this.means.queues.removeAbandoned(this.means.clock.nowEpochMs());
  }

  private every(ms: number, trouble: string, work: () => Promise<void>): NodeJS.Timeout {
    const timer = setInterval(() => void this.quietly(trouble, work), ms);
    timer.unref();
    return timer;
  }

  private async quietly(trouble: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.means.reports.onTrouble(trouble, error);
    }
  }
}

const ABANDONED = 'abandoned queues were not removed';

/** The topic's envelope: without it, the message would have the queue's id and not the topic's. */
function topicMessageOf({ Body = '' }: Message): TopicMessage {
  const envelope: unknown = JSON.parse(Body);
  const [id, timestamp, body] = ['MessageId', 'Timestamp', 'Message'].map((name) =>
    member(envelope, name),
  );
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof body !== 'string') {
    throw new TypeError('a message of the queue does not come from the topic');
  }
  return { id, publishedAtEpochMs: Date.parse(timestamp), body };
}
