import { nextTurn } from '@sensorflow/kernel';
import type { AcceptedChange, ChangedRange } from '@sensorflow/sensor-data';
import { union } from './change-message.js';
import { changesFor, type FeedFilter } from './feed-filter.js';
import { positionText, type FeedPosition } from './feed-position.js';
import type { RecentMessage, RecentMessages } from './recent-messages.js';

/** Why a feed ended that its client did not end. */
export interface FeedEnd {
  readonly code: 'access-ended' | 'draining' | 'failed' | 'too-slow';
  readonly detail: string;
  /** When the client may come back; undefined for one that need not. */
  readonly retryMs?: number;
}

/** Told of a feed's end: undefined when its client left. */
export type FeedEndListener = (end: FeedEnd | undefined, cause?: unknown) => void;

/** Each event but the last has the position behind it, from which the client can go on. */
export type FeedEvent =
  | { readonly type: 'reading'; readonly id: string; readonly changes: readonly AcceptedChange[] }
  | { readonly type: 'changed'; readonly id: string; readonly range: ChangedRange }
  | { readonly type: 'heartbeat'; readonly id: string }
  | { readonly type: 'resync'; readonly id: string }
  | { readonly type: 'end'; readonly end: FeedEnd };

/** What takes a feed's events to its client. */
export abstract class FeedSink {
  /**
   * False when the client should take what was sent before there is more.
   *
   * @param onTaken told once the event has left this process; never for a client that takes nothing
   */
  abstract send(event: FeedEvent, onTaken?: () => void): boolean;
  /** The client has taken it. Never settles for one that does not. */
  abstract drained(): Promise<void>;
  /** Sends what is on its way, and gives up on a client that does not take it. */
  abstract close(): void;
}

export interface FeedTiming {
  readonly heartbeatMs: number;
  /** A client that takes nothing for so long is dropped. */
  readonly stallMs: number;
  /** Changed ranges are told once none has come for so long … */
  readonly changedQuietMs: number;
  /** … or the first has waited for so long. */
  readonly changedAtMostMs: number;
}

export const FEED_TIMING: FeedTiming = {
  heartbeatMs: 15_000,
  stallMs: 30_000,
  changedQuietMs: 2_000,
  changedAtMostMs: 10_000,
};

const TOO_SLOW: FeedEnd = {
  code: 'too-slow',
  detail: 'The client did not take its events in time.',
  retryMs: 5_000,
};

const FAILED: FeedEnd = {
  code: 'failed',
  detail: 'The feed failed on our side.',
  retryMs: 5_000,
};

/** A feed that has much to catch up with works for so long at a time: when a process ends, hundreds come at once. */
const TURN_MS = 5;
/** Changed ranges that a feed keeps back; with more of them it does not wait for the quiet. */
const MOST_GATHERED = 1_000;

/**
 * One client's place in the recent messages. It goes on when there are new ones and the client has taken what
 * was sent, so that a slow client holds up nobody and gathers nothing.
 */
export class Feed {
  private readonly heartbeat: NodeJS.Timeout;
  private readonly changed = new Map<string, ChangedRange>();
  /** Behind it stands the first changed range that was not told. */
  private untoldSince: string | undefined;
  private untoldFromMs = 0;
  private changedTimer: NodeJS.Timeout | undefined;
  /** They are told before anything else is. */
  private isChangedDue = false;
  private stallTimer: NodeJS.Timeout | undefined;
  /** Runs while a heartbeat is not taken: a little that waits is not enough to hold anything up. */
  private heartbeatTimer: NodeJS.Timeout | undefined;
  /** Up to and including this message only changed ranges are new to the client. */
  private seenUpTo: string | undefined;
  private place: RecentMessage;
  private isPumping = false;
  private isEnded = false;

  /** @param onEnd told once: why, unless the client left, and what failed */
  constructor(
    private readonly messages: RecentMessages,
    private readonly filter: FeedFilter,
    private readonly sink: FeedSink,
    private readonly onEnd: FeedEndListener,
    private readonly timing: FeedTiming = FEED_TIMING,
  ) {
    const { newest } = messages;
    if (!newest) throw new Error('nothing was heard, not even a marker');
    this.place = newest;
    this.heartbeat = setInterval(() => this.beat(), timing.heartbeatMs);
    this.heartbeat.unref();
  }

  /** Goes on where the client was, or says that the past cannot be told. Call it once. */
  begin(position: FeedPosition | 'unknown' | undefined): void {
    if (position === 'unknown' || (position && !this.goTo(position))) {
      this.send({ type: 'resync', id: this.id() });
    } else if (!position) this.beat();
    this.goOn();
  }

  private goTo({ messageId, untoldSince }: FeedPosition): boolean {
    const place = this.messages.find(untoldSince ?? messageId);
    if (!place || (untoldSince !== undefined && !leadsTo(place, messageId))) return false;
    this.place = place;
    this.seenUpTo = untoldSince === undefined ? undefined : messageId;
    return true;
  }

  /** There are new messages. */
  goOn(): void {
    if (!this.isPumping) void this.pump();
  }

  /** The client has gone. */
  left(): void {
    this.finish();
  }

  end(end: FeedEnd, cause?: unknown): void {
    if (this.isEnded) return;
    this.sink.send({ type: 'end', end });
    this.finish(end, cause);
  }

  private finish(end?: FeedEnd, cause?: unknown): void {
    if (this.isEnded) return;
    this.isEnded = true;
    clearInterval(this.heartbeat);
    clearTimeout(this.changedTimer);
    clearTimeout(this.stallTimer);
    clearTimeout(this.heartbeatTimer);
    this.sink.close();
    this.onEnd(end, cause);
  }

  private async pump(): Promise<void> {
    this.isPumping = true;
    try {
      let turnEndsAt = performance.now() + TURN_MS;
      while (this.hasMore() && !this.isEnded) {
        if (this.place.isForgotten) return this.end(TOO_SLOW);
        if (!this.tellNext()) await this.drained();
        if (performance.now() < turnEndsAt) continue;
        await nextTurn();
        turnEndsAt = performance.now() + TURN_MS;
      }
    } catch (error) {
      this.end(FAILED, error);
    } finally {
      this.isPumping = false;
    }
  }

  private hasMore(): boolean {
    return this.isChangedDue || this.place.next !== undefined;
  }

  /** False when the client has enough for now. */
  private tellNext(): boolean {
    if (this.isChangedDue) return this.tellChanged();
    return this.place.next === undefined || this.takeNext(this.place.next);
  }

  private takeNext(message: RecentMessage): boolean {
    const before = this.place.id;
    const changes = this.messages.changesOf(message);
    this.place = message;
    if (!changes) return this.skip(message);
    const told: AcceptedChange[] = [];
    const ranges: ChangedRange[] = [];
    for (const change of changesFor(this.filter, changes)) {
      if (change.kind === 'changed') ranges.push(change);
      else told.push(change);
    }
    if (ranges.length > 0) this.gather(ranges, before);
    if (this.wasSeen(message) || told.length === 0) return true;
    return this.send({ type: 'reading', id: this.id(), changes: told });
  }

  /** What a message told that cannot be read is for the client to find out. */
  private skip(message: RecentMessage): boolean {
    return this.wasSeen(message) || this.send({ type: 'resync', id: this.id() });
  }

  /** Whether the client has its readings already. */
  private wasSeen(message: RecentMessage): boolean {
    if (this.seenUpTo === undefined) return false;
    if (message.id === this.seenUpTo) this.seenUpTo = undefined;
    return true;
  }

  private gather(ranges: readonly ChangedRange[], before: string): void {
    const nowMs = performance.now();
    if (this.changed.size === 0) {
      this.untoldSince = before;
      this.untoldFromMs = nowMs;
    }
    for (const range of ranges) {
      this.changed.set(range.equipmentId, union(this.changed.get(range.equipmentId), range));
    }
    clearTimeout(this.changedTimer);
    const atMostMs = this.untoldFromMs + this.timing.changedAtMostMs - nowMs;
    const waitMs = Math.max(0, Math.min(this.timing.changedQuietMs, atMostMs));
    this.changedTimer = setTimeout(() => this.changedAreDue(), waitMs);
    this.changedTimer.unref();
    if (this.changed.size >= MOST_GATHERED) this.changedAreDue();
  }

  private changedAreDue(): void {
    clearTimeout(this.changedTimer);
    this.isChangedDue = true;
    this.goOn();
  }

  /** The next of them. All have the position before the first until the last is out. */
  private tellChanged(): boolean {
    const [range] = this.changed.values();
    if (!range) throw new Error('nothing is due');
    this.changed.delete(range.equipmentId);
    if (this.changed.size === 0) {
      this.isChangedDue = false;
      this.untoldSince = undefined;
    }
    return this.send({ type: 'changed', id: this.id(), range });
  }

  /** What the client has once it has all that was sent. */
  private id(): string {
    const { seenUpTo, untoldSince, place } = this;
    if (seenUpTo === undefined) return positionText({ messageId: place.id, untoldSince });
    return positionText({ messageId: seenUpTo, untoldSince: untoldSince ?? place.id });
  }

  private beat(): void {
    if (this.isEnded) return;
    this.heartbeatTimer ??= setTimeout(() => this.end(TOO_SLOW), this.timing.stallMs).unref();
    this.sink.send({ type: 'heartbeat', id: this.id() }, () => {
      clearTimeout(this.heartbeatTimer);
      this.heartbeatTimer = undefined;
    });
  }

  private send(event: FeedEvent): boolean {
    return this.isEnded || this.sink.send(event);
  }

  private async drained(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.stallTimer = setTimeout(() => {
      this.end(TOO_SLOW);
      resolve();
    }, this.timing.stallMs);
    this.stallTimer.unref();
    await Promise.race([this.sink.drained(), promise]);
    clearTimeout(this.stallTimer);
  }
}

/** Whether a message lies behind a place. */
function leadsTo(place: RecentMessage, messageId: string): boolean {
  let { next } = place;
  while (next && next.id !== messageId) ({ next } = next);
  return next !== undefined;
}
