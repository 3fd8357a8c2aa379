import { EndedSessionStore, type EndedSession } from '@sensorflow/auth/ended-session-store.js';

/** Ended sessions that several "processes" of a test can share. Can be told to fail. */
export class InMemoryEndedSessionStore extends EndedSessionStore {
  private readonly sessions: EndedSession[] = [];
  failing = false;

  async record(session: EndedSession): Promise<void> {
    this.failIfTold();
    this.sessions.push(session);
  }

  async endedSince(sinceEpochMs: number): Promise<readonly EndedSession[]> {
    this.failIfTold();
    return this.sessions.filter((session) => session.endedAtEpochMs >= sinceEpochMs);
  }

  private failIfTold(): void {
    if (this.failing) throw new Error('the store was told to fail');
  }
}
