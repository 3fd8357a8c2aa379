import { Clock, DomainError } from '@sensorflow/kernel';
import type { VerifiedToken } from './access-token-verifier.js';
import { EndedSessionStore, type EndedSession } from './ended-session-store.js';
import { EndedUserSessions, othersThan } from './ended-user-sessions.js';

const REFRESH_EVERY_MS = 3000;
const REFRESH_TIMEOUT_MS = 2000;
/** A view older than this could miss a logout for longer than promised, so it answers nothing. */
const MAX_AGE_MS = 10_000;
/** Clocks of processes differ, and a record lands some time after the instant it carries. */
const OVERLAP_MS = 120_000;
const CLOCK_SKEW_SECONDS = 60;

/**
 * This process's view of the sessions that were ended. One ended here counts at once, one ended
 * elsewhere after the next refresh; without refreshes nobody gets in, rather than the wrong one.
 */
export class EndedSessions {
  private readonly keepUntil = new Map<string, number>();
  private readonly ofUsers = new EndedUserSessions();
  private seenUntilEpochMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(
    private readonly store: EndedSessionStore,
    private readonly clock: Clock,
    private readonly onRefreshFailed: (error: unknown) => void,
  ) {}

  /** Throws DomainError `unavailable` (`session-check-unavailable`) when it cannot know. */
  isEnded(token: VerifiedToken): boolean {
    if (!this.isFresh()) {
      throw new DomainError(
        'unavailable',
        'session-check-unavailable',
        'The session cannot be checked right now. Try again.',
        { retryAfterSeconds: Math.ceil(REFRESH_EVERY_MS / 1000) },
      );
    }
    return this.keepUntil.has(token.sessionId) || this.ofUsers.include(token);
  }

  isFresh(): boolean {
    const seenUntil = this.seenUntilEpochMs;
    return seenUntil !== undefined && this.clock.nowEpochMs() - seenUntil <= MAX_AGE_MS;
  }

  /**
   * Ends a session here and, within 10 s, everywhere. Durable once it returns.
   *
   * Throws DomainError `unavailable` (`logout-not-recorded`); then the session goes on, so that the
   * same request can be sent again.
   */
  async end(token: VerifiedToken): Promise<void> {
    await this.record(token.sessionId, token);
  }

  /** Ends all sessions of the token's user but its own, those of this very second included. Throws the same. */
  async endOthers(token: VerifiedToken): Promise<void> {
    await this.record(othersThan(token, this.clock.nowEpochMs() / 1000), token);
  }

  private async record(sessionId: string, token: VerifiedToken): Promise<void> {
    const session: EndedSession = {
      sessionId,
      endedAtEpochMs: this.clock.nowEpochMs(),
      keepUntilEpochSeconds: token.sessionOutlivedAtEpochSeconds + CLOCK_SKEW_SECONDS,
    };
    try {
      await this.store.record(session);
    } catch (cause) {
      throw new DomainError(
        'unavailable',
        'logout-not-recorded',
        'The logout could not be recorded; send it again.',
        { cause, retryAfterSeconds: 1 },
      );
    }
    this.add(session);
  }

  /** Looks up what was ended since the last time. Throws what the store throws. */
  async refresh(): Promise<void> {
    const startedAt = this.clock.nowEpochMs();
    const since = this.seenUntilEpochMs === undefined ? 0 : this.seenUntilEpochMs - OVERLAP_MS;
    const ended = await this.store.endedSince(since, AbortSignal.timeout(REFRESH_TIMEOUT_MS));
    for (const session of ended) this.add(session);
    // What a view shows is true as of the moment at which the question was asked.
    this.seenUntilEpochMs = startedAt;
    this.forgetOutlived();
  }

  /** Refreshes once, then every 3 s until `stop`. A failing store is asked again. */
  async start(): Promise<void> {
    await this.refresh().catch(this.onRefreshFailed);
    if (this.stopped) return;
    this.timer = setTimeout(() => void this.start(), REFRESH_EVERY_MS);
    this.timer.unref();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private add(session: EndedSession): void {
    const known = this.keepUntil.get(session.sessionId) ?? 0;
    this.keepUntil.set(session.sessionId, Math.max(known, session.keepUntilEpochSeconds));
    this.ofUsers.add(session.sessionId);
  }

  private forgetOutlived(): void {
    const nowEpochSeconds = this.clock.nowEpochMs() / 1000;
    for (const [sessionId, keepUntil] of this.keepUntil) {
      if (keepUntil >= nowEpochSeconds) continue;
      this.keepUntil.delete(sessionId);
      this.ofUsers.delete(sessionId);
    }
  }
}
