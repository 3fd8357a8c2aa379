import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { ApiProcess } from '../../support/api-process.js';
import { LocalStack } from '../../support/local-stack.js';
import { cookieOf, enter, StackUsers } from '../../support/stack-users.js';

const PASSWORD = 'Correct:Horse-1';

let stack: LocalStack;
let users: StackUsers;
let api: ApiProcess;

beforeEach(async () => {
  stack = await LocalStack.start();
  users = new StackUsers(stack.announcement, stack.dataDir);
  api = await users.startApi();
});

afterEach(async () => {
  api.child.kill();
  await api.exit();
  users.close();
  await stack.stopAndForget();
});

it('a disabled user is refused within a minute, however busy the token is', async () => {
  await users.add('leaver', PASSWORD);
  const entered = { username: 'leaver', password: PASSWORD, from: '192.0.2.1' };
  const session = { headers: { cookie: cookieOf(await enter(api, entered)) } };
  const me = async () => (await fetch(`${api.baseUrl}/auth/me`, session)).status;
  expect(await me()).toBe(200);

  await users.disable('leaver');
  const disabledAt = performance.now();
  while ((await me()) === 200) {
    if (performance.now() - disabledAt > 70_000) break;
    await delay(100);
  }
  const acceptedForMs = performance.now() - disabledAt;

  process.stdout.write(`the token was accepted for ${Math.round(acceptedForMs)} ms more\n`);
  expect(acceptedForMs).toBeLessThan(60_000);
  expect(await me()).toBe(401);
});
