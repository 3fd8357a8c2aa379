import {
  MAX_PEOPLE_PER_PAGE,
  PeopleDirectory,
  type PeoplePage,
} from '@sensorflow/auth/people/people-directory.js';
import type { Person } from '@sensorflow/auth/people/person.js';
import { DomainError } from '@sensorflow/kernel';

/** People that several "processes" of a test can share. */
export class InMemoryPeopleDirectory extends PeopleDirectory {
  private readonly people = new Map<string, Person>();
  readonly passwords = new Map<string, string>();
  readonly signedOut: string[] = [];
  /** What happens just before somebody is found out to have no right any more. */
  beforeChange: () => Promise<void> = async () => undefined;

  override async page(after: string | undefined, limit: number): Promise<PeoplePage> {
    if (after !== undefined && !after.startsWith('after ')) {
      throw new DomainError('invalid', 'cursor-invalid', 'The cursor is none of ours.');
    }
    const behind = after?.slice('after '.length) ?? '';
    const rest = [...this.people.values()]
      .filter(({ username }) => username.toLowerCase() > behind)
      .toSorted((a, b) => (a.username.toLowerCase() < b.username.toLowerCase() ? -1 : 1));
    const people = rest.slice(0, Math.min(limit, MAX_PEOPLE_PER_PAGE));
    const last = rest.length > people.length ? people.at(-1) : undefined;
    return { people, next: last && `after ${last.username.toLowerCase()}` };
  }

  override async find(username: string): Promise<Person> {
    const found = this.people.get(username.toLowerCase());
    if (found) return found;
    throw new DomainError('not-found', 'user-unknown', 'There is no user of this name.');
  }

  override async invite(username: string, temporaryPassword: string): Promise<void> {
    const key = username.toLowerCase();
    if (this.people.has(key)) throw new DomainError('conflict', 'user-exists', 'There is one.');
    this.passwords.set(key, temporaryPassword);
    const subject = `subject-of-${key}`;
    const createdAtEpochMs = Date.now();
    this.people.set(key, { username, subject, groups: [], enabled: true, createdAtEpochMs });
  }

  override async addToGroup(username: string, group: string): Promise<void> {
    const { groups } = await this.find(username);
    await this.set(username, { groups: [...new Set([...groups, group])].toSorted() });
  }

  override async removeFromGroup(username: string, group: string): Promise<void> {
    await this.beforeChange();
    const { groups } = await this.find(username);
    await this.set(username, { groups: groups.filter((one) => one !== group) });
  }

  override async setEnabled(username: string, enabled: boolean): Promise<void> {
    if (!enabled) await this.beforeChange();
    await this.set(username, { enabled });
  }

  override async setTemporaryPassword(username: string, password: string): Promise<void> {
    await this.find(username);
    this.passwords.set(username.toLowerCase(), password);
  }

  override async signOut(username: string): Promise<void> {
    this.signedOut.push((await this.find(username)).username);
  }

  override async hasOtherEnabledMember(group: string, username: string): Promise<boolean> {
    return [...this.people.values()].some(
      (person) => person.username !== username && person.enabled && person.groups.includes(group),
    );
  }

  private async set(username: string, change: Partial<Person>): Promise<void> {
    const person = await this.find(username);
    this.people.set(username.toLowerCase(), { ...person, ...change });
  }
}
