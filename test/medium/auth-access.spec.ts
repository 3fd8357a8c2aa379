import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { Reflector } from '@nestjs/core';
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js';
import { SystemClock } from '@sensorflow/kernel';
import { AuditTrail } from '@sensorflow/auth/audit/audit-trail.js';
import { AccessGuard } from '@sensorflow/auth/http/access.guard.js';
import { routesWithoutPolicy } from '@sensorflow/auth/http/routes-without-policy.js';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  bearer,
  call,
  cookie,
  ForgottenController,
  ProbeController,
  startAuthApp,
  type AuthApp,
  type AuthAppOptions,
} from '../support/auth-app.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';
import { startJwksServer, TokenSigner, type JwksServer } from '../support/token-signer.js';

const FRONTEND = 'https://app.example.com';
const signer = TokenSigner.create();

let table: SessionsTable;
let jwks: JwksServer;
let auth: AuthApp;

beforeAll(async () => {
  table = await startSessionsTable();
  jwks = await startJwksServer(signer.jwk);
});

afterEach(async () => {
  await auth.close();
});

afterAll(async () => {
  await jwks.close();
  await table.close();
});

async function start(options: Partial<AuthAppOptions> = {}): Promise<AuthApp> {
  auth = await startAuthApp({
    dynamoDb: table.client,
    sessionsTableName: table.name,
    jwksUri: jwks.url,
    frontendOrigin: FRONTEND,
    ...options,
  });
  return auth;
}

describe('a route without a declared policy', () => {
  it('is refused even to an administrator', async () => {
    const { url } = await start({ controllers: [ProbeController, ForgottenController] });
    const token = signer.userToken({ 'cognito:groups': ['admins'] });

    const answer = await call(`${url}/forgotten`, bearer(token));

    expect([answer.status, answer.body['code']]).toEqual([403, 'route-without-policy']);
    expect(answer.text).not.toContain('leaked');
  });

  it('is found before it is shipped', async () => {
    const { app } = await start({ controllers: [ProbeController, ForgottenController] });

    expect(routesWithoutPolicy(app)).toEqual(['ForgottenController.list']);
  });

  it('runs no handler in an application that forgot to authenticate', async () => {
    const { app } = await start();
    const trail = app.get(AuditTrail, { strict: false });
    const guard = new AccessGuard(app.get(Reflector, { strict: false }), trail);
    const request = { headers: bearer(signer.userToken()) };
    const read = Object.getOwnPropertyDescriptor(ProbeController.prototype, 'read')?.value;
    const context = new ExecutionContextHost([request, {}], ProbeController, read);

    expect(() => guard.canActivate(context)).toThrow('Nobody may call this route.');
  });

  it('does not exist among our own', async () => {
    const { app } = await start();

    expect(routesWithoutPolicy(app)).toEqual([]);
  });
});

describe('a public route', () => {
  it('looks at no identity, not even at a broken one', async () => {
    const { url } = await start();

    expect((await call(`${url}/probe/public`, bearer('broken'))).status).toBe(200);
  });
});

describe('a route for one of two scopes', () => {
  it.each([
    ['sensorflow/import', 200],
    ['sensorflow/admin', 200],
    ['sensorflow/import sensorflow/admin', 200],
    ['sensorflow/read sensorflow/write', 403],
    ['', 403],
  ])('answers the scope %j with %i', async (scope, status) => {
    const { url } = await start();

    const answer = await call(`${url}/probe/either`, bearer(signer.machineToken({ scope })));

    expect(answer.status).toBe(status);
    if (status === 200) return;
    expect(answer.body).toMatchObject({
      code: 'insufficient-scope',
      detail: 'This needs the scope sensorflow/import or sensorflow/admin.',
    });
    expect(answer.headers['www-authenticate']).toContain('scope="sensorflow/import"');
  });
});

describe('a session cookie', () => {
  it('identifies its caller', async () => {
    const { url } = await start();

    const answer = await call(`${url}/probe/read`, cookie(signer.userToken()));

    expect([answer.status, answer.body]).toEqual([200, { caller: 'a1b2c3d4-user' }]);
    expect(answer.headers['cache-control']).toBe('no-store');
  });

  it.each([
    ['broken', () => cookie('not-a-token')],
    [
      'sent twice',
      () => ({ cookie: `__Host-sensorflow=${signer.userToken()}; __Host-sensorflow=x` }),
    ],
    ['of a key that is not ours', () => cookie(TokenSigner.create().userToken())],
  ])('is refused when %s', async (_name, headers) => {
    const { url } = await start();

    const answer = await call(`${url}/probe/read`, headers());

    expect([answer.status, answer.body['code']]).toEqual([401, 'invalid-token']);
  });

  it.each([
    ['another name', (token: string) => `sensorflow=${token}`],
    ['a longer name', (token: string) => `x__Host-sensorflow=${token}`],
    ['no value', () => '__Host-sensorflow='],
  ])('is none when it has %s', async (_name, header) => {
    const { url } = await start();

    const answer = await call(`${url}/probe/read`, { cookie: header(signer.userToken()) });

    expect([answer.status, answer.body['code']]).toEqual([401, 'unauthenticated']);
  });

  it('goes on counting while a browser also repeats its Basic credentials', async () => {
    const { url } = await start();
    const headers = { ...cookie(signer.userToken()), authorization: 'Basic YWRhOnNlY3JldA==' };

    expect((await call(`${url}/probe/read`, headers)).status).toBe(200);
  });
});

describe('an unsafe request with a session cookie', () => {
  it.each<[string, Record<string, string>, number]>([
    ['our own page', { 'sec-fetch-site': 'same-origin' }, 201],
    ['our own page, by its origin alone', { origin: 'OWN' }, 201],
    ['the front end', { 'sec-fetch-site': 'same-site', origin: FRONTEND }, 201],
    ['no browser', {}, 201],
    ['a foreign page', { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, 403],
    ['a sister site', { 'sec-fetch-site': 'same-site', origin: 'https://evil.example.com' }, 403],
    ['the address bar', { 'sec-fetch-site': 'none' }, 403],
    ['a foreign page of an old browser', { origin: 'https://evil.example' }, 403],
    ['a sandboxed page', { origin: 'null' }, 403],
    ['our host by another scheme', { origin: 'OWN-HTTPS' }, 403],
    ['our host at another port', { origin: 'http://127.0.0.1:1' }, 403],
    ['a host that begins like the front end', { origin: `${FRONTEND}.evil.example` }, 403],
  ])('from %s is judged by where it comes from', async (_name, given, status) => {
    const { url } = await start();
    const origins: Record<string, string> = { OWN: url, 'OWN-HTTPS': url.replace('http', 'https') };
    const origin = given['origin'] ?? '';
    const headers = { ...given, ...(origin in origins ? { origin: origins[origin] ?? '' } : {}) };

    const answer = await call(
      `${url}/probe/write`,
      { ...cookie(signer.userToken()), ...headers },
      'POST',
    );

    expect(answer.status).toBe(status);
    expect(answer.body['code']).toBe(status === 403 ? 'cross-site-request' : undefined);
  });

  it('may read from anywhere', async () => {
    const { url } = await start();
    const headers = { ...cookie(signer.userToken()), 'sec-fetch-site': 'cross-site' };

    expect((await call(`${url}/probe/read`, headers)).status).toBe(200);
  });
});

describe('a bearer token from a foreign page', () => {
  it('passes, because no browser sends it by itself', async () => {
    const { url } = await start();
    const headers = { ...bearer(signer.userToken()), origin: 'https://evil.example' };

    expect((await call(`${url}/probe/write`, headers, 'POST')).status).toBe(201);
  });
});

describe('a cookie beside a bearer token', () => {
  const evil = { origin: 'https://evil.example' };

  it('of another caller is not looked at', async () => {
    const { url } = await start();
    const headers = { ...bearer(signer.machineToken()), ...cookie(signer.userToken()), ...evil };

    const answer = await call(`${url}/probe/write`, headers, 'POST');

    expect([answer.status, answer.body]).toEqual([201, { written: true }]);
    expect((await call(`${url}/probe/any`, headers)).body).toEqual({ caller: 'machine-client' });
  });

  it('of the same caller leaves the bearer token to act', async () => {
    const { url } = await start();
    const headers = {
      ...bearer(signer.userToken({ 'cognito:groups': ['viewers'] })),
      ...cookie(signer.userToken()),
      ...evil,
    };

    const answer = await call(`${url}/probe/write`, headers, 'POST');

    expect([answer.status, answer.body['code']]).toEqual([403, 'insufficient-scope']);
  });

  it('does not help a bearer token that is broken', async () => {
    const { url } = await start();
    const headers = { ...bearer('broken'), ...cookie(signer.userToken()) };

    expect((await call(`${url}/probe/any`, headers)).status).toBe(401);
  });

  it('says nothing when it is no longer valid', async () => {
    const { url } = await start();
    const headers = { ...bearer(signer.machineToken()), ...cookie('expired') };

    expect((await call(`${url}/probe/any`, headers)).body).toEqual({ caller: 'machine-client' });
  });
});

describe('a logout', () => {
  const status = async (headers: Record<string, string>) =>
    (await call(`${auth.url}/probe/any`, headers)).status;

  it('ends every token of the same sign-in, and no other', async () => {
    const { url } = await start();
    const [first, renewed] = [0, 1].map(() => signer.userToken({ origin_jti: 'one-sign-in' }));
    const other = signer.userToken();

    await call(`${url}/auth/logout`, bearer(first ?? ''), 'POST');

    expect([await status(bearer(first ?? '')), await status(bearer(renewed ?? ''))]).toEqual([
      401, 401,
    ]);
    expect(await status(bearer(other))).toBe(200);
  });

  it.each([
    ['by its own id', {}],
    ['by its hash when it has no id', { jti: undefined }],
  ])('ends a machine’s single token %s', async (_name, claims) => {
    const { url } = await start();
    const ended = bearer(signer.machineToken({ ...claims, version: 1 }));
    const other = bearer(signer.machineToken({ ...claims, version: 2 }));

    const answer = await call(`${url}/auth/logout`, ended, 'POST');

    expect([answer.status, await status(ended), await status(other)]).toEqual([200, 401, 200]);
  });
});

describe('without a view of the ended sessions', () => {
  class ShiftedClock extends SystemClock {
    shiftMs = 0;

    override nowEpochMs(): number {
      return super.nowEpochMs() + this.shiftMs;
    }
  }

  const unreachable = new DynamoDBClient({
    endpoint: 'http://127.0.0.1:9',
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });

  it('no caller gets in', async () => {
    const { url } = await start({ dynamoDb: unreachable });

    const answer = await call(`${url}/probe/read`, bearer(signer.userToken()));

    expect([answer.status, answer.body['code']]).toEqual([503, 'session-check-unavailable']);
    expect(answer.headers['retry-after']).toBe('3');
    expect((await call(`${url}/probe/public`)).status).toBe(200);
    expect((await call(`${url}/probe/read`, bearer('broken'))).status).toBe(401);
  });

  it('a view older than ten seconds no longer counts, also for remembered tokens', async () => {
    const clock = new ShiftedClock();
    const { url } = await start({ clock });
    const headers = bearer(signer.userToken());
    const before = await call(`${url}/probe/read`, headers);

    clock.shiftMs = 10_100;
    const after = await call(`${url}/probe/read`, headers);

    expect([before.status, after.status]).toEqual([200, 503]);
  });

  it('logging in is not possible either, since attempts cannot be counted', async () => {
    const { url } = await start({ dynamoDb: unreachable });

    const answer = await call(`${url}/auth/login`, { authorization: 'Basic YWRhOng=' }, 'POST');

    expect([answer.status, answer.body['code']]).toEqual([503, 'login-throttle-unavailable']);
  });
});
