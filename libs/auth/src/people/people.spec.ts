import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryEndedSessionStore } from '../../../../test/support/in-memory-ended-session-store.js';
import { InMemoryPeopleDirectory } from '../../../../test/support/in-memory-people-directory.js';
import { EndedSessions } from '../ended-sessions.js';
import { passwordFaults } from '../password-rules.js';
import { People } from './people.js';
import { temporaryPassword } from './temporary-password.js';

/** As strict as a user pool can be. */
const POLICY = {
  minimumLength: 20,
  requireLowercase: true,
  requireUppercase: true,
  requireNumbers: true,
  requireSymbols: true,
};
const GROUPS = ['viewers', 'operators', 'admins'];
const LAST = { kind: 'conflict', code: 'last-administrator' };

async function setUp() {
  const clock = new FixedClock();
  const directory = new InMemoryPeopleDirectory();
  const ended = new EndedSessions(new InMemoryEndedSessionStore(), clock, () => undefined);
  await ended.refresh();
  const process = () => new People(directory, ended, GROUPS);
  const people = process();
  await people.invite('ada', 'admins');
  const hasSession = (username: string) =>
    !ended.isEnded({
      caller: {
        kind: 'user',
        subject: `subject-of-${username}`,
        username,
        scopes: new Set(),
        expiresAtEpochSeconds: clock.nowEpochMs() / 1000 + 3600,
      },
      sessionId: 'one',
      signedInAtEpochSeconds: clock.nowEpochMs() / 1000,
      sessionOutlivedAtEpochSeconds: clock.nowEpochMs() / 1000 + 3600,
    });
  return { clock, directory, people, process, hasSession };
}

describe('inviting somebody', () => {
  it('shows who they are and a temporary password', async () => {
    const { directory, people } = await setUp();

    const { person, temporaryPassword: shown } = await people.invite('grace', 'operators');

    expect(person).toMatchObject({ username: 'grace', groups: ['operators'], enabled: true });
    expect(directory.passwords.get('grace')).toBe(shown);
  });

  it('makes passwords that keep the policy, another one each time', () => {
    const passwords = Array.from({ length: 500 }, temporaryPassword);

    expect(new Set(passwords).size).toBe(500);
    expect(passwords.flatMap((one) => passwordFaults(one, POLICY))).toEqual([]);
    expect(new Set(passwords.map((one) => one.search(/[-_!#]/))).size).toBeGreaterThan(10);
  });
});

describe('the last administrator', () => {
  it.each([
    ['disabled', { enabled: false }],
    ['moved', { group: 'viewers' }],
    ['moved and disabled', { group: 'viewers', enabled: false }],
  ])('cannot be %s', async (_name, change) => {
    const { directory, people, hasSession } = await setUp();
    await people.invite('grace', 'admins');
    await people.change('grace', { enabled: false });

    await expect(people.change('ADA', change)).rejects.toMatchObject(LAST);

    expect(await directory.find('ada')).toMatchObject({ groups: ['admins'], enabled: true });
    expect(hasSession('ada')).toBe(true);
  });

  it('can be, once there is another', async () => {
    const { people } = await setUp();
    await people.invite('grace', 'admins');

    await people.change('ada', { group: 'viewers' });

    await expect(people.change('grace', { group: 'viewers' })).rejects.toMatchObject(LAST);
  });

  it('may change what takes nothing away', async () => {
    const { people } = await setUp();

    const same = await people.change('ada', { group: 'admins', enabled: true });

    expect(same).toMatchObject({ groups: ['admins'], enabled: true });
  });

  it('stays when two take each other’s rights at the same time, in one process', async () => {
    const { directory, people } = await setUp();
    await people.invite('grace', 'admins');

    const changes = await Promise.allSettled([
      people.change('ada', { enabled: false }),
      people.change('grace', { group: 'viewers' }),
    ]);

    expect(changes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await directory.hasOtherEnabledMember('admins', 'nobody')).toBe(true);
  });

  it('stays when two processes do so', async () => {
    const { directory, people, process } = await setUp();
    await people.invite('grace', 'admins');
    const other = process();
    let begun = false;
    directory.beforeChange = async () => {
      if (begun) return;
      begun = true;
      await other.change('grace', { enabled: false }).catch(() => undefined);
    };

    await expect(people.change('ada', { group: 'viewers' })).rejects.toMatchObject(LAST);

    expect(await directory.hasOtherEnabledMember('admins', 'nobody')).toBe(true);
  });
});

describe('who is changed', () => {
  it.each([
    ['disabled', async (people: People) => people.change('grace', { enabled: false })],
    ['moved', async (people: People) => people.change('grace', { group: 'viewers' })],
    ['reset', async (people: People) => people.reset('grace')],
    ['signed out', async (people: People) => people.signOut('grace')],
  ])('has all sessions ended when %s', async (_name, act) => {
    const { directory, people, hasSession } = await setUp();
    await people.invite('grace', 'operators');
    expect(hasSession('grace')).toBe(true);

    await act(people);

    expect([hasSession('grace'), hasSession('ada')]).toEqual([false, true]);
    expect(directory.signedOut).toEqual(['grace']);
  });

  it('may log in again afterwards', async () => {
    const { clock, people, hasSession } = await setUp();
    await people.invite('grace', 'operators');
    await people.signOut('grace');

    clock.advance(1000);

    expect(hasSession('grace')).toBe(true);
  });

  it('is in one group of ours, and stays in those that are not', async () => {
    const { directory, people } = await setUp();
    await people.invite('grace', 'operators');
    await directory.addToGroup('grace', 'viewers');
    await directory.addToGroup('grace', 'night-shift');

    const { groups } = await people.change('grace', { group: 'viewers' });

    expect(groups).toEqual(['night-shift', 'viewers']);
  });
});
