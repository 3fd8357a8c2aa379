import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ApiProcess } from '../../support/api-process.js';
import { cookieOf, enter, StackUsers } from '../../support/stack-users.js';

const PASSWORD = 'Correct:Horse-1';
const HOME = '192.0.2.1';

let users: StackUsers;
let here: ApiProcess;
let there: ApiProcess;

beforeAll(async () => {
  users = new StackUsers(inject('stack'), inject('stackDataDir'));
  [here, there] = await Promise.all([users.startApi(), users.startApi()]);
});

afterAll(async () => {
  for (const api of [here, there]) {
    api.child.kill();
    await api.exit();
  }
  users.close();
});

function login(username: string, from: string, password = PASSWORD, api = here) {
  return enter(api, { username, password, from });
}

/** Wrong passwords by turns at both processes, 25 at a time; answers how many reached the user pool. */
async function guess(username: string, count: number, networkOf: (index: number) => string) {
  let reached = 0;
  for (let first = 0; first < count; first += 25) {
    const statuses = await Promise.all(
      Array.from({ length: Math.min(25, count - first) }, async (_, index) => {
        const api = index % 2 === 0 ? here : there;
        return (await login(username, networkOf(first + index), 'Wrong-Password-1', api)).status;
      }),
    );
    reached += statuses.filter((status) => status === 401).length;
  }
  return reached;
}

/** How long the owner tries until the login succeeds. */
async function untilLoggedIn(username: string, from: string): Promise<number> {
  const startedAt = performance.now();
  while ((await login(username, from)).status !== 200) {
    if (performance.now() - startedAt > 30_000) throw new Error('the owner is locked out');
    await delay(200);
  }
  return performance.now() - startedAt;
}

describe('an owner whose password others guess', () => {
  it.each<[number, string, (index: number) => string]>([
    [10, 'one network', () => '198.51.100.7'],
    [100, 'one network', () => '198.51.100.7'],
    [1000, 'a thousand networks', (index) => `10.${index >> 8}.${index & 255}.7`],
  ])('logs in at home after %i wrong passwords from %s', async (count, _from, networkOf) => {
    const username = `owner-${count}`;
    await users.add(username, PASSWORD);
    expect((await login(username, HOME)).status).toBe(200);

    const reached = await guess(username, count, networkOf);
    const waitedMs = await untilLoggedIn(username, HOME);

    process.stdout.write(
      `${count} wrong passwords, ${reached} of them checked; the owner logged in after ${Math.round(waitedMs)} ms\n`,
    );
    // Three in all from one network; from many five at once, and then each after a longer wait.
    expect(reached).toBeLessThanOrEqual(count < 1000 ? 3 : 8);
    // As long as the pool itself refuses the right password.
    expect(waitedMs).toBeLessThan(10_000);
  });

  it('logs in for the first time, at a network that is new as well', async () => {
    await users.add('newcomer', PASSWORD);
    const reached = await guess('newcomer', 200, (index) => `10.200.${index % 8}.7`);

    const waitedMs = await untilLoggedIn('newcomer', HOME);

    process.stdout.write(
      `200 wrong passwords from 8 networks, ${reached} of them checked; the first login took ${Math.round(waitedMs)} ms\n`,
    );
    expect(waitedMs).toBeLessThan(20_000);
  });
});

describe('people behind one address', () => {
  it('all log in within a minute, a third of them at the second try', async () => {
    const people = Array.from({ length: 12 }, (_, index) => `nat-${index}`);
    for (const username of people) await users.add(username, PASSWORD);
    const from = '203.0.113.9';

    // Failing logins of unknown names behind it.
    for (let other = 0; other < 75; other += 1) {
      await login(`nobody ${other}`, from, 'Wrong-Password-1', other % 2 === 0 ? here : there);
    }
    const statuses = await Promise.all(
      people.map(async (username, index) => {
        if (index % 3 === 0) await login(username, from, 'Wrong-Password-1', there);
        return (await login(username, from)).status;
      }),
    );

    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  it('who have logged in there do so again while one of them guesses as fast as he can', async () => {
    await users.add('colleague', PASSWORD);
    const from = '203.0.113.10';
    expect((await login('colleague', from)).status).toBe(200);
    const statuses: number[] = [];
    for (let guessed = 0; guessed < 130; guessed += 1) {
      const api = guessed % 2 === 0 ? here : there;
      statuses.push((await login(`no body ${guessed}`, from, 'Wrong-Password-1', api)).status);
    }

    // The bucket refills while the guesses go on.
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(110);
    expect(statuses.at(-1)).toBe(429);
    expect((await login('colleague', from)).status).toBe(200);
    expect((await login('colleague', from, PASSWORD, there)).status).toBe(200);
  });
});

describe('a login whose client resets the connection', () => {
  it('is neither attempted nor an error of ours', async () => {
    const port = Number(new URL(inject('stack').baseUrl).port);
    const log = join(inject('stackDataDir'), 'logs', 'api.log');
    const lines = () => readFileSync(log, 'utf8').split('\n');
    const known = lines().length;
    const headers = ['host: x', `authorization: Basic ${btoa('nobody:x')}`, 'content-length: 4'];
    const half = ['POST /auth/login HTTP/1.1', ...headers, '', 'ab'].join('\r\n');
    const reset = async (text: string, afterMs: number) => {
      const socket = connect(port, '127.0.0.1');
      socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), afterMs));
      await once(socket, 'close');
    };

    for (let round = 0; round < 20; round += 1) {
      // Every other one behind a request whose answer is still under way.
      const before = round % 2 === 0 ? '' : 'GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n';
      await reset(before + half, 20);
    }
    for (let round = 0; round < 60; round += 1) await reset(`${half}cd`, round % 3);

    const told = () => lines().slice(known - 1);
    await expect
      .poll(() => told().filter((line) => line.includes('"client gone"')).length, {
        timeout: 10_000,
      })
      .toBeGreaterThanOrEqual(20);
    expect(told().filter((line) => line.includes('request failed'))).toEqual([]);
  });
});

describe('a user with a temporary password', () => {
  it('sets it through the API, and its other sessions end', async () => {
    const newPassword = 'Battery-Staple-2';
    await users.invite('novice', PASSWORD);
    const refused = await login('novice', HOME);
    const entered = { username: 'novice', password: PASSWORD, from: HOME, newPassword };

    const set = await enter(here, entered);
    const session = { headers: { cookie: cookieOf(set) } };
    const changed = await enter(there, { ...entered, password: newPassword });

    expect([refused.status, set.status, changed.status]).toEqual([403, 200, 200]);
    expect(await refused.json()).toMatchObject({ code: 'password-change-required' });
    const me = async (api: ApiProcess) => (await fetch(`${api.baseUrl}/auth/me`, session)).status;
    expect(await me(there)).toBe(401);
    await expect.poll(() => me(here), { timeout: 10_000, interval: 200 }).toBe(401);
  });
});

describe('a disabled user', () => {
  it('is refused by a process that sees the token for the first time', async () => {
    await users.add('leaver', PASSWORD);
    const session = { headers: { cookie: cookieOf(await login('leaver', HOME)) } };
    const me = async (api: ApiProcess) => (await fetch(`${api.baseUrl}/auth/me`, session)).status;
    expect(await me(here)).toBe(200);

    await users.disable('leaver');

    expect(await me(there)).toBe(401);
    expect((await login('leaver', HOME)).status).toBe(401);
  });
});
