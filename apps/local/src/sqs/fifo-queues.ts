import type { Clock } from '@sensorflow/kernel';
import { FifoQueue } from './fifo-queue.js';
import { letsTopicSend, settingsOf, type FifoQueueSettings } from './fifo-queue-settings.js';
import { invalidParameter, SqsError } from './sqs-error.js';

const NAME = /^[A-Za-z0-9_-]{1,75}\.fifo$/;
/** SQS wants as much between deleting a queue and making one of its name. */
const DELETED_RECENTLY_MS = 60_000;
const ACCOUNT_ID = '000000000000';

/** The FIFO queues that were made through the API. They live as long as the process. */
export class FifoQueues {
  private readonly queues = new Map<string, FifoQueue>();
  private readonly deletedAtEpochMs = new Map<string, number>();

  constructor(
    private readonly region: string,
    private readonly clock: Clock,
  ) {}

  /** Answers the one that is there, when it is the same. */
  create(name: string, attributes: Readonly<Record<string, unknown>>): FifoQueue {
    if (!NAME.test(name)) {
      throw invalidParameter(
        'The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.',
      );
    }
    if (attributes['FifoQueue'] !== 'true') {
      throw invalidParameter('A queue whose name ends in .fifo needs the attribute FifoQueue.');
    }
    const settings = settingsOf(attributes);
    const known = this.queues.get(name);
    if (known) return sameAs(known, settings);
    const deletedAt = this.deletedAtEpochMs.get(name) ?? -Infinity;
    if (this.clock.nowEpochMs() - deletedAt < DELETED_RECENTLY_MS) {
      const message = 'You must wait 60 seconds after deleting a queue before you can create it.';
      throw new SqsError(400, 'QueueDeletedRecently', message);
    }
    const queue = new FifoQueue(name, settings, this.clock);
    this.queues.set(name, queue);
    return queue;
  }

  find(name: string): FifoQueue | undefined {
    return this.queues.get(name);
  }

  delete(name: string): void {
    this.queues.delete(name);
    this.deletedAtEpochMs.set(name, this.clock.nowEpochMs());
  }

  names(prefix: string): readonly string[] {
    return [...this.queues.keys()].filter((name) => name.startsWith(prefix)).toSorted();
  }

  arnOf(name: string): string {
    return `arn:aws:sqs:${this.region}:${ACCOUNT_ID}:${name}`;
  }

  /** As a topic sends: false when there is no such queue, or its policy does not let the topic. */
  deliver(queueArn: string, topicArn: string, body: string, group: string): boolean {
    const queue = [...this.queues.values()].find(({ name }) => this.arnOf(name) === queueArn);
    if (!queue || !letsTopicSend(queue.settings.policy, queueArn, topicArn)) return false;
    queue.send(body, group);
    return true;
  }
}

function sameAs(queue: FifoQueue, settings: FifoQueueSettings): FifoQueue {
  if (JSON.stringify(queue.settings) === JSON.stringify(settings)) return queue;
  const message = 'A queue already exists with the same name and a different value for attributes.';
  throw new SqsError(400, 'QueueNameExists', message);
}
