/** What somebody did, or tried to. Nothing in it is a secret. */
export interface AuditEntry {
  readonly atEpochMs: number;
  /** A user's name, a machine's client id, a key's id with its prefix, or the hash of a name nobody is known by. */
  readonly actor: string;
  /** What was done, such as `api-key.revoke`. */
  readonly action: string;
  /** What it was done to; empty when that goes without saying. */
  readonly target: string;
  /** Of the client; of failures that are counted together, its network. */
  readonly address: string;
  /** `succeeded`, `refused`, `unconfirmed` (nobody knows whether it happened), or the code of a failure. */
  readonly outcome: string;
  /** Undefined for failures that are counted together. */
  readonly requestId: string | undefined;
  /** How often, in that minute. */
  readonly count: number;
}

/** What is known before an action begins. */
export type IntendedAction = Pick<AuditEntry, 'actor' | 'action' | 'target' | 'address'> & {
  readonly requestId: string;
};

/** What is counted together, for each minute. */
export type Failure = Pick<AuditEntry, 'actor' | 'action' | 'target' | 'address' | 'outcome'>;

export interface AuditQuery {
  /** Entries from this instant on, … */
  readonly fromEpochMs: number;
  /** … up to this one, exclusive. */
  readonly toEpochMs: number;
  /** Any of these; undefined for all. */
  readonly actors: readonly string[] | undefined;
  readonly action: string | undefined;
  readonly limit: number;
  /** Where the page before ended. */
  readonly before: string | undefined;
}

export interface AuditPage {
  /** The newest first. */
  readonly entries: readonly AuditEntry[];
  /** `before` of the next page; undefined at the end. */
  readonly next: string | undefined;
}
