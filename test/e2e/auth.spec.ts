import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { Announcement } from '../../apps/local/src/stack/announcement.js';
import { ApiClient, basic, eventually, machineToken } from '../support/api-client.js';
import { loginCookie } from '../support/cookie-session.js';
import { base64url, nowEpochSeconds, TokenSigner } from '../support/token-signer.js';

let stack: Announcement;
let api: ApiClient;
let pool: TokenSigner;
let goodToken: string;
/** Refuses with 403, and takes keys alone: see cip-live.spec.ts. */
const WEB_SOCKET = '/ws/sensor_updates';
let protectedRoutes: readonly (readonly [string, string])[];

/** The stack's own signing key: what follows is refused for what it says, not for who signed it. */
function poolSigner(): TokenSigner {
  const database = new DatabaseSync(join(inject('stackDataDir'), 'cognito.db'), { readOnly: true });
  const row = database
    .prepare('SELECT kid, private_key_pem FROM signing_keys ORDER BY generation DESC')
    .get();
  database.close();
  return TokenSigner.fromPem(String(row?.['kid']), String(row?.['private_key_pem']));
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

beforeAll(async () => {
  stack = inject('stack');
  api = await ApiClient.connect(stack.baseUrl);
  pool = poolSigner();
  goodToken = await machineToken(stack);
  const document: any = await (await fetch(`${stack.baseUrl}/openapi.json`)).json();
  const paths = Object.entries<any>(document.paths).filter(([path]) => path !== WEB_SOCKET);
  protectedRoutes = paths.flatMap(([path, item]) =>
    Object.entries<any>(item)
      .filter(([, operation]) => operation.security?.some((way: object) => 'machineToken' in way))
      .map(([method]) => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'EQ-1')] as const),
  );
});

/** Real tokens of the embedded pool's user: access and ID. */
async function userTokens(): Promise<{ readonly accessToken: string; readonly idToken: string }> {
  const cookie = await loginCookie(stack);
  const accessToken = cookie.slice(cookie.indexOf('=') + 1);
  const { client_id: aud, ...claims } = claimsOf(accessToken);
  return { accessToken, idToken: pool.sign({ ...claims, aud, token_use: 'id' }) };
}

const ATTACKS: readonly (readonly [string, () => Promise<string> | string])[] = [
  ['an ID token', async () => (await userTokens()).idToken],
  [
    'a token that another pool signed',
    () => TokenSigner.create(pool.keyId).sign(claimsOf(goodToken)),
  ],
  [
    'a token of another issuer',
    () => pool.sign({ ...claimsOf(goodToken), iss: `${stack.issuer}x` }),
  ],
  [
    'a token of another client',
    () => pool.sign({ ...claimsOf(goodToken), client_id: 'someone-else' }),
  ],
  [
    'an expired token',
    () =>
      pool.sign({
        ...claimsOf(goodToken),
        exp: nowEpochSeconds() - 61,
        iat: nowEpochSeconds() - 3661,
      }),
  ],
  [
    'a token without algorithm',
    () =>
      `${base64url(JSON.stringify({ alg: 'none', kid: pool.keyId }))}.${goodToken.split('.')[1]}.`,
  ],
  [
    'a token that HS256 signed with the public key',
    () => {
      const header = base64url(JSON.stringify({ alg: 'HS256', kid: pool.keyId }));
      const input = `${header}.${goodToken.split('.')[1]}`;
      const publicKey = pool.publicKey.export({ type: 'spki', format: 'pem' });
      return `${input}.${createHmac('sha256', publicKey).update(input).digest('base64url')}`;
    },
  ],
];

describe('every protected route', () => {
  it('is among those that the document names', () => {
    expect(protectedRoutes.length).toBeGreaterThanOrEqual(9);
  });

  it('accepts the identity of the control token', async () => {
    const headers = { authorization: `Bearer ${goodToken}` };
    for (const [method, path] of protectedRoutes.filter(([, route]) => route !== '/auth/logout')) {
      // Some answers never end.
      const { status, body } = await fetch(`${stack.baseUrl}${path}`, { method, headers });
      await body?.cancel();
      expect([401, 403], `${method} ${path}`).not.toContain(status);
    }
  });

  it.each(ATTACKS)('refuses %s, as bearer and as cookie', async (_name, forge) => {
    const token = await forge();

    for (const [method, path] of protectedRoutes) {
      const bearer = await api.withToken(token).send(method, path);
      const cookie = await api.withCookie(`sensorflow=${token}`).send(method, path);
      for (const answer of [bearer, cookie]) {
        expect(answer.status, `${method} ${path}`).toBe(401);
        expect(answer.body.code).toBe('invalid-token');
        expect(answer.headers.get('www-authenticate')).toContain('Bearer');
      }
    }
  });

  it.each<readonly [string, () => string, RegExp]>([
    [
      'has expired',
      () => pool.sign({ ...claimsOf(goodToken), exp: nowEpochSeconds() - 61 }),
      /has expired/,
    ],
    ['is cut off', () => goodToken.slice(0, -40), /is cut off/],
    ['is quoted', () => `"${goodToken}"`, /in quotes/],
    ['is doubled', () => goodToken.repeat(2), /more than once/],
    ['is there twice', () => `${goodToken} ${goodToken}`, /more than one token/],
    [
      'has expired and was signed by nobody we know',
      () =>
        TokenSigner.create(pool.keyId).sign({
          ...claimsOf(goodToken),
          exp: nowEpochSeconds() - 61,
        }),
      /^(?!.*expired)/,
    ],
  ])('names what is wrong with a token that %s', async (_name, token, words) => {
    const { status, body, headers } = await api.withToken(token()).get('/auth/me');

    expect([status, body.code]).toEqual([401, 'invalid-token']);
    expect(body.detail).toMatch(words);
    expect(headers.get('www-authenticate')).toMatch(/error="invalid_token", error_description="/);
    expect(headers.get('www-authenticate')).toContain(body.detail.replaceAll('"', "'"));
  });

  it('refuses a caller without credentials', async () => {
    for (const [method, path] of protectedRoutes) {
      const { status, body } = await api.send(method, path);
      expect([status, body.code], `${method} ${path}`).toEqual([401, 'unauthenticated']);
    }
  });

  it('refuses a token without its scope', async () => {
    const scoped = protectedRoutes.filter(([, path]) => !path.startsWith('/auth/'));
    const noScope = pool.sign({ ...claimsOf(goodToken), scope: '' });
    for (const [method, path] of scoped) {
      const { status, body } = await api.withToken(noScope).send(method, path);
      expect([status, body.code], `${method} ${path}`).toEqual([403, 'insufficient-scope']);
    }
  });

  it('wants its own scope, not another', async () => {
    const reader = api.withToken(await machineToken(stack, 'sensorflow/read'));
    const reading = { equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 1 };

    expect((await reader.get('/equipment')).status).toBe(200);
    expect((await reader.post('/sensor-data', reading)).status).toBe(403);
    expect((await reader.post('/sensor-data/batch', [reading])).status).toBe(403);
    expect((await reader.get('/sensor-data/uploads')).status).toBe(403);
  });

  it('shows all imports to an administrator who opens none', async () => {
    const importer = api.withToken(await machineToken(stack, 'sensorflow/import'));
    const admin = api.withToken(await machineToken(stack, 'sensorflow/admin'));
    const request = { fileName: 'a.csv', size: 1 };
    const { uploadId } = (await importer.post('/sensor-data/upload-csv', request)).body;

    const list = await admin.get('/sensor-data/uploads', { limit: 1 });
    const one = await admin.get(`/sensor-data/uploads/${uploadId}`);

    expect([list.status, list.body.items.length]).toEqual([200, 1]);
    expect([one.status, one.body.uploadId]).toEqual([200, uploadId]);
    expect((await admin.post('/sensor-data/upload-csv', request)).status).toBe(403);
  });
});

describe('a browser user', () => {
  it('logs in, is known, logs out, and the cookie is dead at once', async () => {
    const answer = await fetch(`${stack.baseUrl}/auth/login`, {
      method: 'POST',
      headers: { authorization: basic(stack.user.username, stack.user.password) },
    });
    const [cookie = ''] = answer.headers.getSetCookie();

    expect(answer.status).toBe(200);
    expect(cookie.split('; ').slice(1).toSorted()).toEqual([
      'HttpOnly',
      'Max-Age=3600',
      'Path=/',
      'SameSite=Strict',
    ]);
    const user = api.withCookie(cookie.split(';', 1)[0] ?? '');
    expect((await user.get('/auth/me')).body).toMatchObject({ username: 'demo', kind: 'user' });
    const loggedOut = await user.send('POST', '/auth/logout');
    expect(loggedOut.status).toBe(200);
    expect(loggedOut.headers.getSetCookie()[0]).toMatch(/^sensorflow=; .*Max-Age=0/);
    expect((await user.get('/auth/me')).status).toBe(401);
  });

  it('gets one answer for a wrong password and an unknown name', async () => {
    const attempt = async (name: string) => {
      const answer = await fetch(`${stack.baseUrl}/auth/login`, {
        method: 'POST',
        headers: { authorization: basic(name, 'Wrong-password-1') },
      });
      const { requestId: _, ...body }: any = await answer.json();
      return { status: answer.status, body };
    };

    const unknown = await attempt('nobody');

    expect(unknown).toMatchObject({ status: 401, body: { code: 'invalid-credentials' } });
    expect(await attempt(stack.user.username)).toEqual(unknown);
  });

  it('is not acted for by a page of another site', async () => {
    const user = api.withCookie(await loginCookie(stack));
    const reading = { equipmentId: 'EQ-CSRF', timestamp: '2023-02-15T06:30:00Z', value: 1 };
    const from = async (headers: Record<string, string>) =>
      (await user.post('/sensor-data', reading, { headers })).status;

    expect(await from({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' })).toBe(
      403,
    );
    expect(await from({ origin: 'https://evil.example' })).toBe(403);
    expect(await from({ origin: 'null' })).toBe(403);
    expect(await from({ 'sec-fetch-site': 'same-origin' })).toBe(201);
    expect(await from({ origin: stack.baseUrl })).toBe(201);
    expect(await from({})).toBe(201);
  });
});

describe('a name that is tried too often', () => {
  it('has to wait, and is told how long', async () => {
    const login = async () =>
      fetch(`${stack.baseUrl}/auth/login`, {
        method: 'POST',
        headers: { authorization: basic('guessed', 'Wrong-password-1') },
      });

    const last = await eventually(login, ({ status }) => status === 429, 20_000);

    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await last.json()).toMatchObject({ code: 'login-throttled' });
  });
});
