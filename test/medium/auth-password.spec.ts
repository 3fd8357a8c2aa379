import { EndedSessions } from '@sensorflow/auth/ended-sessions.js';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, call, type Answer, type AuthApp } from '../support/auth-app.js';
import {
  clientOf,
  sessionOf,
  startIdentityWorld,
  type IdentityWorld,
} from '../support/identity-world.js';

const CURRENT = 'Correct:Horse-1';
const BETTER = 'Battery-Staple-2';
const COGNITO_WORDS = /exception|conform|policy:|incorrect username|pool|secret|cognito/i;

let world: IdentityWorld;
let here: AuthApp;
let there: AuthApp;
let users = 0;

beforeAll(async () => {
  world = await startIdentityWorld();
  [here, there] = await Promise.all([world.startApp(), world.startApp()]);
});

afterAll(async () => {
  await world.close();
});

async function aUser({ temporary = false } = {}): Promise<string> {
  users += 1;
  await world.addUser(`user-${users}`, CURRENT, !temporary);
  return `user-${users}`;
}

function setPassword(
  username: string,
  current: string,
  body: unknown,
  { app = here, headers = {} } = {},
): Promise<Answer> {
  return call(
    `${app.url}/auth/password`,
    { ...basic(username, current), 'content-type': 'application/json', ...headers },
    'POST',
    typeof body === 'string' ? body : JSON.stringify(body),
  );
}

const login = (username: string, password: string, app = here) =>
  call(`${app.url}/auth/login`, basic(username, password), 'POST');

const me = async (app: AuthApp, session: { cookie: string }) =>
  (await call(`${app.url}/auth/me`, session)).status;

describe('setting a password', () => {
  it('answers the demand of a first login, and the answer is that of a login', async () => {
    const username = await aUser({ temporary: true });
    expect((await login(username, CURRENT)).body['code']).toBe('password-change-required');

    const answer = await setPassword(username, CURRENT, { newPassword: BETTER });

    expect([answer.status, answer.body]).toEqual([200, { message: 'Password set.' }]);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect([answer.headers['set-cookie']].flat()[0]).toMatch(
      /^__Host-sensorflow=[\w-]+\.[\w-]+\.[\w-]+; Path=\/; Max-Age=3600; HttpOnly; Secure; SameSite=Strict$/,
    );
    expect(await me(there, sessionOf(answer))).toBe(200);
    expect((await login(username, BETTER)).status).toBe(200);
  });

  it('changes one’s own; other sessions end here at once and elsewhere at the next refresh', async () => {
    const username = await aUser();
    const old = sessionOf(await login(username, CURRENT));
    expect([await me(here, old), await me(there, old)]).toEqual([200, 200]);

    const session = sessionOf(await setPassword(username, CURRENT, { newPassword: BETTER }));
    await there.app.get(EndedSessions, { strict: false }).refresh();

    expect([await me(here, old), await me(there, old)]).toEqual([401, 401]);
    expect([await me(here, session), await me(there, session)]).toEqual([200, 200]);
    expect((await login(username, CURRENT)).status).toBe(401);
  });

  it('leaves later logins alone', async () => {
    const username = await aUser();
    await setPassword(username, CURRENT, { newPassword: BETTER });
    // A sign-in carries its instant in whole seconds.
    await new Promise((resolve) => setTimeout(resolve, 1000));

    expect(await me(here, sessionOf(await login(username, BETTER)))).toBe(200);
  });

  it.each([
    ['Short-1', 'password-too-short'],
    ['lower-case-only-1', 'password-lacks-uppercase'],
    ['UPPER-CASE-ONLY-1', 'password-lacks-lowercase'],
    ['No-Digit-In-This', 'password-lacks-digit'],
    ['NoSymbolInThis1', 'password-lacks-symbol'],
    [' Outer-Space-1 ', 'password-has-outer-space'],
  ])('to %j says what is missing, in both ways', async (newPassword, code) => {
    for (const temporary of [true, false]) {
      const username = await aUser({ temporary });

      const answer = await setPassword(username, CURRENT, { newPassword });

      expect(answer.body).toMatchObject({
        status: 400,
        code: 'password-refused',
        errors: [{ pointer: '/newPassword', code, detail: expect.any(String) }],
      });
      expect(answer.text).not.toMatch(COGNITO_WORDS);
      expect(answer.text).not.toContain(newPassword);
      expect(answer.headers['set-cookie']).toBeUndefined();
      expect((await login(username, CURRENT)).status).toBe(temporary ? 403 : 200);
    }
  });

  it('names every broken rule at once, alike for everybody, and counts no attempt', async () => {
    const username = await aUser();
    for (let index = 0; index < 4; index += 1) {
      for (const [name, current] of [
        [username, 'Wrong-Password-1'],
        ['nobody', CURRENT],
      ] as const) {
        const answer = await setPassword(name, current, { newPassword: 'abc' });

        expect([answer.status, answer.body['code']]).toEqual([400, 'password-refused']);
        expect(answer.body['errors']).toEqual([
          {
            pointer: '/newPassword',
            code: 'password-too-short',
            detail: 'The password needs at least 12 characters.',
          },
          expect.objectContaining({ code: 'password-lacks-uppercase' }),
          expect.objectContaining({ code: 'password-lacks-digit' }),
          expect.objectContaining({ code: 'password-lacks-symbol' }),
        ]);
      }
    }

    expect((await login(username, CURRENT)).status).toBe(200);
  });

  it('answers alike for an unknown user, a wrong password and a disabled account', async () => {
    const disabled = await aUser();
    world.cognito.pools.setUserEnabled(world.pool.id, disabled, false);
    const answers = [
      await setPassword('nobody', CURRENT, { newPassword: BETTER }),
      await setPassword(await aUser(), 'Wrong-Password-1', { newPassword: BETTER }),
      await setPassword(await aUser({ temporary: true }), 'Wrong-Password-1', {
        newPassword: BETTER,
      }),
      await setPassword(disabled, CURRENT, { newPassword: BETTER }),
    ];

    const told = answers.map(({ status, headers, body }) => {
      const { requestId, ...rest } = body;
      expect(requestId).toBeTypeOf('string');
      return JSON.stringify({ status, challenge: headers['www-authenticate'], rest });
    });
    expect(new Set(told).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'invalid-credentials' } });
  });

  it.each([
    ['no property', {}, '/newPassword'],
    ['null', { newPassword: null }, '/newPassword'],
    ['a number', { newPassword: 1 }, '/newPassword'],
    ['an empty text', { newPassword: '' }, '/newPassword'],
    ['257 characters', { newPassword: `Aa1-${'x'.repeat(253)}` }, '/newPassword'],
    ['a control character', { newPassword: 'Correct\u0000Horse-1' }, '/newPassword'],
    ['half a character', { newPassword: 'Correct\ud83dHorse-1' }, '/newPassword'],
    ['an unknown property', { newPassword: BETTER, username: 'admin' }, '/username'],
    ['a list', [], '/newPassword'],
    ['a text', '"text"', '/newPassword'],
  ])('is refused for %s, and no attempt is counted', async (_name, body, pointer) => {
    const username = await aUser();
    for (let index = 0; index < 4; index += 1) {
      const answer = await setPassword(username, CURRENT, body);

      expect([answer.status, answer.body['code']]).toEqual([400, 'invalid-request']);
      expect(answer.body['errors']).toMatchObject([{ pointer }]);
    }

    expect((await login(username, CURRENT)).status).toBe(200);
  });

  it('takes 256 characters', async () => {
    const username = await aUser();
    const newPassword = `Aa1-${'x'.repeat(252)}`;

    expect((await setPassword(username, CURRENT, { newPassword })).status).toBe(200);
    expect((await login(username, newPassword)).status).toBe(200);
  });

  it('is refused when a foreign page sends it', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' };

    const answer = await setPassword(await aUser(), CURRENT, { newPassword: BETTER }, { headers });

    expect([answer.status, answer.body['code']]).toEqual([403, 'cross-site-request']);
  });

  it('shares the throttle of logins, over all processes', async () => {
    const username = await aUser();
    const wrong = (app: AuthApp) =>
      setPassword(username, 'Wrong-Password-1', { newPassword: BETTER }, { app });

    const statuses = [await wrong(here), await wrong(there), await wrong(here)];

    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect((await wrong(there)).body['code']).toBe('login-throttled');
    expect((await login(username, CURRENT)).body['code']).toBe('login-throttled');
  });
});

describe('an identity provider that fails in the middle', () => {
  /** Signs in, and answers what follows as told. */
  async function answerAfterSignIn(signIn: object, status: number, body: object): Promise<Answer> {
    const provider = createServer((request, response) => {
      request.resume();
      const isSignIn = String(request.headers['x-amz-target']).endsWith('InitiateAuth');
      response.writeHead(isSignIn ? 200 : status, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(JSON.stringify(isSignIn ? signIn : body));
    });
    await once(provider.listen(0, '127.0.0.1'), 'listening');
    const { port } = provider.address() as AddressInfo;
    const app = await world.startApp({ cognito: clientOf(`http://127.0.0.1:${port}`) });
    users += 1;
    const answer = await setPassword(`user-${users}`, CURRENT, { newPassword: BETTER }, { app });
    provider.closeAllConnections();
    provider.close();
    return answer;
  }

  const SIGNED_IN = { AuthenticationResult: { AccessToken: 'token' } };
  const DEMANDED = { ChallengeName: 'NEW_PASSWORD_REQUIRED', Session: 'session' };
  const MFA = { ChallengeName: 'SOFTWARE_TOKEN_MFA', Session: 'session' };
  const refusal = (name: string) => ({ __type: name, message: 'words of Cognito' });

  it.each<[string, [object, number, object], [number, string]]>([
    [
      'a change',
      [SIGNED_IN, 500, refusal('InternalErrorException')],
      [503, 'identity-provider-unavailable'],
    ],
    [
      'a change too many',
      [SIGNED_IN, 400, refusal('LimitExceededException')],
      [503, 'identity-provider-busy'],
    ],
    [
      'an old password',
      [SIGNED_IN, 400, refusal('PasswordHistoryPolicyViolationException')],
      [400, 'password-refused'],
    ],
    [
      'a rule we do not know',
      [SIGNED_IN, 400, refusal('InvalidPasswordException')],
      [400, 'password-refused'],
    ],
    [
      'a demand',
      [DEMANDED, 500, refusal('InternalErrorException')],
      [503, 'identity-provider-unavailable'],
    ],
    ['a second factor', [DEMANDED, 200, MFA], [403, 'mfa-required']],
    ['a token that is none', [SIGNED_IN, 200, {}], [503, 'older-sessions-not-ended']],
  ])('is answered for: %s', async (_name, provider, expected) => {
    const answer = await answerAfterSignIn(...provider);

    expect([answer.status, answer.body['code']]).toEqual(expected);
    expect(answer.text).not.toMatch(COGNITO_WORDS);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });
});
