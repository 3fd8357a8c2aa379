import { AdminUserGlobalSignOutCommand } from '@aws-sdk/client-cognito-identity-provider';
import { EndedSessions } from '@sensorflow/auth/ended-sessions.js';
import { createServer, request as httpRequest, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, call, type AuthApp } from '../support/auth-app.js';
import { FixedClock } from '../support/fixed-clock.js';
import {
  clientOf,
  sessionOf,
  startIdentityWorld,
  type IdentityWorld,
} from '../support/identity-world.js';

const PASSWORD = 'Correct:Horse-1';

let world: IdentityWorld;
let users = 0;

beforeAll(async () => {
  world = await startIdentityWorld();
});

afterAll(async () => {
  await world.close();
});

/** A process whose clock the test moves, and a user who is logged in to it. */
async function aSession(cognitoUrl = world.cognito.url) {
  const clock = new FixedClock(Date.now());
  const app = await world.startApp({ clock, cognito: clientOf(cognitoUrl) });
  users += 1;
  const username = `user-${users}`;
  await world.addUser(username, PASSWORD);
  const answer = await call(`${app.url}/auth/login`, basic(username, PASSWORD), 'POST');
  const session = sessionOf(answer);
  const pass = async (durationMs: number) => {
    clock.advance(durationMs);
    await app.app.get(EndedSessions, { strict: false }).refresh();
  };
  return { app, username, session, pass, statusNow: () => me(app, session) };
}

async function me(app: AuthApp, session: { cookie: string }): Promise<number | string> {
  const { status, body } = await call(`${app.url}/auth/me`, session);
  return status === 503 ? String(body['code']) : status;
}

describe('a disabled user', () => {
  it('is refused within a minute, with the token that still lives', async () => {
    const { username, pass, statusNow } = await aSession();
    expect(await statusNow()).toBe(200);
    world.cognito.pools.setUserEnabled(world.pool.id, username, false);

    await pass(31_000);
    await statusNow();

    await expect.poll(statusNow).toBe(401);
  });

  it('is refused after a minute without a request, and by a process that never saw the token', async () => {
    const { username, session, pass, statusNow } = await aSession();
    expect(await statusNow()).toBe(200);
    world.cognito.pools.setUserEnabled(world.pool.id, username, false);

    await pass(60_000);

    expect(await statusNow()).toBe(401);
    expect(await me(await world.startApp(), session)).toBe(401);
  });

  it('does not come back with an old token when enabled again', async () => {
    const { username, session } = await aSession();
    world.cognito.pools.setUserEnabled(world.pool.id, username, false);
    world.cognito.pools.setUserEnabled(world.pool.id, username, true);

    expect(await me(await world.startApp(), session)).toBe(401);
  });
});

describe('a user who was signed out in Cognito', () => {
  it('is refused within a minute, and may log in again', async () => {
    const { app, username, pass, statusNow } = await aSession();
    expect(await statusNow()).toBe(200);
    const user = { UserPoolId: world.pool.id, Username: username };
    await world.sdk.send(new AdminUserGlobalSignOutCommand(user));

    await pass(31_000);
    await statusNow();

    await expect.poll(statusNow).toBe(401);
    const again = await call(`${app.url}/auth/login`, basic(username, PASSWORD), 'POST');
    expect(await me(app, sessionOf(again))).toBe(200);
  });
});

describe('while the identity provider is down', () => {
  /** The user pool behind a server that can be told to fail, and that counts. */
  async function aFailingPool() {
    const state = { failing: false, checks: 0 };
    const server: Server = createServer((request, response) => {
      const isCheck = String(request.headers['x-amz-target']).endsWith('GetUser');
      if (isCheck) state.checks += 1;
      if (state.failing) {
        request.resume();
        response.writeHead(500).end('{}');
        return;
      }
      const { method, headers } = request;
      const outgoing = httpRequest(world.cognito.url, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      });
      request.pipe(outgoing);
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const { port } = server.address() as AddressInfo;
    return { state, url: `http://127.0.0.1:${port}`, close: () => server.close() };
  }

  it('sessions go on for a minute, then nothing is answered, then they go on', async () => {
    const pool = await aFailingPool();
    const { pass, statusNow } = await aSession(pool.url);
    expect(await statusNow()).toBe(200);
    pool.state.failing = true;

    await pass(59_000);
    const withinTheMinute = await statusNow();
    await pass(2000);
    const later = await statusNow();
    pool.state.failing = false;
    await pass(2000);
    const restored = await statusNow();
    pool.close();

    expect([withinTheMinute, later, restored]).toEqual([200, 'session-check-unavailable', 200]);
  });

  it('a hundred requests at once ask it once', async () => {
    const pool = await aFailingPool();
    const { app, session } = await aSession(pool.url);

    const statuses = await Promise.all(Array.from({ length: 100 }, () => me(app, session)));
    pool.close();

    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(pool.state.checks).toBe(1);
  });
});
