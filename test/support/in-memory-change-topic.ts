import {
  ChangeListener,
  ChangePublisher,
  type Listening,
  type TopicMessage,
} from '@sensorflow/live/change-topic.js';
import type { Clock } from '@sensorflow/kernel';

const SAME_WITHIN_MS = 5 * 60_000;

/** A topic of one process. Listeners are called after the publisher's call has returned. */
export class InMemoryChangeTopic extends ChangePublisher {
  readonly published: TopicMessage[] = [];
  private readonly listeners = new Set<(message: TopicMessage) => void>();

  constructor(private readonly clock: Clock) {
    super();
  }

  override async publish(body: string): Promise<void> {
    const publishedAtEpochMs = this.clock.nowEpochMs();
    const isKnown = this.published.some(
      (message) =>
        message.body === body && publishedAtEpochMs - message.publishedAtEpochMs < SAME_WITHIN_MS,
    );
    if (isKnown) return;
    const message = { id: `m${this.published.length}`, publishedAtEpochMs, body };
    this.published.push(message);
    for (const hear of this.listeners) queueMicrotask(() => this.tell(hear, message));
  }

  listener(): ChangeListener {
    return new ListenerOf(this);
  }

  add(hear: (message: TopicMessage) => void, sinceEpochMs: number): Listening {
    this.listeners.add(hear);
    for (const message of this.published) {
      if (message.publishedAtEpochMs >= sinceEpochMs) hear(message);
    }
    return { close: async () => void this.listeners.delete(hear) };
  }

  private tell(hear: (message: TopicMessage) => void, message: TopicMessage): void {
    if (this.listeners.has(hear)) hear(message);
  }
}

class ListenerOf extends ChangeListener {
  constructor(private readonly topic: InMemoryChangeTopic) {
    super();
  }

  override async listen(
    sinceEpochMs: number,
    hear: (message: TopicMessage) => void,
  ): Promise<Listening> {
    return this.topic.add(hear, sinceEpochMs);
  }
}
