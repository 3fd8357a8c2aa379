import { CookieJar } from 'tough-cookie';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { basic } from '../support/api-client.js';
import { enter, StackUsers } from '../support/stack-users.js';

const stack = inject('stack');
const USER = { username: 'cookie-lover', password: 'Correct-horse-battery-9' };
const ON_EMBEDDED_STACK = new URL('../../dist/apps/local/src/on-embedded-stack.js', import.meta.url)
  .href;

let users: StackUsers;

beforeAll(async () => {
  users = new StackUsers(stack, inject('stackDataDir'));
  await users.add(USER.username, USER.password);
});

afterAll(() => users.close());

/** As Safari, requests.Session and most HTTP libraries see it: only https is secure, localhost is nothing special. */
function strictJar(): CookieJar {
  return new CookieJar(undefined, { allowSecureOnLocal: false, prefixSecurity: 'strict' });
}

async function logIn(jar: CookieJar, url: string): Promise<void> {
  const answer = await fetch(`${url}/auth/login`, {
    method: 'POST',
    headers: { authorization: basic(USER.username, USER.password) },
  });
  expect(answer.status).toBe(200);
  for (const line of answer.headers.getSetCookie()) {
    await jar.setCookie(line, `${url}/auth/login`, { ignoreError: true });
  }
}

async function statusWith(jar: CookieJar, url: string, method: string, path: string) {
  const cookie = await jar.getCookieString(`${url}${path}`, { sameSiteContext: 'strict' });
  const answer = await fetch(`${url}${path}`, { method, headers: { cookie } });
  for (const line of answer.headers.getSetCookie()) await jar.setCookie(line, `${url}${path}`);
  return answer.status;
}

describe('on the embedded stack, a client that keeps no Secure cookie over plain http', () => {
  it.each([stack.baseUrl, stack.baseUrl.replace('localhost', '127.0.0.1')])(
    'is logged in at %s, and out again',
    async (url) => {
      const jar = strictJar();
      await logIn(jar, url);

      expect(await statusWith(jar, url, 'GET', '/auth/me')).toBe(200);
      expect(await statusWith(jar, url, 'GET', '/equipment?limit=1')).toBe(200);
      expect(await statusWith(jar, url, 'POST', '/auth/logout')).toBe(200);
      expect(await jar.getCookies(url)).toEqual([]);
    },
  );

  it('sends the cookie to no page of another site that links to us', async () => {
    const jar = strictJar();
    await logIn(jar, stack.baseUrl);

    const sent = await jar.getCookieString(stack.baseUrl, { sameSiteContext: 'none' });

    expect(sent).toBe('');
  });

  it('is named as it is in the OpenAPI document', async () => {
    const document: any = await (await fetch(`${stack.baseUrl}/openapi.json`)).json();

    expect(document.components.securitySchemes.sessionCookie).toMatchObject({
      in: 'cookie',
      name: 'sensorflow',
    });
  });
});

/** Everything that a person who runs the API can set. */
const SWITCHES: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['nothing but loopback', { HOST: '127.0.0.1' }],
  ['what it is called elsewhere', { NODE_ENV: 'development', ENVIRONMENT: 'local' }],
  [
    'variables that sound like it',
    {
      SENSORFLOW_EMBEDDED: 'true',
      SENSORFLOW_DATA_DIR: '.sensorflow',
      SESSION_COOKIE_SECURE: 'false',
      COOKIE_SECURE: '0',
    },
  ],
  ['the preloaded file without a supervisor', { NODE_OPTIONS: `--import ${ON_EMBEDDED_STACK}` }],
];

describe('everywhere else, the session cookie is Secure and __Host-', () => {
  it.each(SWITCHES)('with %s', async (_name, variables) => {
    const api = await users.startApi(variables);
    const answer = await enter(api, { ...USER, from: '192.0.2.7' });
    api.child.kill('SIGKILL');

    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(/^__Host-sensorflow=.*; HttpOnly; Secure; SameSite=Strict$/),
    ]);
  });

  it('and its absence over plain http is explained', async () => {
    const api = await users.startApi();
    const jar = strictJar();
    await logIn(jar, api.baseUrl);
    const cookie = await jar.getCookieString(api.baseUrl);
    const answer = await fetch(`${api.baseUrl}/auth/me`, { headers: { cookie } });
    const { detail }: any = await answer.json();
    api.child.kill('SIGKILL');

    expect([answer.status, cookie]).toEqual([401, '']);
    expect(detail).toMatch(/cookie is Secure, so .* plain http; use https/);
  });
});
