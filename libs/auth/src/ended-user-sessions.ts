import type { VerifiedToken } from './access-token-verifier.js';

const OTHERS = /^others#([^#]+)#(\d+)#(.+)$/;

interface Entry {
  readonly key: string;
  readonly untilEpochSeconds: number;
  readonly exceptSessionId: string;
}

/** What stands in place of a session's id when all others of its user were ended. */
export function othersThan(token: VerifiedToken, nowEpochSeconds: number): string {
  const until = Math.floor(Math.max(nowEpochSeconds, token.signedInAtEpochSeconds));
  return `others#${encodeURIComponent(token.caller.subject)}#${until}#${token.sessionId}`;
}

/** The same for all sessions of a user, those of this very second included. */
export function allOf(subject: string, nowEpochSeconds: number): string {
  return `others#${encodeURIComponent(subject)}#${Math.floor(nowEpochSeconds)}#${NONE}`;
}

/** No session has this id. */
const NONE = '-';

/** The users whose sessions were ended all at once. Sign-ins carry their instant in whole seconds. */
export class EndedUserSessions {
  private readonly bySubject = new Map<string, Entry>();

  include({ caller, sessionId, signedInAtEpochSeconds }: VerifiedToken): boolean {
    if (this.bySubject.size === 0) return false;
    const entry = this.bySubject.get(encodeURIComponent(caller.subject));
    if (entry === undefined || sessionId === entry.exceptSessionId) return false;
    return signedInAtEpochSeconds <= entry.untilEpochSeconds;
  }

  /** Does nothing for the id of a single session. The last word on a user stands. */
  add(key: string): void {
    const [, subject, until, exceptSessionId] = OTHERS.exec(key) ?? [];
    if (subject === undefined || exceptSessionId === undefined) return;
    const untilEpochSeconds = Number(until);
    const known = this.bySubject.get(subject)?.untilEpochSeconds ?? 0;
    if (known > untilEpochSeconds) return;
    this.bySubject.set(subject, { key, untilEpochSeconds, exceptSessionId });
  }

  delete(key: string): void {
    const subject = OTHERS.exec(key)?.[1];
    if (subject !== undefined && this.bySubject.get(subject)?.key === key) {
      this.bySubject.delete(subject);
    }
  }
}
