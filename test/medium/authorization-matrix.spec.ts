import { SCOPES, type Scope } from '@sensorflow/auth';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDocument } from '../../apps/api/src/documents.js';
import { startInProcessApi, type InProcessApi } from '../support/in-process-api.js';

type Policy = 'public' | 'any' | readonly Scope[];

const READ: Policy = ['sensorflow/read'];
const WRITE: Policy = ['sensorflow/write'];
const IMPORT: Policy = ['sensorflow/import'];
const ADMIN: Policy = ['sensorflow/admin'];

/** Every route and who may call it, in words of its own: a route that is not here fails. */
const POLICIES: Readonly<Record<string, Policy>> = {
  'GET /': 'public',
  'GET /health/live': 'public',
  'GET /health/ready': 'public',
  'POST /auth/login': 'public',
  'POST /auth/password': 'public',
  'GET /api/v1/health': 'public',
  'GET /api/v1/ping': 'public',
  'GET /auth/me': 'any',
  'POST /auth/logout': 'any',
  'POST /api-keys': ADMIN,
  'GET /api-keys': ADMIN,
  'DELETE /api-keys/{keyId}': ADMIN,
  'GET /audit': ADMIN,
  'GET /users': ADMIN,
  'POST /users': ADMIN,
  'PATCH /users/{username}': ADMIN,
  'POST /users/{username}/reset': ADMIN,
  'POST /users/{username}/sign-out': ADMIN,
  'GET /equipment': READ,
  'GET /equipment/overview': READ,
  'GET /equipment/{equipmentId}/metrics': READ,
  'POST /api/v1/cip_monitoring': WRITE,
  'POST /api/v1/temperature_reading': WRITE,
  'POST /api/temperature_reading': WRITE,
  'POST /api/sensor_data': WRITE,
  'GET /api/v1/sensor/{equipmentId}/latest': READ,
  'GET /api/v1/query/sensor/{equipmentId}/latest': READ,
  'GET /api/v1/query/recent': READ,
  'POST /sensor-data': WRITE,
  'POST /sensor-data/batch': WRITE,
  'GET /sensor-data/{equipmentId}': READ,
  'GET /sensor-data/{equipmentId}/latest': READ,
  'GET /sensor-data/{equipmentId}/series': READ,
  'GET /sensor-data/{equipmentId}/{timestamp}/history': READ,
  'DELETE /sensor-data/{equipmentId}': ADMIN,
  'DELETE /sensor-data/{equipmentId}/{timestamp}': ADMIN,
  'GET /sensor-data/live': READ,
  'GET /ws/sensor_updates': READ,
  'GET /sensor-data/aggregated': READ,
  'GET /sensor-data/aggregated/fleet': READ,
  // Of one equipment and seven days, for who may only read.
  'GET /sensor-data/aggregated/verify': ['sensorflow/read', 'sensorflow/admin'],
  'POST /sensor-data/aggregated/repair': ADMIN,
  'POST /sensor-data/upload-csv': IMPORT,
  'POST /sensor-data/csv-preview': IMPORT,
  'GET /sensor-data/uploads': ['sensorflow/import', 'sensorflow/admin'],
  'GET /sensor-data/uploads/{id}': ['sensorflow/import', 'sensorflow/admin'],
  'DELETE /sensor-data/uploads/{id}': ['sensorflow/import', 'sensorflow/admin'],
};

/** How each route that a key may call keeps it to its equipment. */
const EQUIPMENT: Readonly<Record<string, 'in-path' | 'in-query' | 'by-handler' | 'refused'>> = {
  'GET /equipment': 'by-handler',
  'GET /equipment/overview': 'by-handler',
  'GET /equipment/{equipmentId}/metrics': 'in-path',
  'POST /api/v1/cip_monitoring': 'by-handler',
  'POST /api/v1/temperature_reading': 'by-handler',
  'POST /api/temperature_reading': 'by-handler',
  'POST /api/sensor_data': 'by-handler',
  'GET /api/v1/sensor/{equipmentId}/latest': 'in-path',
  'GET /api/v1/query/sensor/{equipmentId}/latest': 'in-path',
  'GET /api/v1/query/recent': 'by-handler',
  'POST /sensor-data': 'by-handler',
  'POST /sensor-data/batch': 'by-handler',
  'GET /sensor-data/{equipmentId}': 'in-path',
  'GET /sensor-data/{equipmentId}/latest': 'in-path',
  'GET /sensor-data/{equipmentId}/series': 'in-path',
  'GET /sensor-data/{equipmentId}/{timestamp}/history': 'in-path',
  'GET /sensor-data/live': 'by-handler',
  'GET /ws/sensor_updates': 'by-handler',
  'GET /sensor-data/aggregated': 'in-query',
  'GET /sensor-data/aggregated/fleet': 'refused',
  'GET /sensor-data/aggregated/verify': 'in-query',
  'POST /sensor-data/upload-csv': 'by-handler',
  'POST /sensor-data/csv-preview': 'by-handler',
  'GET /sensor-data/uploads': 'by-handler',
  'GET /sensor-data/uploads/{id}': 'by-handler',
  'DELETE /sensor-data/uploads/{id}': 'by-handler',
};

/** Takes no cookies, and says 403 where others say 401. */
const WEB_SOCKET = 'GET /ws/sensor_updates';

const GROUPS: Readonly<Record<string, readonly Scope[]>> = {
  viewers: ['sensorflow/read'],
  operators: ['sensorflow/read', 'sensorflow/write', 'sensorflow/import'],
  admins: SCOPES,
};

interface CallerCase {
  readonly byCookie?: boolean;
  readonly scopes: readonly Scope[];
  readonly headers: () => Promise<Record<string, string>>;
}

let api: InProcessApi;
let documented: readonly string[];

beforeAll(async () => {
  api = await startInProcessApi();
  documented = Object.entries(createDocument(api.app).paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
});

afterAll(async () => {
  await api.close();
});

async function keyWith(wish: object): Promise<Record<string, string>> {
  const answer = await api.app.inject({
    method: 'POST',
    url: '/api-keys',
    headers: { authorization: `Bearer ${api.machineToken}` },
    payload: { name: 'matrix', ...wish },
  });
  return { 'x-api-key': answer.json().key };
}

const CALLERS: Readonly<Record<string, CallerCase>> = {
  ...Object.fromEntries(
    [undefined, ...Object.keys(GROUPS)].map((group) => [
      `a user of ${group ?? 'no group'}`,
      {
        byCookie: true,
        scopes: GROUPS[group ?? ''] ?? [],
        headers: async () => ({ cookie: await api.cookieOfUserIn(group) }),
      },
    ]),
  ),
  ...Object.fromEntries(
    SCOPES.map((scope) => [
      `a machine with ${scope}`,
      {
        scopes: [scope],
        headers: async () => ({ authorization: `Bearer ${await api.machineTokenFor(scope)}` }),
      },
    ]),
  ),
  ...Object.fromEntries(
    SCOPES.filter((scope) => scope !== 'sensorflow/admin').map((scope) => [
      `a key with ${scope}`,
      { scopes: [scope], headers: async () => keyWith({ scopes: [scope] }) },
    ]),
  ),
};

function isAllowed(policy: Policy, scopes: readonly Scope[]): boolean {
  return typeof policy === 'string' || policy.some((scope) => scopes.includes(scope));
}

/** A faulty parameter in each: who is let in is refused with 400, and nothing is written or read. */
async function outcomeOf(
  route: string,
  headers: Record<string, string>,
  equipmentId = 'EQ-1',
  query = '',
): Promise<string> {
  const [method = '', path = ''] = route.split(' ');
  const url = `${path.replaceAll(/\{\w+\}/g, equipmentId)}?no-such-parameter=1${query}`;
  const answer = await api.app.inject({ method: method as 'GET', url, headers });
  const isRefusal = answer.statusCode === 401 || answer.statusCode === 403;
  return isRefusal ? `${answer.statusCode} ${answer.json().code}` : 'let in';
}

describe('the matrix of routes', () => {
  it('names every route that there is', () => {
    expect(documented.toSorted()).toEqual(Object.keys(POLICIES).toSorted());
  });

  it('keeps out who brings nothing', async () => {
    for (const [route, policy] of Object.entries(POLICIES)) {
      const isPassword = /POST \/auth\/(login|password)/.test(route);
      const refusal = route === WEB_SOCKET ? '403 unauthenticated' : '401 unauthenticated';
      const expected = policy === 'public' && !isPassword ? 'let in' : refusal;
      expect([route, await outcomeOf(route, {})]).toEqual([route, expected]);
    }
  });

  it.each(Object.entries(CALLERS))('holds for %s', async (_name, { scopes, headers, byCookie }) => {
    const credential = await headers();
    const outcomes: Record<string, string> = {};
    const expected: Record<string, string> = {};
    for (const [route, policy] of Object.entries(POLICIES)) {
      if (policy === 'public' || route === 'POST /auth/logout') continue;
      outcomes[route] = await outcomeOf(route, credential);
      expected[route] = isAllowed(policy, scopes) ? 'let in' : '403 insufficient-scope';
    }
    if (byCookie) expected[WEB_SOCKET] = '403 unauthenticated';

    expect(outcomes).toEqual(expected);
    const loggedOut = await outcomeOf('POST /auth/logout', credential);
    expect(loggedOut).toBe('let in');
  });
});

describe('the matrix of equipment', () => {
  it('names every route that a key may call', () => {
    const ofKeys = Object.entries(POLICIES)
      .filter(([, policy]) => typeof policy === 'object' && policy !== ADMIN)
      .map(([route]) => route);

    expect(Object.keys(EQUIPMENT).toSorted()).toEqual(ofKeys.toSorted());
  });

  it.each(Object.entries(EQUIPMENT))('holds for %s: %s', async (route, how) => {
    const [scope] = POLICIES[route] ?? [];
    const restricted = await keyWith({ scopes: [scope], equipmentIds: ['EQ-1'] });
    const forbidden = '403 equipment-forbidden';
    const [unnamed, own, other] = [
      await outcomeOf(route, restricted, 'EQ-1'),
      await outcomeOf(route, restricted, 'EQ-1', '&equipmentId=EQ-1'),
      await outcomeOf(route, restricted, 'EQ-2', '&equipmentId=EQ-2'),
    ];

    const expected = {
      'in-path': ['let in', 'let in', forbidden],
      'in-query': [forbidden, 'let in', forbidden],
      'by-handler': ['let in', 'let in', 'let in'],
      refused: [forbidden, forbidden, forbidden],
    };
    expect([unnamed, own, other]).toEqual(expected[how]);
  });
});
