import { once } from 'node:events';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { ApiProcess } from '../../support/api-process.js';
import { cookieOf, enter, StackUsers } from '../../support/stack-users.js';

const PASSWORD = 'Correct:Horse-1';
const HOME = '192.0.2.1';
const LOGIN_MS = 4000;
const LOGINS = 400;
const SESSIONS = 20;
const WRONG_PASSWORD = JSON.stringify({ __type: 'NotAuthorizedException', message: 'Wrong.' });

let users: StackUsers;
let slowPool: Server;
let quick: ApiProcess;
let slow: ApiProcess;
let logins = 0;

beforeAll(async () => {
  const stack = inject('stack');
  users = new StackUsers(stack, inject('stackDataDir'));
  slowPool = slowToLogIn(stack.endpoints.cognitoIdp);
  await once(slowPool.listen(0, '127.0.0.1'), 'listening');
  const { port } = slowPool.address() as AddressInfo;
  [quick, slow] = await Promise.all([
    users.startApi(),
    users.startApi({ AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: `http://127.0.0.1:${port}` }),
  ]);
});

afterAll(async () => {
  for (const api of [quick, slow]) {
    api.child.kill();
    await api.exit();
  }
  slowPool.close();
  users.close();
});

/** The user pool as it is when busy: it refuses each login after some time, and does all else at once. */
function slowToLogIn(url: string): Server {
  return createServer((request, response) => {
    if (String(request.headers['x-amz-target']).endsWith('InitiateAuth')) {
      request.resume();
      logins += 1;
      void delay(LOGIN_MS).then(() => response.writeHead(400).end(WRONG_PASSWORD));
      return;
    }
    const { method, headers } = request;
    const outgoing = httpRequest(url, { method, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(response);
    });
    request.pipe(outgoing);
  });
}

async function timed(request: () => Promise<Response>) {
  const startedAt = performance.now();
  const response = await request();
  return { response, status: response.status, ms: performance.now() - startedAt };
}

describe('many logins at once, while the user pool is slow', () => {
  it('keep no session from being checked, and wait for a few seconds at most', async () => {
    await users.add('busy', PASSWORD);
    const ada = { username: 'busy', password: PASSWORD, from: HOME };
    const cookies: string[] = [];
    for (let session = 0; session < SESSIONS; session += 1) {
      cookies.push(cookieOf(await enter(quick, ada)));
    }

    const flood = Array.from({ length: LOGINS }, (_, index) => {
      const from = `10.${index >> 8}.${index & 255}.9`;
      const request = { username: `nobody-${index}`, password: 'Wrong-Password-1', from };
      return timed(() => enter(slow, request));
    });
    await expect.poll(() => logins, { timeout: 5000, interval: 20 }).toBeGreaterThanOrEqual(32);
    const checks = await Promise.all(
      cookies.map((cookie) =>
        timed(() => fetch(`${slow.baseUrl}/auth/me`, { headers: { cookie } })),
      ),
    );
    const answers = await Promise.all(flood);

    const refused = answers.filter(({ status }) => status === 503);
    const longest = (all: readonly { ms: number }[]) =>
      Math.round(Math.max(...all.map(({ ms }) => ms)));
    process.stdout.write(
      `${LOGINS} logins at once: ${refused.length} refused, the longest took ${longest(answers)} ms; ` +
        `${SESSIONS} sessions checked meanwhile, the longest in ${longest(checks)} ms\n`,
    );
    expect(checks.map(({ status }) => status)).toEqual(Array(SESSIONS).fill(200));
    expect(longest(checks)).toBeLessThan(1000);
    expect(longest(answers)).toBeLessThan(10_000);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401, 503]));
    for (const { response } of refused) {
      expect(Number(response.headers.get('retry-after'))).toBeGreaterThan(0);
    }
  });
});
