import { DomainError } from '@sensorflow/kernel';
import type { EndedSessions } from '../ended-sessions.js';
import { KeyLock } from '../key-lock.js';
import { PeopleDirectory, type PeoplePage } from './people-directory.js';
import { ADMINISTRATORS, type Person } from './person.js';
import { temporaryPassword } from './temporary-password.js';

export interface Invitation {
  readonly person: Person;
  /** Shown once, kept nowhere. */
  readonly temporaryPassword: string;
}

export interface PersonChange {
  readonly group?: string | undefined;
  readonly enabled?: boolean | undefined;
}

/** Inviting people, and saying what they may. Throws what PeopleDirectory throws. */
export class People {
  /** Changes that could take the last administrator away, one after the other. */
  private readonly lock = new KeyLock();

  constructor(
    private readonly directory: PeopleDirectory,
    private readonly endedSessions: EndedSessions,
    private readonly groups: readonly string[],
  ) {}

  async page(after: string | undefined, limit: number): Promise<PeoplePage> {
    return this.directory.page(after, limit);
  }

  /** If it fails after the person was made, they are in no group and may do nothing. */
  async invite(username: string, group: string): Promise<Invitation> {
    const password = temporaryPassword();
    await this.directory.invite(username, password);
    await this.directory.addToGroup(username, group);
    return { person: await this.directory.find(username), temporaryPassword: password };
  }

  /**
   * Throws DomainError `conflict` (`last-administrator`) when nobody would be left who may do everything. Who is
   * moved or disabled has their sessions ended, because a token says what its groups were.
   */
  async change(username: string, change: PersonChange): Promise<Person> {
    const person = await this.directory.find(username);
    const { group = person.groups[0], enabled = person.enabled } = change;
    const isLess = isAdministrator(person) && !(group === ADMINISTRATORS && enabled);
    if (!isLess) return this.apply(person, change);
    const changed = this.lock.run(ADMINISTRATORS, async () => {
      await this.assertOtherAdministrator(person);
      const after = await this.apply(person, change);
      // Another process may have taken the other one away meanwhile: then both give way.
      if (await this.hasOther(person)) return after;
      await this.apply(after, { group: ADMINISTRATORS, enabled: true });
      throw lastAdministrator();
    });
    if (!changed) throw busy();
    return changed;
  }

  async reset(username: string): Promise<string> {
    const person = await this.directory.find(username);
    const password = temporaryPassword();
    await this.directory.setTemporaryPassword(person.username, password);
    await this.endSessionsOf(person);
    return password;
  }

  /** Refused within 10 s everywhere. */
  async signOut(username: string): Promise<void> {
    await this.endSessionsOf(await this.directory.find(username));
  }

  /** Rights are taken before others are given, and sessions ended last: what is repeated changes nothing. */
  private async apply(person: Person, { group, enabled }: PersonChange): Promise<Person> {
    const { username } = person;
    if (enabled === false) await this.directory.setEnabled(username, false);
    if (group !== undefined) await this.moveTo(person, group);
    if (enabled === true) await this.directory.setEnabled(username, true);
    const after = await this.directory.find(username);
    if (enabled === false || group !== undefined) await this.endSessionsOf(person);
    return after;
  }

  private async moveTo({ username, groups }: Person, group: string): Promise<void> {
    const others = groups.filter((one) => one !== group && this.groups.includes(one));
    for (const one of others) await this.directory.removeFromGroup(username, one);
    if (!groups.includes(group)) await this.directory.addToGroup(username, group);
  }

  private async endSessionsOf({ username, subject }: Person): Promise<void> {
    await this.directory.signOut(username);
    await this.endedSessions.endAllOf(subject);
  }

  private async assertOtherAdministrator(person: Person): Promise<void> {
    if (!(await this.hasOther(person))) throw lastAdministrator();
  }

  private async hasOther({ username }: Person): Promise<boolean> {
    return this.directory.hasOtherEnabledMember(ADMINISTRATORS, username);
  }
}

function isAdministrator({ groups, enabled }: Person): boolean {
  return enabled && groups.includes(ADMINISTRATORS);
}

function lastAdministrator(): DomainError {
  return new DomainError(
    'conflict',
    'last-administrator',
    'This is the last administrator who is enabled. Make another one first.',
  );
}

function busy(): DomainError {
  return new DomainError('overloaded', 'identity-provider-busy', 'Too many changes at once.', {
    retryAfterSeconds: 2,
  });
}
