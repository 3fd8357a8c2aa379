import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, call, type AuthApp } from '../support/auth-app.js';
import { sessionOf, startIdentityWorld, type IdentityWorld } from '../support/identity-world.js';

const PASSWORD = 'Correct-horse-battery-9';

let world: IdentityWorld;
let here: AuthApp;
let there: AuthApp;
let admin: { cookie: string };

beforeAll(async () => {
  world = await startIdentityWorld();
  await world.addUser('root', PASSWORD);
  here = await world.startApp();
  there = await world.startApp();
  admin = await logIn('root', PASSWORD);
});

afterAll(async () => {
  await world.close();
});

async function logIn(name: string, password: string): Promise<{ cookie: string }> {
  return sessionOf(await call(`${here.url}/auth/login`, basic(name, password), 'POST'));
}

async function ask(method: string, path: string, body?: object, headers: object = admin) {
  const json = body === undefined ? {} : { 'content-type': 'application/json' };
  const text = body === undefined ? undefined : JSON.stringify(body);
  return call(`${here.url}${path}`, { ...headers, ...json }, method, text);
}

const me = async (session: { cookie: string }, at = here) =>
  (await call(`${at.url}/auth/me`, session)).status;

/** Invites somebody and sets the password that the first login demands. */
async function settle(username: string, group: string): Promise<{ cookie: string }> {
  const { body } = await ask('POST', '/users', { username, group });
  const headers = {
    ...basic(username, String(body['temporaryPassword'])),
    'content-type': 'application/json',
  };
  const newPassword = JSON.stringify({ newPassword: PASSWORD });
  return sessionOf(await call(`${here.url}/auth/password`, headers, 'POST', newPassword));
}

describe('an invitation', () => {
  it('leads to a first login and to the rights of its group', async () => {
    const invited = await ask('POST', '/users', { username: 'grace', group: 'operators' });

    expect([invited.status, invited.headers['location']]).toEqual([201, '/users/grace']);
    expect(invited.body).toEqual({
      username: 'grace',
      groups: ['operators'],
      enabled: true,
      createdAt: expect.stringMatching(/Z$/),
      temporaryPassword: expect.stringMatching(/^\S{20}$/),
    });
    const temporary = basic('grace', String(invited.body['temporaryPassword']));
    const first = await call(`${here.url}/auth/login`, temporary, 'POST');
    expect([first.status, first.body['code']]).toEqual([403, 'password-change-required']);
    const again = await ask('POST', '/users', { username: 'GRACE', group: 'viewers' });
    expect([again.status, again.body['code']]).toEqual([409, 'user-exists']);
  });

  it.each([
    [{ username: '', group: 'viewers' }, '/username'],
    [{ username: 'a/b', group: 'viewers' }, '/username'],
    [{ username: 'x'.repeat(129), group: 'viewers' }, '/username'],
    [{ username: 'new', group: 'owners' }, '/group'],
    [{ username: 'new' }, '/group'],
    [{ username: 'new', group: 'viewers', password: 'mine' }, '/password'],
  ])('%j is refused', async (wish, pointer) => {
    const { status, body } = await ask('POST', '/users', wish);

    expect([status, body['code']]).toEqual([400, 'invalid-request']);
    expect(body['errors']).toMatchObject([{ pointer }]);
  });
});

describe('a person', () => {
  it('who is disabled is refused at once here and within 10 s elsewhere, and may come back', async () => {
    const session = await settle('dora', 'viewers');
    expect([await me(session), await me(session, there)]).toEqual([200, 200]);

    const disabled = await ask('PATCH', '/users/dora', { enabled: false });

    expect(disabled.body).toMatchObject({ username: 'dora', enabled: false });
    expect(await me(session)).toBe(401);
    await expect.poll(() => me(session, there), { timeout: 10_000, interval: 200 }).toBe(401);
    const refused = await call(`${here.url}/auth/login`, basic('dora', PASSWORD), 'POST');
    expect(refused.body['code']).toBe('invalid-credentials');
    await ask('PATCH', '/users/dora', { enabled: true });
    expect(await me(session)).toBe(401);
    expect(await me(await logIn('dora', PASSWORD))).toBe(200);
  });

  it('who is moved logs in again with other rights', async () => {
    const session = await settle('mary', 'admins');
    expect((await ask('GET', '/users', undefined, session)).status).toBe(200);

    const moved = await ask('PATCH', '/users/mary', { group: 'viewers' });

    expect(moved.body['groups']).toEqual(['viewers']);
    expect(await me(session)).toBe(401);
    // A login of the very second of the change ends with the others.
    await delay(1000);
    const later = await logIn('mary', PASSWORD);
    expect((await ask('GET', '/users', undefined, later)).status).toBe(403);
  });

  it('who is reset has no session and a temporary password', async () => {
    const session = await settle('rosa', 'viewers');

    const { status, body } = await ask('POST', '/users/rosa/reset');

    expect(status).toBe(200);
    expect(await me(session)).toBe(401);
    expect((await call(`${here.url}/auth/login`, basic('rosa', PASSWORD), 'POST')).status).toBe(
      401,
    );
    const temporary = basic('rosa', String(body['temporaryPassword']));
    expect((await call(`${here.url}/auth/login`, temporary, 'POST')).body['code']).toBe(
      'password-change-required',
    );
  });

  it('who is signed out may log in again', async () => {
    const session = await settle('lise', 'viewers');

    expect((await ask('POST', '/users/lise/sign-out')).status).toBe(204);

    expect(await me(session)).toBe(401);
  });

  it('who is unknown is not found, whatever is to be done', async () => {
    const answers = [
      await ask('PATCH', '/users/nobody', { enabled: false }),
      await ask('POST', '/users/nobody/reset'),
      await ask('POST', '/users/nobody/sign-out'),
    ];

    for (const { status, body } of answers) {
      expect([status, body['code']]).toEqual([404, 'user-unknown']);
    }
  });

  it('is not changed by nothing', async () => {
    expect((await ask('PATCH', '/users/root', {})).body['code']).toBe('nothing-to-change');
  });
});

describe('the last administrator', () => {
  it('stays', async () => {
    for (const change of [{ enabled: false }, { group: 'viewers' }]) {
      const { status, body } = await ask('PATCH', '/users/root', change);
      expect([status, body['code']]).toEqual([409, 'last-administrator']);
    }
    expect(await me(admin)).toBe(200);
  });
});

describe('the list', () => {
  it('shows everybody, page by page, and nothing secret', async () => {
    const seen: string[] = [];
    let next = '';
    do {
      const { status, body, text } = await ask('GET', `/users?limit=2${next}`);
      expect(status).toBe(200);
      expect(text).not.toMatch(/password|sub"/i);
      seen.push(...Array.from(Object(body['items']), (item) => String(Object(item).username)));
      next = typeof body['nextCursor'] === 'string' ? `&cursor=${body['nextCursor']}` : '';
    } while (next !== '');

    expect(seen.toSorted()).toEqual(['dora', 'grace', 'lise', 'mary', 'root', 'rosa']);
  });

  it('leaves rows in the audit trail, without a password', async () => {
    const { body, text } = await ask('GET', '/audit?actor=root&limit=1000');
    const actions = Array.from(Object(body['items']), (item) => String(Object(item).action));

    expect(actions).toEqual(
      expect.arrayContaining(['user.change', 'user.invite', 'user.reset', 'user.sign-out']),
    );
    expect(text).not.toContain('assword"');
    expect(text).not.toContain(PASSWORD);
  });
});
