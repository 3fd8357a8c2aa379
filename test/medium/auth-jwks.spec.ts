import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { SystemClock } from '@sensorflow/kernel';
import { AuthReadiness } from '@sensorflow/auth';
import { EndedSessions } from '@sensorflow/auth/ended-sessions.js';
import { JwksKeySet } from '@sensorflow/auth/cognito/jwks-key-set.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { bearer, call, startAuthApp, type AuthApp } from '../support/auth-app.js';
import { FixedClock } from '../support/fixed-clock.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';
import { startJwksServer, TokenSigner, type JwksServer } from '../support/token-signer.js';

const first = TokenSigner.create('first');
const second = TokenSigner.create('second');

let jwks: JwksServer;

beforeEach(async () => {
  jwks = await startJwksServer(first.jwk);
});

afterEach(async () => {
  await jwks.close();
});

/** Real time, moved ahead by as much as a test says. */
class ShiftedClock extends SystemClock {
  shiftMs = 0;

  override nowEpochMs(): number {
    return super.nowEpochMs() + this.shiftMs;
  }
}

function keySet(clock = new FixedClock()): { keys: JwksKeySet; failures: unknown[] } {
  const failures: unknown[] = [];
  return { keys: new JwksKeySet(jwks.url, clock, (error) => failures.push(error)), failures };
}

describe('the key set', () => {
  it('asks at most once in ten seconds for however many unknown keys', async () => {
    const clock = new FixedClock();
    const { keys } = keySet(clock);
    await keys.refresh();

    const flood = Array.from({ length: 2000 }, (_, index) => keys.knows(`invented-${index}`));
    expect(await Promise.all(flood)).not.toContain(true);
    for (let index = 0; index < 100; index += 1) await keys.knows(`more-${index}`);

    expect(jwks.requests).toBe(2);
  });

  it('finds a rotated key within ten seconds, in the middle of a flood', async () => {
    const clock = new FixedClock();
    const { keys } = keySet(clock);
    await keys.refresh();
    await keys.knows('invented');
    jwks.publish(first.jwk, second.jwk);

    const early = await keys.knows('second');
    clock.advance(10_000);
    await keys.knows('invented');

    expect(early).toBe(false);
    expect(await keys.knows('second')).toBe(true);
    expect(jwks.requests).toBe(3);
  });

  it('refreshes on schedule although a flood has just used up its question', async () => {
    const { keys } = keySet();
    await keys.refresh();
    await keys.knows('invented');
    jwks.publish(second.jwk);

    await keys.refresh();

    expect(await keys.knows('second')).toBe(true);
    expect(await keys.knows('first')).toBe(false);
  });

  it.each<[string, number, string]>([
    ['an error', 500, 'down'],
    ['no JSON', 200, '<html>'],
    ['no keys', 200, '{"keys":[]}'],
    ['null', 200, 'null'],
  ])('keeps its keys when the endpoint answers %s', async (_name, status, body) => {
    const { keys, failures } = keySet();
    await keys.refresh();
    jwks.answer(status, body);

    expect(await keys.refresh()).toBe(false);

    expect(failures).toHaveLength(1);
    expect(await keys.knows('first')).toBe(true);
  });

  it('takes no document that is larger than 64 KB, whatever is in it', async () => {
    const { keys } = keySet();
    jwks.answer(200, JSON.stringify({ keys: [second.jwk], padding: 'x'.repeat(70_000) }));

    expect(await keys.refresh()).toBe(false);

    expect(keys.isReady()).toBe(false);
  });

  it('follows no redirect', async () => {
    const elsewhere = await startJwksServer(second.jwk);
    const { keys } = keySet();
    jwks.answer(302, '', { location: elsewhere.url });

    const refreshed = await keys.refresh();
    await elsewhere.close();

    expect([refreshed, elsewhere.requests]).toEqual([false, 0]);
  });

  it('keeps its keys when the server is down', async () => {
    const { keys } = keySet();
    await keys.refresh();
    await jwks.close();

    expect(await keys.refresh()).toBe(false);

    expect(keys.isReady()).toBe(true);
    jwks = await startJwksServer();
  });

  it('takes only strong RSA signing keys with an id of their own', async () => {
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey;
    const small = TokenSigner.create('small', 1024);
    const { keys } = keySet();
    jwks.publish(
      { ...first.jwk, kid: 'encrypting', use: 'enc' },
      { ...first.jwk, kid: 'other-alg', alg: 'RS512' },
      { ...first.jwk, kid: 'exponent-of-one', e: 'AQ' },
      { ...first.jwk, kid: 'no-modulus', n: undefined },
      { ...first.jwk, kid: '' },
      { ...first.jwk, kid: 7 },
      { kid: 'secret', kty: 'oct', k: 'c2VjcmV0', alg: 'HS256', use: 'sig' },
      { ...elliptic.export({ format: 'jwk' }), kid: 'elliptic', use: 'sig' },
      small.jwk,
      { ...first.jwk, kid: 'twin' },
      { ...second.jwk, kid: 'twin' },
      { ...second.jwk, kid: 'twin' },
      { ...first.jwk, kid: 'good', use: undefined, alg: undefined },
    );

    await keys.refresh();

    expect(keys.all().map(({ kid }) => kid)).toEqual(['good']);
  });
});

describe('the application', () => {
  let table: SessionsTable;
  let auth: AuthApp | undefined;

  beforeAll(async () => {
    table = await startSessionsTable();
  });

  afterEach(async () => {
    await auth?.close();
    auth = undefined;
  });

  afterAll(async () => {
    await table.close();
  });

  async function start(clock = new ShiftedClock()): Promise<AuthApp> {
    auth = await startAuthApp({
      dynamoDb: table.client,
      sessionsTableName: table.name,
      jwksUri: jwks.url,
      clock,
    });
    return auth;
  }

  const me = async (app: AuthApp, token: string) =>
    (await call(`${app.url}/auth/me`, bearer(token))).status;

  it('accepts nothing before it has keys, and becomes ready by itself', async () => {
    jwks.answer(503, '');
    const app = await start();
    const readiness = app.app.get(AuthReadiness, { strict: false });
    const cold = await call(`${app.url}/auth/me`, bearer(first.userToken()));
    const readyWhenCold = readiness.isReady();

    jwks.publish(first.jwk);
    for (let waited = 0; !readiness.isReady() && waited < 5000; waited += 50) await delay(50);

    expect([cold.status, cold.body['code']]).toEqual([503, 'signing-keys-unavailable']);
    expect(cold.headers['retry-after']).toBe('2');
    expect(readyWhenCold).toBe(false);
    expect(await me(app, first.userToken())).toBe(200);
  });

  it('takes no requests to the endpoint for tokens of known keys', async () => {
    const app = await start();

    for (let index = 0; index < 50; index += 1) await me(app, first.userToken());

    expect(jwks.requests).toBe(1);
  });

  it('stays calm under a flood of invented keys, and follows a rotation', async () => {
    const clock = new ShiftedClock();
    const app = await start(clock);
    const invented = Array.from({ length: 300 }, (_, index) =>
      me(app, first.userToken({}, { kid: `invented-${index}` })),
    );
    expect(new Set(await Promise.all(invented))).toEqual(new Set([401]));
    const requestsOfFlood = jwks.requests;

    jwks.publish(first.jwk, second.jwk);
    clock.shiftMs = 10_000;
    await app.app.get(EndedSessions, { strict: false }).refresh();
    const rotated = await me(app, second.userToken());

    expect(requestsOfFlood).toBe(2);
    expect(rotated).toBe(200);
    expect(await me(app, first.userToken())).toBe(200);
  });

  it('goes on accepting known keys while the endpoint is down', async () => {
    const app = await start();
    jwks.answer(500, 'down');

    expect(await me(app, first.userToken())).toBe(200);
    expect(await me(app, second.userToken())).toBe(401);
  });

  it('remembers a token for a minute, but not past its end', async () => {
    const clock = new ShiftedClock();
    const app = await start(clock);
    const now = Math.floor(Date.now() / 1000);
    const short = first.userToken({ exp: now + 30 });
    expect(await me(app, short)).toBe(200);

    clock.shiftMs = 100_000;
    await app.app.get(EndedSessions, { strict: false }).refresh();

    expect(await me(app, short)).toBe(401);
  });

  it('keeps the issuers of two applications of one process apart', async () => {
    const app = await start();
    const other = await startAuthApp({
      dynamoDb: table.client,
      sessionsTableName: table.name,
      jwksUri: jwks.url,
      issuers: ['https://elsewhere.example/pool'],
    });

    const statuses = [await me(app, first.userToken()), await me(other, first.userToken())];
    await other.close();

    expect(statuses).toEqual([200, 401]);
  });
});
