import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { AuditEntryView } from '@sensorflow/auth/http/audit.views.js';
import { AuditTrail, nameHash } from '@sensorflow/auth/audit/audit-trail.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { basic, bearer, call, startAuthApp, type AuthApp } from '../support/auth-app.js';
import { startIdentityWorld, type IdentityWorld } from '../support/identity-world.js';
import { startSessionsTable, type SessionsTable } from '../support/sessions-table.js';
import { startJwksServer, TokenSigner, type JwksServer } from '../support/token-signer.js';

const signer = TokenSigner.create();
const admin = bearer(signer.userToken({ 'cognito:groups': ['admins'] }));
const JSON_BODY = { 'content-type': 'application/json' };
const WISH = JSON.stringify({ name: 'press', scopes: ['sensorflow/read'] });

let table: SessionsTable;
let jwks: JwksServer;
let auth: AuthApp;

beforeAll(async () => {
  table = await startSessionsTable();
  jwks = await startJwksServer(signer.jwk);
  auth = await start(table.client);
});

afterAll(async () => {
  await auth.close();
  await jwks.close();
  await table.close();
});

function start(dynamoDb: DynamoDBClient): Promise<AuthApp> {
  return startAuthApp({ dynamoDb, sessionsTableName: table.name, jwksUri: jwks.url });
}

async function entries(query = '', at = auth, by = admin): Promise<readonly AuditEntryView[]> {
  await at.app.get(AuditTrail, { strict: false }).flush();
  const { status, body } = await call(`${at.url}/audit?limit=1000${query}`, by);
  expect(status).toBe(200);
  return Object(body['items']);
}

describe('a change of keys', () => {
  it('leaves a row with who, what, from where, and how it ended', async () => {
    const made = await call(`${auth.url}/api-keys`, { ...admin, ...JSON_BODY }, 'POST', WISH);
    const keyId = String(made.body['keyId']);
    await call(`${auth.url}/api-keys/${keyId}`, admin, 'DELETE');
    await call(`${auth.url}/api-keys/${keyId}`, admin, 'DELETE');
    await call(`${auth.url}/api-keys`, { ...admin, ...JSON_BODY }, 'POST', '{}');

    await expect
      .poll(async () => (await entries('&actor=ada')).map((one) => `${one.action} ${one.outcome}`))
      .toEqual([
        'api-key.create refused',
        'api-key.revoke refused',
        'api-key.revoke succeeded',
        'api-key.create succeeded',
      ]);
    const [, revoked, , created] = await entries('&actor=ada');
    expect(created).toEqual({
      at: expect.stringMatching(/Z$/),
      actor: 'ada',
      action: 'api-key.create',
      target: `/api-keys/${keyId}`,
      address: '127.0.0.1',
      outcome: 'succeeded',
      requestId: expect.any(String),
      count: 1,
    });
    expect(revoked?.target).toBe(keyId);
    const { Items = [] } = await table.client.send(new ScanCommand({ TableName: table.name }));
    expect(JSON.stringify(Items)).not.toContain(String(made.body['key']).slice(21));
  });

  it('is not made without its row', async () => {
    const blind = await start(
      withoutAudit(async () => {
        throw new Error('no audit today');
      }),
    );
    const before = await call(`${auth.url}/api-keys?limit=1000`, admin);

    const made = await call(`${blind.url}/api-keys`, { ...admin, ...JSON_BODY }, 'POST', WISH);
    const read = await call(`${blind.url}/audit`, admin);
    const other = await call(`${blind.url}/probe/read`, admin);
    await blind.close();

    expect([made.status, made.body['code']]).toEqual([503, 'audit-unavailable']);
    expect(made.body['detail']).toContain('it was not done');
    expect(read.body['code']).toBe('audit-unavailable');
    expect(other.status).toBe(200);
    const after = await call(`${auth.url}/api-keys?limit=1000`, admin);
    expect(after.body['items']).toEqual(before.body['items']);
  });
});

describe('what was counted', () => {
  it('does not hold up the end of a process whose store does not answer', async () => {
    const stuck = await start(withoutAudit(async () => new Promise<never>(() => undefined)));
    await call(`${stuck.url}/probe/admin`, bearer(signer.machineToken()));
    const startedAt = performance.now();

    await stuck.close();

    expect(performance.now() - startedAt).toBeLessThan(5000);
  });
});

/** A client of the same table that does this in place of every call about the audit trail. */
function withoutAudit(instead: () => Promise<never>): DynamoDBClient {
  const client = new DynamoDBClient({
    endpoint: async () => endpointOf(table.client),
    region: 'local',
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    maxAttempts: 1,
  });
  client.middlewareStack.add(
    (next) => async (args) =>
      JSON.stringify(args.input).includes('"audit#') ? instead() : next(args),
    { step: 'initialize' },
  );
  return client;
}

async function endpointOf({ config }: DynamoDBClient) {
  const endpoint = await config.endpoint?.();
  if (!endpoint) throw new Error('the table has an endpoint of its own');
  return endpoint;
}

describe('refused rights', () => {
  it('are counted for each caller, route, network and minute', async () => {
    const machine = bearer(signer.machineToken({ sub: 'nosy' }));
    for (let index = 0; index < 20; index += 1) await call(`${auth.url}/probe/admin`, machine);
    await call(`${auth.url}/api-keys`, machine);

    const refused = await entries('&actor=machine-client&action=request');

    const counts = new Map<string, number>();
    for (const { target, count } of refused)
      counts.set(String(target), (counts.get(String(target)) ?? 0) + count);
    expect(Object.fromEntries(counts)).toEqual({ 'GET /probe/admin': 20, 'GET /api-keys': 1 });
    expect(refused[0]).toMatchObject({ outcome: 'insufficient-scope', requestId: null });
  });
});

describe('the list', () => {
  it('is read page by page, by time', async () => {
    const whole = await entries();
    const seen: unknown[] = [];
    let next = '';
    do {
      const { body } = await call(`${auth.url}/audit?limit=1${next}`, admin);
      seen.push(...Object(body['items']));
      const cursor = body['nextCursor'];
      next = typeof cursor === 'string' ? `&cursor=${cursor}` : '';
    } while (next !== '');

    expect(whole.length).toBeGreaterThan(4);
    expect(seen).toEqual(whole);
    const [newest] = whole;
    expect(await entries(`&to=${newest?.at}`)).not.toContainEqual(newest);
    expect(await entries(`&from=${newest?.at}`)).toContainEqual(newest);
  });

  it.each([
    ['from=yesterday', 'invalid-request', '/from'],
    ['from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 'range-empty', '/to'],
    ['actor=a&actor=b', 'invalid-request', '/actor'],
    [`action=${'x'.repeat(257)}`, 'invalid-request', '/action'],
    ['cursor=nonsense', 'cursor-invalid', '/cursor'],
    ['who=ada', 'invalid-request', '/who'],
  ])('refuses %s', async (query, code, pointer) => {
    const { status, body } = await call(`${auth.url}/audit?${query}`, admin);

    expect([status, body['code']]).toEqual([400, code]);
    expect(body['errors']).toMatchObject([{ pointer }]);
  });

  it('refuses the cursor of another query, and everybody but administrators', async () => {
    const page = await call(`${auth.url}/audit?limit=1`, admin);
    const cursor = String(page.body['nextCursor']);
    const operator = bearer(signer.userToken({ 'cognito:groups': ['operators'] }));

    const other = await call(`${auth.url}/audit?actor=ada&cursor=${cursor}`, admin);

    expect(other.body['code']).toBe('cursor-invalid');
    expect((await call(`${auth.url}/audit`, operator)).status).toBe(403);
  });
});

describe('logins', () => {
  let world: IdentityWorld;

  beforeAll(async () => {
    world = await startIdentityWorld();
    await world.addUser('grace', 'Correct-horse-battery-9');
  });

  afterAll(async () => {
    await world.close();
  });

  it('leave rows: names when they succeed, hashes of what is no name when they fail', async () => {
    const app = await world.startApp();
    const login = async (name: string, password: string) =>
      call(`${app.url}/auth/login`, basic(name, password), 'POST');

    await login('My-password-in-the-wrong-field-1', 'grace');
    await login('grace', 'wrong');
    const good = await login('grace', 'Correct-horse-battery-9');
    await login('grace', 'wrong');
    await login('grace', 'wrong');

    const [line = ''] = [good.headers['set-cookie'] ?? []].flat();
    const list = await entries('', app, { cookie: line.split(';')[0] ?? '' });
    const rows = list.map(({ actor, action, outcome, count }) => [actor, action, outcome, count]);
    expect(rows.toSorted((a, b) => (a.join() < b.join() ? -1 : 1))).toEqual(
      [
        ['grace', 'login', 'invalid-credentials', 2],
        ['grace', 'login', 'succeeded', 1],
        [nameHash('My-password-in-the-wrong-field-1'), 'login', 'invalid-credentials', 1],
        [nameHash('grace'), 'login', 'invalid-credentials', 1],
      ].toSorted((a, b) => (a.join() < b.join() ? -1 : 1)),
    );
    expect(JSON.stringify(list)).not.toMatch(/wrong|My-password/);
    const found = await entries('&actor=grace', app, { cookie: line.split(';')[0] ?? '' });
    expect(found).toHaveLength(3);
  });
});
