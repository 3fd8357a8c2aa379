import type { Person } from './person.js';

export interface PeoplePage {
  readonly people: readonly Person[];
  /** Where the list goes on; undefined at its end. */
  readonly next: string | undefined;
}

/** A page has at most so many. */
export const MAX_PEOPLE_PER_PAGE = 60;

/**
 * Where people are kept. Throws DomainError `not-found` (`user-unknown`); `overloaded`
 * (`identity-provider-busy`) or `unavailable` (`identity-provider-unavailable`) when it does not answer. All but
 * `invite` are safe to repeat.
 */
export abstract class PeopleDirectory {
  /** Throws `invalid` (`cursor-invalid`) for an `after` that is none of its own. */
  abstract page(after: string | undefined, limit: number): Promise<PeoplePage>;

  abstract find(username: string): Promise<Person>;

  /** Without a group. Throws `conflict` (`user-exists`). */
  abstract invite(username: string, temporaryPassword: string): Promise<void>;

  abstract addToGroup(username: string, group: string): Promise<void>;

  abstract removeFromGroup(username: string, group: string): Promise<void>;

  /** Disabling ends all sessions. */
  abstract setEnabled(username: string, enabled: boolean): Promise<void>;

  /** A password that has to be changed at the next login. */
  abstract setTemporaryPassword(username: string, password: string): Promise<void>;

  abstract signOut(username: string): Promise<void>;

  /** Whether the group has an enabled member of another name. */
  abstract hasOtherEnabledMember(group: string, username: string): Promise<boolean>;
}
