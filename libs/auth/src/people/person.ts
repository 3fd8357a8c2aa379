/** Somebody with a name and a password. */
export interface Person {
  readonly username: string;
  /** What tokens call them. */
  readonly subject: string;
  readonly groups: readonly string[];
  readonly enabled: boolean;
  readonly createdAtEpochMs: number;
}

/** Who may do everything; there is always one who is enabled. */
export const ADMINISTRATORS = 'admins';
