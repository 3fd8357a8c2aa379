import { DomainError, setAlarm, type Clock } from '@sensorflow/kernel';
import { randomUUID } from 'node:crypto';
import type { ChangeListener, ChangePublisher, Listening, TopicMessage } from './change-topic.js';
import { markerBody, MEMORY_MS, RecentMessages } from './recent-messages.js';

/** How this process hears of changes. */
export interface Topic {
  readonly publisher: ChangePublisher;
  readonly listener: ChangeListener;
  /** Told once of a message that no feed can read. */
  readonly onUnreadable?: (error: unknown) => void;
}

/** Longer than the topic and the queue take, also when they have 15 minutes to tell again. */
const MARKER_WITHIN_MS = 20_000;
/** So long after the last feed the process still listens: whoever comes back finds all that they missed. */
const IDLE_MS = MEMORY_MS;

/**
 * Listens to the topic while this process has feeds. Ready once a message of its own has come back: by then
 * it has everything of the last 15 minutes.
 */
export class HeardMessages {
  private messages: RecentMessages;
  private starting: Promise<RecentMessages> | undefined;
  private listening: Listening | undefined;
  private readonly awaited = new Map<string, () => void>();
  /** A marker that is out, and the one that comes after it. */
  private catchingUp: Promise<void> | undefined;
  private following: Promise<void> | undefined;
  private idleTimer: NodeJS.Timeout | undefined;

  /** @param onMessage told after each message that is new */
  constructor(
    private readonly topic: Topic,
    private readonly clock: Clock,
    private readonly onMessage: () => void,
  ) {
    this.messages = this.noMessages();
  }

  /** Begins to listen unless it does. Throws DomainError `unavailable` (`live-unavailable`). */
  async ready(): Promise<RecentMessages> {
    clearTimeout(this.idleTimer);
    this.starting ??= this.start().catch(async (error: unknown) => {
      await this.stop();
      throw error;
    });
    return this.starting;
  }

  /**
   * Settles once all is heard that was published before the call: another process can be ahead of this one.
   * Calls that wait share a message. Throws as `ready`.
   */
  async caughtUp(): Promise<void> {
    this.following ??= (this.catchingUp ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        this.catchingUp = this.following;
        this.following = undefined;
        return this.hearMarker();
      });
    return this.following;
  }

  /** The last feed has ended. */
  becameIdle(): void {
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => void this.stop(), IDLE_MS);
    this.idleTimer.unref();
  }

  /** Does not throw. */
  async stop(): Promise<void> {
    clearTimeout(this.idleTimer);
    const { listening } = this;
    this.listening = undefined;
    this.starting = undefined;
    this.messages = this.noMessages();
    await listening?.close();
  }

  private noMessages(): RecentMessages {
    return new RecentMessages(this.topic.onUnreadable);
  }

  private async start(): Promise<RecentMessages> {
    const { listener } = this.topic;
    const { messages } = this;
    const since = this.clock.nowEpochMs() - MEMORY_MS;
    const listening = await listener.listen(since, (message) => this.hear(messages, message));
    if (messages !== this.messages) {
      await listening.close();
      throw liveUnavailable(new Error('stopped while it began'));
    }
    this.listening = listening;
    await this.hearMarker();
    return messages;
  }

  private async hearMarker(): Promise<void> {
    const marker = markerBody(randomUUID());
    const { promise: heard, resolve, reject } = Promise.withResolvers<void>();
    const cancel = setAlarm(MARKER_WITHIN_MS, () => reject(liveUnavailable()));
    this.awaited.set(marker, resolve);
    try {
      // Together: either may fail first, and nobody else waits for them.
      await Promise.all([this.topic.publisher.publish(marker), heard]);
    } finally {
      cancel();
      this.awaited.delete(marker);
    }
  }

  private hear(messages: RecentMessages, message: TopicMessage): void {
    if (!messages.add(message)) return;
    this.awaited.get(message.body)?.();
    this.onMessage();
  }
}

export function liveUnavailable(cause?: unknown): DomainError {
  return new DomainError(
    'unavailable',
    'live-unavailable',
    'Live readings are not available right now. Try again, or list readings with GET /sensor-data/{equipmentId}.',
    { cause, retryAfterSeconds: 5 },
  );
}
