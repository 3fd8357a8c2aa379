export interface EndedSession {
  readonly sessionId: string;
  readonly endedAtEpochMs: number;
  /** From then on no token of the session can be valid, and the entry may be forgotten. */
  readonly keepUntilEpochSeconds: number;
}

/** Where processes tell each other of ended sessions. Throws whatever its technology throws. */
export abstract class EndedSessionStore {
  /** Durable once it returns. Repeating it changes nothing. */
  abstract record(session: EndedSession): Promise<void>;

  /** Every session recorded with `endedAtEpochMs` ≥ `sinceEpochMs`, strongly consistent. */
  abstract endedSince(sinceEpochMs: number, signal: AbortSignal): Promise<readonly EndedSession[]>;
}
