import { CognitoPeople } from '@sensorflow/auth/cognito/cognito-people.js';
import type { PeopleDirectory } from '@sensorflow/auth/people/people-directory.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startIdentityWorld, type IdentityWorld } from '../support/identity-world.js';
import { InMemoryPeopleDirectory } from '../support/in-memory-people-directory.js';

const PASSWORD = 'Temporary-Pass-1';

let world: IdentityWorld;

beforeAll(async () => {
  world = await startIdentityWorld();
});

afterAll(async () => {
  await world.close();
});

const MAKERS: Readonly<Record<string, () => Promise<PeopleDirectory>>> = {
  'in memory': async () => new InMemoryPeopleDirectory(),
  'in a user pool': async () => {
    const pool = await world.cognito.pools.ensurePool(`pool-${Math.random()}`);
    for (const group of ['viewers', 'admins']) world.cognito.pools.ensureGroup(pool.id, group);
    return new CognitoPeople(world.sdk, pool.id);
  },
};

describe.each(Object.entries(MAKERS))('a directory of people %s', (_name, make) => {
  it('shows who was invited, once, in any spelling', async () => {
    const directory = await make();
    await directory.invite('Grace', PASSWORD);
    await directory.addToGroup('grace', 'viewers');
    await directory.addToGroup('grace', 'viewers');

    expect(await directory.find('GRACE')).toEqual({
      username: 'Grace',
      subject: expect.stringMatching(/.{8}/),
      groups: ['viewers'],
      enabled: true,
      createdAtEpochMs: expect.any(Number),
    });
    await expect(directory.invite('grace', PASSWORD)).rejects.toMatchObject({
      kind: 'conflict',
      code: 'user-exists',
    });
  });

  it('knows no other people', async () => {
    const directory = await make();
    const unknown = { kind: 'not-found', code: 'user-unknown' };

    await expect(directory.find('nobody')).rejects.toMatchObject(unknown);
    await expect(directory.addToGroup('nobody', 'viewers')).rejects.toMatchObject(unknown);
    await expect(directory.removeFromGroup('nobody', 'viewers')).rejects.toMatchObject(unknown);
    await expect(directory.setEnabled('nobody', false)).rejects.toMatchObject(unknown);
    await expect(directory.signOut('nobody')).rejects.toMatchObject(unknown);
    await expect(directory.setTemporaryPassword('nobody', PASSWORD)).rejects.toMatchObject(unknown);
  });

  it('moves, disables and enables', async () => {
    const directory = await make();
    await directory.invite('ada', PASSWORD);
    await directory.addToGroup('ada', 'admins');
    await directory.addToGroup('ada', 'viewers');
    await directory.removeFromGroup('ada', 'admins');
    await directory.removeFromGroup('ada', 'admins');
    await directory.setEnabled('ada', false);

    expect(await directory.find('ada')).toMatchObject({ groups: ['viewers'], enabled: false });
    await directory.setEnabled('ada', true);
    expect(await directory.find('ada')).toMatchObject({ enabled: true });
  });

  it('lists everybody with their groups, page by page', async () => {
    const directory = await make();
    const names = Array.from(
      { length: 65 },
      (_, index) => `user-${String(index).padStart(2, '0')}`,
    );
    for (const name of names) await directory.invite(name, PASSWORD);
    await directory.addToGroup('user-07', 'admins');

    for (const limit of [7, 1000]) {
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const { people, next } = await directory.page(after, limit);
        expect(people.length).toBeLessThanOrEqual(Math.min(limit, 60));
        seen.push(...people.map(({ username, groups }) => `${username} ${groups.join()}`));
        after = next;
      } while (after !== undefined);
      const expected = names.map((name) => `${name} ${name === 'user-07' ? 'admins' : ''}`);
      expect(seen.toSorted()).toEqual(expected);
    }
    await expect(directory.page('made up', 7)).rejects.toMatchObject({ code: 'cursor-invalid' });
  });

  it('says whether a group has another enabled member, however many are disabled', async () => {
    const directory = await make();
    const other = async () => directory.hasOtherEnabledMember('admins', 'ada');
    for (const name of ['ada', 'grace']) await directory.invite(name, PASSWORD);
    await directory.addToGroup('ada', 'admins');
    expect(await other()).toBe(false);

    await directory.addToGroup('grace', 'admins');
    expect(await other()).toBe(true);
    await directory.setEnabled('grace', false);
    expect(await other()).toBe(false);
    await directory.setEnabled('grace', true);
    await directory.removeFromGroup('grace', 'admins');

    expect(await other()).toBe(false);
  });
});
