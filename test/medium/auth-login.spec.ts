import { CognitoIdentityProviderClient } from '@aws-sdk/client-cognito-identity-provider';
import { EndedSessions } from '@sensorflow/auth/ended-sessions.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { AppClient } from '../../apps/local/src/cognito/app-client.js';
import {
  startCognitoServer,
  type RunningCognitoServer,
} from '../../apps/local/src/cognito/cognito-server.js';
import type { UserPool } from '../../apps/local/src/cognito/user-pools.js';
import {
  basic,
  bearer,
  call,
  startAuthApp,
  type Answer,
  type AuthApp,
} from '../support/auth-app.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';

const PASSWORD = 'Correct:Horse-1';
const UNICODE_PASSWORD = 'Pässwörd-1-🔑';
/** Words that only Cognito uses. */
const COGNITO_WORDS =
  /exception|incorrect username|user is disabled|user does not|pool|secret|cognito/i;

let folder: string;
let cognito: RunningCognitoServer;
let pool: UserPool;
let client: AppClient;
let table: SessionsTable;
const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
let here: AuthApp;
let there: AuthApp;
let addresses = 0;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sensorflow-login-'));
  cognito = await startCognitoServer({
    dataDir: folder,
    port: 0,
    region: 'local',
    credentials: CREDENTIALS,
  });
  table = await startSessionsTable();
  pool = await cognito.pools.ensurePool('sensorflow');
  for (const group of ['viewers', 'operators', 'admins']) cognito.pools.ensureGroup(pool.id, group);
  client = cognito.pools.ensureClient(pool.id, {
    name: 'web',
    generateSecret: true,
    authFlows: ['ALLOW_USER_PASSWORD_AUTH', 'ALLOW_REFRESH_TOKEN_AUTH'],
    oauthFlows: [],
    allowedScopes: [],
  });
  await addUsers();
});

beforeEach(async () => {
  [here, there] = await Promise.all([startApp(), startApp()]);
});

afterEach(async () => {
  await Promise.all([here.close(), there.close()]);
});

afterAll(async () => {
  await cognito.close();
  await table.close();
  rmSync(folder, { recursive: true, force: true });
});

async function addUsers(): Promise<void> {
  const user = { password: PASSWORD, permanent: true };
  await cognito.pools.ensureUser(pool.id, { ...user, username: 'ada', groups: ['admins'] });
  await cognito.pools.ensureUser(pool.id, { ...user, username: 'gone', groups: [] });
  cognito.pools.setUserEnabled(pool.id, 'gone', false);
  await cognito.pools.ensureUser(pool.id, {
    username: 'jürgen',
    password: UNICODE_PASSWORD,
    permanent: true,
    groups: ['viewers'],
  });
  await cognito.pools.ensureUser(pool.id, {
    username: 'novice',
    password: PASSWORD,
    permanent: false,
    groups: [],
  });
}

function identityClient(endpoint: string): CognitoIdentityProviderClient {
  return new CognitoIdentityProviderClient({
    endpoint,
    region: 'local',
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
}

function startApp(
  identity = identityClient(cognito.url),
  secret = client.secret,
): Promise<AuthApp> {
  return startAuthApp({
    dynamoDb: table.client,
    sessionsTableName: table.name,
    cognito: identity,
    clientId: client.id,
    clientSecret: secret ?? '',
    issuers: [pool.issuer],
    jwksUri: pool.jwksUri,
    machineClientIds: [],
    frontendOrigin: 'https://app.example.com',
    behindProxy: true,
  });
}

/** A fresh network each time, unless a test is about addresses. */
function nextAddress(): string {
  addresses += 1;
  return `10.${addresses >> 8}.${addresses & 255}.1`;
}

function login(
  username: string,
  password: string,
  { app = here, address = nextAddress(), headers = {} } = {},
): Promise<Answer> {
  return call(
    `${app.url}/auth/login`,
    { ...basic(username, password), 'x-forwarded-for': address, ...headers },
    'POST',
  );
}

function setCookieOf(answer: Answer): string {
  const line = answer.headers['set-cookie'];
  return Array.isArray(line) ? (line[0] ?? '') : '';
}

/** What a browser would send back. */
function sessionOf(answer: Answer): { cookie: string } {
  return { cookie: setCookieOf(answer).split(';')[0] ?? '' };
}

describe('a login', () => {
  it('answers with a cookie that only this site’s pages can use, for an hour', async () => {
    const answer = await login('ada', PASSWORD);

    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ message: 'Logged in.' });
    expect(setCookieOf(answer)).toMatch(
      /^__Host-sensorflow=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; Max-Age=3600; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it('opens a session that says who is calling', async () => {
    const session = sessionOf(await login('ada', PASSWORD));

    const me = await call(`${there.url}/auth/me`, session);

    expect(me.body).toMatchObject({
      username: 'ada',
      kind: 'user',
      scopes: ['sensorflow/admin', 'sensorflow/import', 'sensorflow/read', 'sensorflow/write'],
    });
  });

  it('takes names and passwords in UTF-8, and colons in passwords', async () => {
    expect((await login('jürgen', UNICODE_PASSWORD)).status).toBe(200);
    expect((await login('ada', PASSWORD)).status).toBe(200);
  });

  it('answers alike for an unknown user, a wrong password and a disabled account', async () => {
    const answers = [
      await login('nobody', PASSWORD),
      await login('ada', 'Wrong-Password-1'),
      await login('gone', PASSWORD),
      await login('two words', PASSWORD),
      await login('ada', ''),
      await login('a'.repeat(200), PASSWORD),
    ];

    const told = answers.map(({ status, headers, body }) => {
      const { requestId, ...rest } = body;
      expect(requestId).toBeTypeOf('string');
      return { status, challenge: headers['www-authenticate'], rest };
    });
    expect(new Set(told.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(told[0]).toMatchObject({
      status: 401,
      challenge: 'Basic realm="SensorFlow", charset="UTF-8"',
      rest: { code: 'invalid-credentials' },
    });
    for (const answer of answers) expect(answer.text).not.toMatch(COGNITO_WORDS);
  });

  it('says when the password must be changed first', async () => {
    const answer = await login('novice', PASSWORD);

    expect([answer.status, answer.body['code']]).toEqual([403, 'password-change-required']);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect((await login('novice', 'Wrong-Password-1')).status).toBe(401);
  });

  it.each([
    ['no header', {}, 'unauthenticated'],
    ['another scheme', { authorization: 'Digest x' }, 'credentials-malformed'],
    ['junk in base64', { authorization: 'Basic YTpi!!' }, 'credentials-malformed'],
    ['no colon', { authorization: `Basic ${btoa('ada')}` }, 'credentials-malformed'],
    ['no name', { authorization: `Basic ${btoa(':secret')}` }, 'credentials-malformed'],
    ['3 KB', { authorization: `Basic ${btoa(`a:${'x'.repeat(2300)}`)}` }, 'credentials-malformed'],
  ])('is refused with 401 for %s', async (_name, headers, code) => {
    const answer = await call(`${here.url}/auth/login`, headers, 'POST');

    expect([answer.status, answer.body['code']]).toEqual([401, code]);
    expect(answer.headers['www-authenticate']).toContain('Basic');
  });

  it.each([
    ['a foreign site', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }],
    ['a sister site', { 'sec-fetch-site': 'same-site' }],
    ['an opaque origin', { origin: 'null' }],
  ])('is refused when %s sends it', async (_name, headers) => {
    const answer = await login('ada', PASSWORD, { headers });

    expect([answer.status, answer.body['code']]).toEqual([403, 'cross-site-request']);
  });

  it('is open to the configured front end and to our own pages', async () => {
    const fromOwn = { headers: { origin: here.url } };
    const fromFrontend = {
      headers: { 'sec-fetch-site': 'same-site', origin: 'https://app.example.com' },
    };

    expect((await login('ada', PASSWORD, fromOwn)).status).toBe(200);
    expect((await login('ada', PASSWORD, fromFrontend)).status).toBe(200);
  });

  it('of a user in too many groups says that the cookie would not hold the token', async () => {
    const groups = Array.from(
      { length: 60 },
      (_, index) => `department-${index}-${'x'.repeat(40)}`,
    );
    for (const group of groups) cognito.pools.ensureGroup(pool.id, group);
    const user = { username: 'everywhere', password: PASSWORD, permanent: true, groups };
    await cognito.pools.ensureUser(pool.id, user);

    const answer = await login('everywhere', PASSWORD);

    expect([answer.status, answer.body['code']]).toEqual([403, 'token-too-large']);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});

describe('attempts', () => {
  const attempt = async (username: string, app: AuthApp, address = nextAddress()) =>
    (await login(username, 'Wrong-Password-1', { app, address })).status;

  it('of an account from one network wait after three failures, over all processes', async () => {
    const address = nextAddress();
    const statuses: number[] = [];
    for (let index = 0; index < 3; index += 1) {
      statuses.push(await attempt('victim', index % 2 === 0 ? here : there, address));
    }
    const throttled = await login('VICTIM', 'Wrong-Password-1', { app: there, address });

    expect(new Set(statuses)).toEqual(new Set([401]));
    expect([throttled.status, throttled.body['code']]).toEqual([429, 'login-throttled']);
    const waitSeconds = Number(throttled.headers['retry-after']);
    expect(throttled.body['detail']).toBe(`Too many failed logins. Try again in ${waitSeconds} s.`);
    expect(waitSeconds).toBeGreaterThan(50);
    expect(waitSeconds).toBeLessThanOrEqual(60);
  });

  it('of an account from many networks together wait after five, and those of its owner do not', async () => {
    const user = { username: 'owner', password: PASSWORD, permanent: true, groups: [] };
    await cognito.pools.ensureUser(pool.id, user);
    const home = nextAddress();
    expect((await login('owner', PASSWORD, { address: home })).status).toBe(200);

    const statuses = await Promise.all(
      Array.from({ length: 50 }, (_, index) => attempt('owner', index % 2 === 0 ? here : there)),
    );

    expect(statuses.filter((status) => status === 401)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(45);
    // Five wrong passwords in a row make the pool itself wait for a second.
    await expect
      .poll(async () => (await login('owner', PASSWORD, { address: home })).status, {
        timeout: 5000,
        interval: 300,
      })
      .toBe(200);
  });

  it('of an account from many networks make its owner wait two seconds at one that is new', async () => {
    const user = { username: 'traveller', password: PASSWORD, permanent: true, groups: [] };
    await cognito.pools.ensureUser(pool.id, user);
    await Promise.all(Array.from({ length: 8 }, () => attempt('traveller', there)));
    const address = nextAddress();

    const statuses: number[] = [];
    const owner = async () => {
      statuses.push((await login('traveller', PASSWORD, { address })).status);
      return statuses.at(-1);
    };

    // Never 401: while the pool would refuse the right password, it is not asked.
    await expect.poll(owner, { timeout: 5000, interval: 200 }).toBe(200);
    expect(new Set(statuses)).toEqual(new Set([429, 200]));
  });

  it('that succeed do not count', async () => {
    const address = nextAddress();
    const user = { username: 'clumsy', password: PASSWORD, permanent: true, groups: [] };
    await cognito.pools.ensureUser(pool.id, user);
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 2; index += 1) await attempt('clumsy', here, address);
      expect((await login('clumsy', PASSWORD, { app: there, address })).status).toBe(200);
    }

    expect(await attempt('clumsy', here, address)).toBe(401);
  });

  it('that fail are limited to a hundred a network, a /64 being one', async () => {
    const statuses: number[] = [];
    for (let index = 0; index < 101; index += 1) {
      const address = `2001:db8:1:2::${index.toString(16)}`;
      // Not a name that Cognito would take, so that only our own counting takes time.
      statuses.push(await attempt(`no body ${index}`, index % 2 === 0 ? here : there, address));
    }

    expect(statuses.indexOf(429)).toBe(100);
    expect(await attempt('no body', here, '2001:db8:1:3::1')).toBe(401);
  });
});

describe('a logout', () => {
  const me = async (app: AuthApp, headers: Record<string, string>) =>
    (await call(`${app.url}/auth/me`, headers)).status;

  it('clears the cookie with the attributes that set it', async () => {
    const session = sessionOf(await login('ada', PASSWORD));

    const answer = await call(`${here.url}/auth/logout`, session, 'POST');

    expect([answer.status, answer.body]).toEqual([200, { message: 'Logged out.' }]);
    expect(setCookieOf(answer)).toBe(
      '__Host-sensorflow=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Strict',
    );
  });

  it('ends the token here at once, elsewhere at the next refresh, and no other session', async () => {
    const session = sessionOf(await login('ada', PASSWORD));
    const other = sessionOf(await login('ada', PASSWORD));
    const token = session.cookie.split('=')[1] ?? '';
    expect([await me(here, session), await me(there, session)]).toEqual([200, 200]);

    await call(`${here.url}/auth/logout`, session, 'POST');
    const after = [await me(here, session), await me(here, bearer(token))];
    await there.app.get(EndedSessions, { strict: false }).refresh();

    expect(after).toEqual([401, 401]);
    expect(await me(there, session)).toBe(401);
    // A new process asks the pool, which must not have ended the user's other sessions either.
    const later = await startApp();
    expect([await me(here, other), await me(later, other)]).toEqual([200, 200]);
    await later.close();
  });

  it('reaches the other process by itself within ten seconds', { timeout: 20_000 }, async () => {
    const session = sessionOf(await login('ada', PASSWORD));
    expect(await me(there, session)).toBe(200);
    await call(`${here.url}/auth/logout`, session, 'POST');
    const loggedOutAt = Date.now();

    await expect.poll(() => me(there, session), { timeout: 10_000, interval: 100 }).toBe(401);

    expect(Date.now() - loggedOutAt).toBeLessThan(10_000);
  });

  it('is known to a process that starts later, and leaves new logins alone', async () => {
    const session = sessionOf(await login('ada', PASSWORD));
    await call(`${here.url}/auth/logout`, session, 'POST');
    const later = await startApp();

    const statuses = [
      await me(later, session),
      await me(here, sessionOf(await login('ada', PASSWORD))),
    ];
    await later.close();

    expect(statuses).toEqual([401, 200]);
  });

  it('ends the bearer token that decides, and leaves the cookie beside it as it is', async () => {
    const session = sessionOf(await login('ada', PASSWORD));
    const other = sessionOf(await login('ada', PASSWORD)).cookie.split('=')[1] ?? '';

    const headers = { ...session, ...bearer(other) };
    const answer = await call(`${here.url}/auth/logout`, headers, 'POST');

    expect(answer.headers['set-cookie']).toBeUndefined();
    expect([await me(here, session), await me(here, bearer(other))]).toEqual([200, 401]);
  });

  it('is not possible from a foreign page', async () => {
    const session = sessionOf(await login('ada', PASSWORD));
    const headers = { ...session, origin: 'https://evil.example' };

    const answer = await call(`${here.url}/auth/logout`, headers, 'POST');

    expect([answer.status, answer.body['code']]).toEqual([403, 'cross-site-request']);
    expect(await me(here, session)).toBe(200);
  });
});

describe('an identity provider that does not decide', () => {
  let failing: ReturnType<typeof createServer>;
  let reply: readonly [number, string];

  beforeEach(async () => {
    failing = createServer((request, response) => {
      request.resume();
      response.writeHead(reply[0], { 'content-type': 'application/x-amz-json-1.1' }).end(reply[1]);
    });
    failing.listen(0, '127.0.0.1');
    await once(failing, 'listening');
  });

  afterEach(() => {
    failing.closeAllConnections();
    failing.close();
  });

  const fault = (name: string, message = 'Cognito says something') =>
    JSON.stringify({ __type: name, message });

  async function answerOf(status: number, body: string): Promise<Answer> {
    reply = [status, body];
    const { port } = failing.address() as AddressInfo;
    const app = await startApp(identityClient(`http://127.0.0.1:${port}`));
    // Failed logins count against an account, so each has one of its own.
    const answer = await login(`user-${nextAddress()}`, PASSWORD, { app });
    await app.close();
    return answer;
  }

  it.each<[string, number, string, number, string]>([
    ['throttling', 400, fault('TooManyRequestsException'), 503, 'identity-provider-busy'],
    ['a 500', 500, fault('InternalErrorException'), 503, 'identity-provider-unavailable'],
    ['no JSON', 200, '<html>', 503, 'identity-provider-unavailable'],
    ['nothing', 200, '{}', 503, 'identity-provider-unavailable'],
    [
      'an unknown challenge',
      200,
      '{"ChallengeName":"CUSTOM_CHALLENGE"}',
      503,
      'identity-provider-unavailable',
    ],
    [
      'a missing pool',
      400,
      fault('ResourceNotFoundException'),
      503,
      'identity-provider-unavailable',
    ],
    [
      'a strange parameter',
      400,
      fault('InvalidParameterException'),
      503,
      'identity-provider-unavailable',
    ],
    [
      'our wrong secret',
      400,
      fault('NotAuthorizedException', 'Unable to verify secret hash for client x'),
      503,
      'identity-provider-unavailable',
    ],
    [
      'a lockout',
      400,
      fault('NotAuthorizedException', 'Password attempts exceeded'),
      401,
      'invalid-credentials',
    ],
    [
      'an unknown user',
      400,
      fault('UserNotFoundException', 'User does not exist.'),
      401,
      'invalid-credentials',
    ],
    ['an unconfirmed user', 400, fault('UserNotConfirmedException'), 401, 'invalid-credentials'],
    [
      'a reset password',
      400,
      fault('PasswordResetRequiredException'),
      403,
      'password-reset-required',
    ],
    [
      'a second factor',
      200,
      '{"ChallengeName":"SOFTWARE_TOKEN_MFA","Session":"s"}',
      403,
      'mfa-required',
    ],
    [
      'a second factor by text',
      200,
      '{"ChallengeName":"SMS_MFA","Session":"s"}',
      403,
      'mfa-required',
    ],
  ])('is answered for: %s', async (_name, status, body, expectedStatus, code) => {
    const answer = await answerOf(status, body);

    expect([answer.status, answer.body['code']]).toEqual([expectedStatus, code]);
    expect(answer.text).not.toMatch(COGNITO_WORDS);
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect('retry-after' in answer.headers).toBe(expectedStatus === 503);
  });

  it('is answered for: the server is down', async () => {
    const app = await startApp(identityClient('http://127.0.0.1:9'));

    const answer = await login('grace', PASSWORD, { app });
    await app.close();

    expect([answer.status, answer.body['code']]).toEqual([503, 'identity-provider-unavailable']);
  });

  it('is told apart from a wrong password when our own secret is wrong', async () => {
    const app = await startApp(identityClient(cognito.url), 'not-the-secret');

    const answer = await login('grace', PASSWORD, { app });
    await app.close();

    expect([answer.status, answer.body['code']]).toEqual([503, 'identity-provider-unavailable']);
  });
});
