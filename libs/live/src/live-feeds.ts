import type { Caller, HeldConnection, LimitedConnections } from '@sensorflow/auth';
import { DomainError, type Clock } from '@sensorflow/kernel';
import {
  Feed,
  FEED_TIMING,
  type FeedEnd,
  type FeedEndListener,
  type FeedSink,
  type FeedTiming,
} from './feed.js';
import type { FeedFilter } from './feed-filter.js';
import { parsePosition, type FeedPosition } from './feed-position.js';
import { HeardMessages, liveUnavailable, type Topic } from './heard-messages.js';
import type { RecentMessages } from './recent-messages.js';

export const MAX_FEEDS_PER_CALLER = 10;
const MAX_FEEDS = 2_000;
/** With the 3 s after which this process knows of a revoked key, it is within ten. */
const CHECK_ACCESS_EVERY_MS = 5_000;
const RETRY_MS = { least: 500, most: 3_000 } as const;

export interface FeedRequest {
  readonly caller: Pick<Caller, 'subject' | 'maxConnections'>;
  readonly filter: FeedFilter;
  /** As the client sent it. */
  readonly lastEventId: string | undefined;
  /** Throws DomainError for a caller who may not go on. */
  readonly checkAccess: () => Promise<unknown>;
}

export interface FeedsTiming extends FeedTiming {
  readonly checkAccessMs: number;
}

/** The feeds of this process. */
export class LiveFeeds {
  private readonly feeds = new Set<Feed>();
  private readonly ofCallers = new Map<string, number>();
  private readonly heard: HeardMessages | undefined;
  private isDraining = false;
  private taken = 0;

  /**
   * @param topic undefined where none is set up: then there are no feeds
   * @param connections hold callers to their `maxConnections` over all processes
   */
  constructor(
    topic: Topic | undefined,
    private readonly connections: LimitedConnections,
    clock: Clock,
    private readonly timing: FeedsTiming = { ...FEED_TIMING, checkAccessMs: CHECK_ACCESS_EVERY_MS },
  ) {
    this.heard = topic && new HeardMessages(topic, clock, () => this.goOn());
  }

  /**
   * Takes a place for a feed and answers what begins it, once the messages are there. Throws DomainError
   * `throttled` (`too-many-feeds`, `too-many-connections`), `overloaded` (`overloaded`) and `unavailable`
   * (`live-unavailable`, `connections-unavailable`, `shutting-down`).
   */
  async open(
    request: FeedRequest,
  ): Promise<(sink: FeedSink, onEnd: FeedEndListener) => Pick<Feed, 'left'>> {
    const { caller } = request;
    const most = Math.max(MAX_FEEDS_PER_CALLER, caller.maxConnections ?? 0);
    const giveBackHere = this.take(caller.subject, most);
    let held: HeldConnection | undefined;
    let isLost = false;
    let onLost = (): void => void (isLost = true);
    const giveBack = (): void => {
      giveBackHere();
      held?.close();
    };
    try {
      if (!this.heard) throw liveUnavailable();
      held = await this.connections.open(caller, () => onLost());
      if (this.isDraining) throw shuttingDown();
      const messages = await this.heard.ready();
      const position = positionIn(request.lastEventId);
      const isKnown =
        position === undefined || position === 'unknown' || messages.find(position.messageId);
      if (!isKnown) await this.heard.caughtUp();
      if (this.isDraining) throw shuttingDown();
      return (sink, onEnd) => {
        const feed = this.add(request, messages, sink, (end, cause) => {
          giveBack();
          onEnd(end, cause);
        });
        onLost = () => feed.end(UNCOUNTED);
        if (isLost) onLost();
        else feed.begin(position);
        return feed;
      };
    } catch (error) {
      giveBack();
      throw error;
    }
  }

  private take(subject: string, most: number): () => void {
    if (this.isDraining) throw shuttingDown();
    const own = this.ofCallers.get(subject) ?? 0;
    if (own >= most) throw tooManyFeeds(most);
    if (this.taken >= MAX_FEEDS) throw overloaded();
    this.ofCallers.set(subject, own + 1);
    this.taken += 1;
    let isTaken = true;
    return () => {
      if (!isTaken) return;
      isTaken = false;
      this.taken -= 1;
      const left = (this.ofCallers.get(subject) ?? 1) - 1;
      if (left === 0) this.ofCallers.delete(subject);
      else this.ofCallers.set(subject, left);
      if (this.taken === 0) this.heard?.becameIdle();
    };
  }

  private add(
    { filter, checkAccess }: FeedRequest,
    messages: RecentMessages,
    sink: FeedSink,
    onEnd: FeedEndListener,
  ): Feed {
    const check = setInterval(() => void this.check(feed, checkAccess), this.timing.checkAccessMs);
    check.unref();
    const ended: FeedEndListener = (end, cause) => {
      clearInterval(check);
      this.feeds.delete(feed);
      onEnd(end, cause);
    };
    const feed = new Feed(messages, filter, sink, ended, this.timing);
    this.feeds.add(feed);
    return feed;
  }

  private async check(feed: Feed, checkAccess: () => Promise<unknown>): Promise<void> {
    try {
      await checkAccess();
    } catch (error) {
      feed.end(accessEnded(error));
    }
  }

  private goOn(): void {
    for (const feed of this.feeds) feed.goOn();
  }

  /** Ends every feed, with a hint when to come back, and stops listening. Does not throw. */
  async drain(): Promise<void> {
    this.isDraining = true;
    for (const feed of this.feeds) feed.end(draining());
    await this.heard?.stop();
  }
}

const UNCOUNTED: FeedEnd = {
  code: 'access-ended',
  detail: 'The connection could not be counted any more.',
  retryMs: 5_000,
};

function positionIn(lastEventId: string | undefined): FeedPosition | 'unknown' | undefined {
  return lastEventId === undefined ? undefined : (parsePosition(lastEventId) ?? 'unknown');
}

/** What could not be checked is taken for ended; then the client may try again. */
function accessEnded(error: unknown): FeedEnd {
  const code = 'access-ended';
  if (!(error instanceof DomainError)) {
    return { code, detail: 'The right to read could not be checked.', retryMs: 5_000 };
  }
  const isOutage = error.kind === 'unavailable';
  return { code, detail: error.message, ...(isOutage && { retryMs: 5_000 }) };
}

/** Not all clients at once. */
function draining(): FeedEnd {
  const { least, most } = RETRY_MS;
  const retryMs = Math.round(least + Math.random() * (most - least));
  const detail = 'This server is shutting down. Connect again: what comes meanwhile is not lost.';
  return { code: 'draining', detail, retryMs };
}

function tooManyFeeds(most: number): DomainError {
  return new DomainError(
    'throttled',
    'too-many-feeds',
    `A caller has at most ${most} live feeds here. Close one, or name all the equipment in one feed.`,
    { retryAfterSeconds: 10 },
  );
}

function overloaded(): DomainError {
  return new DomainError(
    'overloaded',
    'overloaded',
    `This server has ${MAX_FEEDS} live feeds. Try again.`,
    { retryAfterSeconds: 5 },
  );
}

function shuttingDown(): DomainError {
  return new DomainError('unavailable', 'shutting-down', 'This server is shutting down.', {
    retryAfterSeconds: 1,
  });
}
