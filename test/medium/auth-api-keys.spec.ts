import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SystemClock } from '@sensorflow/kernel';
import { newApiKeyText } from '@sensorflow/auth/api-keys/api-key-text.js';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { json } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/api-client.js';
import {
  bearer,
  call,
  cookie,
  startAuthApp,
  type AuthApp,
  type AuthAppOptions,
} from '../support/auth-app.js';
import { CountedCalls } from '../support/counted-client.js';
import { forgedApiKey } from '../support/forged-api-key.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';
import { startJwksServer, TokenSigner, type JwksServer } from '../support/token-signer.js';

const signer = TokenSigner.create();
const admin = bearer(signer.userToken({ 'cognito:groups': ['admins'] }));

let table: SessionsTable;
let jwks: JwksServer;
let here: AuthApp;
let there: AuthApp;

beforeAll(async () => {
  table = await startSessionsTable();
  jwks = await startJwksServer(signer.jwk);
  [here, there] = await Promise.all([start(), start()]);
});

afterAll(async () => {
  await Promise.all([here.close(), there.close()]);
  await jwks.close();
  await table.close();
});

function start(options: Partial<AuthAppOptions> = {}): Promise<AuthApp> {
  const defaults = { dynamoDb: table.client, sessionsTableName: table.name, jwksUri: jwks.url };
  return startAuthApp({ ...defaults, ...options });
}

async function make(wish: object = {}, by: Record<string, string> = admin, at: AuthApp = here) {
  const headers = { ...by, 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'press', scopes: ['sensorflow/read'], ...wish });
  return call(`${at.url}/api-keys`, headers, 'POST', body);
}

async function newKey(wish: object = {}): Promise<{ keyId: string; key: string }> {
  const { status, body } = await make(wish);
  expect(status).toBe(201);
  return { keyId: String(body['keyId']), key: String(body['key']) };
}

const revoke = async (keyId: string, headers = admin, at = here) =>
  call(`${at.url}/api-keys/${keyId}`, headers, 'DELETE');

const read = async (headers: Record<string, string | string[]>, at = here) =>
  call(`${at.url}/probe/read`, headers);

describe('an API key', () => {
  it('is shown once, with all that was said of it', async () => {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();

    const { status, body, headers } = await make({
      expiresAt,
      equipmentIds: ['EQ-1', 'LINE-1:*'],
      ratePerMinute: 60,
      maxConnections: 2,
    });

    expect(status).toBe(201);
    expect(body).toEqual({
      keyId: expect.stringMatching(/^[0-9A-Za-z]{16}$/),
      key: expect.stringMatching(/^sfk_[0-9A-Za-z]{16}_[0-9A-Za-z]{49}$/),
      name: 'press',
      scopes: ['sensorflow/read'],
      equipmentIds: ['EQ-1', 'LINE-1:*'],
      expiresAt,
      ratePerMinute: 60,
      maxConnections: 2,
      createdAt: expect.any(String),
      createdBy: 'ada',
    });
    expect(headers['location']).toBe(`/api-keys/${String(body['keyId'])}`);
    expect(headers['cache-control']).toBe('no-store');
    const list = await call(`${here.url}/api-keys`, admin);
    expect(list.text).toContain(String(body['keyId']));
    expect(list.text).not.toContain('sfk_');
  });

  it.each<[string, (key: string) => Record<string, string>]>([
    ['X-API-Key', (key) => ({ 'x-api-key': key })],
    ['API-Key', (key) => ({ 'api-key': key })],
    ['a bearer token', bearer],
  ])('counts as %s', async (_name, headers) => {
    const { keyId, key } = await newKey();

    expect((await read(headers(key))).body).toEqual({ caller: `sfk_${keyId}` });
    const me = await call(`${here.url}/auth/me`, headers(key));
    expect(me.body).toEqual({
      username: 'press',
      subject: `sfk_${keyId}`,
      kind: 'key',
      scopes: ['sensorflow/read'],
      expiresAt: null,
    });
  });

  it('may do what its scopes say, and nothing else', async () => {
    const { key } = await newKey({ scopes: ['sensorflow/write'] });
    const headers = { 'x-api-key': key };

    const statuses = await Promise.all([
      call(`${here.url}/probe/write`, headers, 'POST'),
      call(`${here.url}/probe/read`, headers),
      call(`${here.url}/probe/import`, headers),
      call(`${here.url}/probe/admin`, headers),
      call(`${here.url}/api-keys`, headers),
    ]);

    expect(statuses.map(({ status }) => status)).toEqual([201, 403, 403, 403, 403]);
  });

  it('is not stopped by the check of where a request comes from', async () => {
    const { key } = await newKey({ scopes: ['sensorflow/write'] });
    const headers = { 'x-api-key': key, origin: 'https://evil.example' };

    expect((await call(`${here.url}/probe/write`, headers, 'POST')).status).toBe(201);
  });

  it('has no session to end', async () => {
    const { key } = await newKey();

    const answer = await call(`${here.url}/auth/logout`, { 'x-api-key': key }, 'POST');

    expect([answer.status, answer.body['code']]).toEqual([400, 'no-session']);
    expect((await read({ 'x-api-key': key })).status).toBe(200);
  });

  it('works within 10 s in another process, and is refused there within 10 s of its end', async () => {
    const { keyId, key } = await newKey();
    const status = async () => (await read({ 'x-api-key': key }, there)).status;

    await expect.poll(status, { timeout: 10_000, interval: 100 }).toBe(200);
    expect((await revoke(keyId)).status).toBe(204);
    expect((await read({ 'x-api-key': key })).body['code']).toBe('api-key-revoked');
    await expect.poll(status, { timeout: 10_000, interval: 100 }).toBe(401);
    expect((await revoke(keyId, admin, there)).body['code']).toBe('api-key-not-found');
  });

  it('is listed page by page, with its last use to the quarter of an hour', async () => {
    const { keyId, key } = await newKey();
    await read({ 'x-api-key': key });
    const listed = async () => {
      const found: unknown[] = [];
      let cursor: unknown;
      do {
        const next = typeof cursor === 'string' ? `&cursor=${cursor}` : '';
        const page = await call(`${here.url}/api-keys?limit=2${next}`, admin);
        found.push(...Object(page.body['items']));
        cursor = page.body['nextCursor'];
      } while (cursor !== null);
      return found.find((item) => Object(item).keyId === keyId);
    };

    await expect
      .poll(listed, { timeout: 5000 })
      .toMatchObject({ lastUsedAt: expect.stringMatching(/:(00|15|30|45):00\.000Z$/) });
  });
});

describe('of several credentials', () => {
  it('the first of X-API-Key, API-Key, bearer and cookie decides alone', async () => {
    const { key } = await newKey();
    const user = signer.userToken({ sub: 'a-user' });
    const machine = bearer(signer.machineToken({ sub: 'a-machine' }));
    const caller = async (headers: Record<string, string>) => {
      const { status, body } = await read(headers);
      return status === 200 ? String(body['caller']).slice(0, 4) : String(body['code']);
    };

    const good = { 'x-api-key': key };
    expect(await caller({ ...good, 'api-key': 'broken', ...machine, ...cookie(user) })).toBe(
      'sfk_',
    );
    expect(await caller({ 'api-key': key, ...bearer('broken'), ...cookie('broken') })).toBe('sfk_');
    expect(await caller({ ...machine, ...cookie(user) })).toBe('a-ma');
    expect(await caller(cookie(user))).toBe('a-us');
    expect(await caller({ 'x-api-key': '', 'api-key': key, ...machine })).toBe('api-key-malformed');
    expect(await caller({ 'x-api-key': 'no', ...machine })).toBe('api-key-malformed');
    expect(await caller({ 'api-key': newApiKeyText().key, ...machine })).toBe('api-key-unknown');
    expect(await caller({ ...bearer(newApiKeyText().key), ...cookie(user) })).toBe(
      'api-key-unknown',
    );
  });
});

const HUNDRED_AND_ONE = Array.from({ length: 101 }, (_, index) => `EQ-${index}`);

describe('a wish for a key', () => {
  it.each<[string, object, string, string]>([
    ['without a name', { name: undefined }, '/name', 'name-invalid'],
    ['with a blank name', { name: '  ' }, '/name', 'name-invalid'],
    ['with a name of 129 characters', { name: 'x'.repeat(129) }, '/name', 'name-invalid'],
    ['with a line break in its name', { name: 'a\nb' }, '/name', 'name-invalid'],
    ['without scopes', { scopes: [] }, '/scopes', 'scopes-invalid'],
    ['with an unknown scope', { scopes: ['sensorflow/all'] }, '/scopes', 'scopes-invalid'],
    ['with a scope twice', { scopes: TWICE() }, '/scopes', 'scopes-invalid'],
    ['with a text for scopes', { scopes: 'sensorflow/read' }, '/scopes', 'scopes-invalid'],
    ['for an administrator', { scopes: ['sensorflow/admin'] }, '/scopes', 'scope-not-for-keys'],
    ['for no equipment', { equipmentIds: [] }, '/equipmentIds', 'equipment-ids-invalid'],
    ['for * alone', { equipmentIds: ['*'] }, '/equipmentIds', 'equipment-ids-invalid'],
    ['for equipment twice', { equipmentIds: ['A', 'A'] }, '/equipmentIds', 'equipment-ids-invalid'],
    ['for a text', { equipmentIds: 'A' }, '/equipmentIds', 'equipment-ids-invalid'],
    ['for 101', { equipmentIds: HUNDRED_AND_ONE }, '/equipmentIds', 'equipment-ids-invalid'],
    ['that has expired', { expiresAt: '2020-01-01T00:00:00Z' }, '/expiresAt', 'expires-at-invalid'],
    ['with another end', { expiresAt: 'tomorrow' }, '/expiresAt', 'expires-at-invalid'],
    ['with a number for its end', { expiresAt: 4e12 }, '/expiresAt', 'expires-at-invalid'],
    ['with no requests', { ratePerMinute: 0 }, '/ratePerMinute', 'rate-per-minute-invalid'],
    ['with 60,001', { ratePerMinute: 60_001 }, '/ratePerMinute', 'rate-per-minute-invalid'],
    ['with half a request', { ratePerMinute: 0.5 }, '/ratePerMinute', 'rate-per-minute-invalid'],
    ['with no connection', { maxConnections: 0 }, '/maxConnections', 'max-connections-invalid'],
    ['that names its secret', { key: 'sfk_mine' }, '/key', 'unknown-property'],
  ])('%s is refused, and says where', async (_name, wish, pointer, code) => {
    const { status, body } = await make(wish);

    expect([status, body['code']]).toEqual([400, 'invalid-request']);
    expect(body['errors']).toEqual([{ pointer, code, detail: expect.any(String) }]);
  });

  it('is answered with every fault at once', async () => {
    const { body } = await make({ name: '', scopes: [], ratePerMinute: -1 });

    expect(body['errors']).toHaveLength(3);
  });

  it('takes null for what is left out', async () => {
    const nothing = {
      equipmentIds: null,
      expiresAt: null,
      ratePerMinute: null,
      maxConnections: null,
    };

    const { body } = await make({ ...nothing, ratePerMinute: null });

    expect(body).toMatchObject({ ...nothing, ratePerMinute: 600 });
  });

  it('grants nothing that its maker lacks, and needs the scope of an administrator', async () => {
    const only = bearer(signer.machineToken({ scope: 'sensorflow/admin sensorflow/write' }));
    const operator = bearer(signer.userToken({ 'cognito:groups': ['operators'] }));

    expect((await make({}, only)).body['code']).toBe('scope-not-held');
    expect((await make({ scopes: ['sensorflow/write'] }, only)).status).toBe(201);
    expect((await make({}, operator)).body['code']).toBe('insufficient-scope');
    expect((await revoke('0'.repeat(16), operator)).body['code']).toBe('insufficient-scope');
  });
});

function TWICE(): readonly string[] {
  return ['sensorflow/read', 'sensorflow/read'];
}

/** How somebody could try to get in with a key that is not theirs, or is none. */
const ATTACKS: readonly (readonly [
  string,
  (real: string, revoked: string) => string | string[],
])[] = [
  ['an empty key', () => ''],
  ['a blank', () => ' x '],
  ['the prefix', () => 'sfk_'],
  ['the id alone', (real) => real.slice(0, 20)],
  ['the id and no secret', (real) => real.slice(0, 21)],
  ['another secret for a real id', (real) => real.slice(0, 21) + newApiKeyText().key.slice(21)],
  ['another secret, well formed, for a real id', (real) => forgedApiKey(real.slice(4, 20))],
  ['a new key of nobody', () => newApiKeyText().key],
  [
    'the secret of one under the id of another',
    (real, other) => real.slice(0, 21) + other.slice(21),
  ],
  ['a revoked key', (_real, revoked) => revoked],
  ['one character less', (real) => real.slice(0, -1)],
  ['one character more', (real) => `${real}0`],
  ['the last character changed', (real) => real.slice(0, -1) + (real.endsWith('0') ? '1' : '0')],
  ['the first of the secret changed', (real) => swap(real, 21)],
  ['in capitals', (real) => real.toUpperCase()],
  ['in small letters', (real) => real.toLowerCase()],
  ['another prefix', (real) => real.replace('sfk_', 'SFK_')],
  ['the prefix twice', (real) => `sfk_${real}`],
  ['without the prefix', (real) => real.slice(4)],
  ['in quotes', (real) => `"${real}"`],
  ['with Bearer before it', (real) => `Bearer ${real}`],
  ['with a comma', (real) => `${real},`],
  ['two keys in one', (real) => `${real}, ${real}`],
  ['two headers', (real) => [real, real]],
  ['a real one behind a broken one', (real) => ['broken', real]],
  ['a tab within', (real) => `${real.slice(0, 30)}\t${real.slice(30)}`],
  ['percent-encoded', (real) => real.replaceAll('_', '%5F')],
  ['base64 of it', (real) => Buffer.from(real).toString('base64')],
  ['its hash', (real) => `sfk_${Buffer.from(real).toString('hex').slice(0, 66)}`],
  ['__proto__ for an id', () => 'sfk___proto_________'],
  ['an SQL condition', () => `sfk_' OR '1'='1`],
  ['a wildcard', () => 'sfk_*'],
  ['8 KB', (real) => real.padEnd(8000, '0')],
  ['letters that look alike', (real) => `${real.slice(0, -1)}\u00c0`],
  ['a token of a user', () => signer.userToken()],
];

function swap(text: string, at: number): string {
  return text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);
}

describe('a key that is none of ours', () => {
  let real: string;
  let revoked: string;

  beforeAll(async () => {
    const [good, bad] = await Promise.all([newKey(), newKey()]);
    await revoke(bad.keyId);
    [real, revoked] = [good.key, bad.key];
  });

  it('is unlike one of ours', async () => {
    expect((await read({ 'x-api-key': real })).status).toBe(200);
  });

  it.each(ATTACKS)('gets nothing: %s', async (_name, forge) => {
    const forged = forge(real, revoked);
    const headers = ['x-api-key', 'api-key'].map((name) => ({ [name]: forged }));

    for (const one of headers) {
      const answer = await read(one);
      expect([answer.status, String(answer.body['code'])]).toEqual([
        401,
        expect.stringMatching(/^api-key-(malformed|unknown|revoked)$/),
      ]);
      expect(answer.headers['www-authenticate']).toContain('invalid_token');
      expect(answer.text).not.toContain(real.slice(21));
    }
    const isToken = String(forged).startsWith('ey');
    if (isToken) return;
    const asBearer = await read(bearer(String(forged)));
    // RFC 6750 allows blanks behind the scheme: what they frame is the same key.
    expect(asBearer.status, asBearer.text).toBe(401);
  });

  it('gets nothing as a session cookie or in the query, where no key is taken', async () => {
    expect((await read(cookie(real))).status).toBe(401);
    for (const name of ['api-key', 'x-api-key', 'api_key', 'access_token', 'key']) {
      const answer = await call(`${here.url}/probe/read?${name}=${real}`);
      expect([answer.status, answer.body['code']]).toEqual([401, 'unauthenticated']);
    }
  });

  it('cannot make a key, or revoke one, with a key', async () => {
    const all = await newKey({
      scopes: ['sensorflow/read', 'sensorflow/write', 'sensorflow/import'],
    });

    expect((await make({}, { 'x-api-key': all.key })).status).toBe(403);
    expect((await revoke(all.keyId, { 'x-api-key': all.key })).status).toBe(403);
  });
});

describe('a flood of wrong keys', () => {
  const FLOOD = 2_000;
  const AT_ONCE = 50;

  it('costs the store a few calls a second, and none for each key', async () => {
    const { key } = await newKey();
    const { endpoint, region, credentials } = table.client.config;
    const counted = new DynamoDBClient({ ...(endpoint && { endpoint }), region, credentials });
    const calls = new CountedCalls(counted);
    const flooded = await start({ dynamoDb: counted });
    const forgeries = [
      () => newApiKeyText().key,
      () => forgedApiKey(key.slice(4, 20)),
      () => `${key}x`,
      () => 'changeme',
    ];
    calls.reset();
    const startedAt = performance.now();

    const statuses = new Set<number>();
    for (let sent = 0; sent < FLOOD; sent += AT_ONCE) {
      const answers = Array.from({ length: AT_ONCE }, async (_, index) =>
        read({ 'x-api-key': forgeries[index % forgeries.length]?.() ?? '' }, flooded),
      );
      for (const { status } of await Promise.all(answers)) statuses.add(status);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const { calls: made } = calls;
    await flooded.close();
    counted.destroy();

    expect([...statuses]).toEqual([401]);
    // Views of keys and ended sessions are refreshed, and failures noted, whether somebody calls or not.
    expect(made).toBeLessThan(20 + 5 * seconds);
  });
});

describe('while the store is out', () => {
  class ShiftedClock extends SystemClock {
    shiftMs = 0;

    override nowEpochMs(): number {
      return super.nowEpochMs() + this.shiftMs;
    }
  }

  it('a process that has seen no keys answers 503, not 401', async () => {
    const unreachable = new DynamoDBClient({
      endpoint: 'http://127.0.0.1:9',
      region: 'local',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
      maxAttempts: 1,
    });
    const { key } = await newKey();
    const blind = await start({ dynamoDb: unreachable });

    const answer = await read({ 'x-api-key': key }, blind);
    const mistyped = await read({ 'x-api-key': `${key}x` }, blind);
    await blind.close();

    expect([answer.status, answer.body['code']]).toEqual([503, 'api-key-check-unavailable']);
    expect(answer.headers['retry-after']).toBe('3');
    expect(mistyped.body['code']).toBe('api-key-malformed');
  });

  it('a view older than ten seconds no longer counts', async () => {
    const clock = new ShiftedClock();
    const old = await start({ clock });
    const { key } = await newKey();
    await expect
      .poll(async () => (await read({ 'x-api-key': key }, old)).status, { timeout: 10_000 })
      .toBe(200);

    clock.shiftMs = 10_100;
    const answer = await read({ 'x-api-key': key }, old);
    await old.close();

    expect(answer.status).toBe(503);
  });
});

describe('the rate of a key', () => {
  it('is told with every answer, and what is too many is refused', async () => {
    const { keyId, key } = await newKey({ ratePerMinute: 3, scopes: ['sensorflow/read'] });
    const headers = { 'x-api-key': key };

    const answers = [
      await read(headers),
      await call(`${here.url}/probe/admin`, headers),
      await read(headers),
      await read(headers),
    ];

    expect(answers.map(({ status }) => status)).toEqual([200, 403, 200, 429]);
    for (const { headers: answered } of answers) {
      expect(answered['ratelimit-policy']).toBe('"minute";q=3;w=60');
    }
    expect(answers.map(({ headers: answered }) => answered['ratelimit'])).toEqual([
      expect.stringMatching(/^"minute";r=2;t=(60|59)$/),
      expect.stringMatching(/^"minute";r=1;t=(60|59)$/),
      expect.stringMatching(/^"minute";r=0;t=(60|5\d)$/),
      expect.stringMatching(/^"minute";r=0;t=(60|5\d)$/),
    ]);
    const [, , , refused] = answers;
    expect(refused?.body['code']).toBe('rate-limited');
    expect(Number(refused?.headers['retry-after'])).toBeGreaterThan(50);
    expect(keyId).toHaveLength(16);
  });

  it('does not hold for people, nor for machines unless it is configured', async () => {
    const limited = await start({ machineRatePerMinute: 1 });
    const machine = bearer(signer.machineToken());
    const twice = async (headers: Record<string, string>, at: AuthApp) => [
      (await read(headers, at)).status,
      (await read(headers, at)).status,
    ];

    const statuses = [
      await twice(machine, here),
      await twice(machine, limited),
      await twice(admin, limited),
    ];
    const unlimited = await read(machine, here);
    await limited.close();

    expect(statuses).toEqual([
      [200, 200],
      [200, 429],
      [200, 200],
    ]);
    expect(unlimited.headers['ratelimit']).toBeUndefined();
  });
});

describe('a body that takes its time', () => {
  /** The beginning of a request; what it answers sends the rest. */
  function beginWrite({ key }: { key: string }) {
    const body = JSON.stringify({ padding: 'x'.repeat(100) });
    const request = httpRequest(`${there.url}/probe/write`, {
      method: 'POST',
      headers: {
        'x-api-key': key,
        'content-type': 'application/json',
        'content-length': body.length,
      },
    });
    request.write(body.slice(0, 10));
    return async (): Promise<{ status: number | undefined; code: unknown }> => {
      request.end(body.slice(10));
      const [response]: IncomingMessage[] = await once(request, 'response');
      const answer: unknown = response && (await json(response));
      return { status: response?.statusCode, code: Reflect.get(Object(answer), 'code') };
    };
  }

  it('is refused when its key was revoked meanwhile, within ten seconds', async () => {
    const wish = { scopes: ['sensorflow/write'] };
    const [kept, revoked] = [await newKey(wish), await newKey(wish)];
    await eventually(
      async () => call(`${there.url}/auth/me`, { 'x-api-key': revoked.key }),
      ({ status }) => status === 200,
    );
    const [finishKept, finishRevoked] = [beginWrite(kept), beginWrite(revoked)];

    expect((await revoke(revoked.keyId)).status).toBe(204);
    await delay(6_000);

    expect(await finishRevoked()).toEqual({ status: 401, code: 'api-key-revoked' });
    expect((await finishKept()).status).toBe(201);
  });
});
