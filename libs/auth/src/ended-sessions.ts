import { Clock, DomainError } from '@sensorflow/kernel';
import type { VerifiedToken } from './access-token-verifier.js';
import { EndedSessionStore, type EndedSession } from './ended-session-store.js';
import { allOf, EndedUserSessions, othersThan } from './ended-user-sessions.js';
import { PeriodicView, REFRESH_EVERY_SECONDS } from './periodic-view.js';

const CLOCK_SKEW_SECONDS = 60;
/** Cognito's longest access token lives a day. */
const MAX_TOKEN_LIFETIME_SECONDS = 86_400;

/**
 * This process's view of the sessions that were ended. One ended here counts at once, one ended
 * elsewhere after the next refresh; without refreshes nobody gets in, rather than the wrong one.
 */
export class EndedSessions {
  private readonly keepUntil = new Map<string, number>();
  private readonly ofUsers = new EndedUserSessions();
  private readonly view: PeriodicView;

  constructor(
    private readonly store: EndedSessionStore,
    private readonly clock: Clock,
    onRefreshFailed: (error: unknown) => void,
  ) {
    this.view = new PeriodicView(
      (since = 0, signal) => this.lookUp(since, signal),
      clock,
      onRefreshFailed,
    );
  }

  /** Throws DomainError `unavailable` (`session-check-unavailable`) when it cannot know. */
  isEnded(token: VerifiedToken): boolean {
    if (!this.isFresh()) {
      throw new DomainError(
        'unavailable',
        'session-check-unavailable',
        'The session cannot be checked right now. Try again.',
        { retryAfterSeconds: REFRESH_EVERY_SECONDS },
      );
    }
    return this.keepUntil.has(token.sessionId) || this.ofUsers.include(token);
  }

  isFresh(): boolean {
    return this.view.isFresh();
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

  /** Ends all sessions of that user, whatever tokens they have. Throws the same. */
  async endAllOf(subject: string): Promise<void> {
    const now = this.clock.nowEpochMs() / 1000;
    const sessionOutlivedAtEpochSeconds = now + MAX_TOKEN_LIFETIME_SECONDS;
    await this.record(allOf(subject, now), { sessionOutlivedAtEpochSeconds });
  }

  private async record(
    sessionId: string,
    token: Pick<VerifiedToken, 'sessionOutlivedAtEpochSeconds'>,
  ): Promise<void> {
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
  refresh(): Promise<void> {
    return this.view.refresh();
  }

  /** Refreshes once, then every 3 s until `stop`. A failing store is asked again. */
  start(): Promise<void> {
    return this.view.start();
  }

  stop(): void {
    this.view.stop();
  }

  private async lookUp(sinceEpochMs: number, signal: AbortSignal): Promise<void> {
    for (const session of await this.store.endedSince(sinceEpochMs, signal)) this.add(session);
    this.forgetOutlived();
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
