import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { SCOPES, type Scope } from '@sensorflow/auth';
import { DynamoDbImportStore } from '@sensorflow/csv-import/dynamodb/dynamodb-import-store.js';
import { EquipmentRegistry } from '@sensorflow/equipment';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDocument } from '../../apps/api/src/documents.js';
import type { EmbeddedTopic } from '../support/embedded-topic.js';
import {
  EQUIPMENT_ROWS,
  INSTANT,
  OTHER,
  OWN,
  type Asked,
  type EquipmentRow,
  type Expected,
  type Subject,
} from '../support/equipment-rows.js';
import { feedText, screenText } from '../support/feed-texts.js';
import {
  startInProcessApi,
  startLocalTopic,
  type InProcessApi,
} from '../support/in-process-api.js';

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

const FEED = 'GET /sensor-data/live';
/** Takes no cookies, and says 403 where others say 401. */
const WEB_SOCKET = 'GET /ws/sensor_updates';

const INSUFFICIENT = '403 insufficient-scope';

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
let topic: EmbeddedTopic;
let baseUrl: string;
let documented: readonly string[];

beforeAll(async () => {
  topic = await startLocalTopic();
  api = await startInProcessApi({ topic });
  await api.app.listen(0, '127.0.0.1');
  baseUrl = await api.app.getUrl();
  documented = Object.entries(createDocument(api.app).paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
});

afterAll(async () => {
  await api.close();
  await topic.close();
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

const KEY_SCOPES = SCOPES.filter((scope) => scope !== 'sensorflow/admin');

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
    KEY_SCOPES.map((scope) => [
      `a key with ${scope}`,
      { scopes: [scope], headers: async () => keyWith({ scopes: [scope] }) },
    ]),
  ),
};

function isAllowed(policy: Policy, scopes: readonly Scope[]): boolean {
  return typeof policy === 'string' || policy.some((scope) => scopes.includes(scope));
}

/** A faulty parameter in each: who is let in is refused with 400, and nothing is written or read. */
async function outcomeOf(route: string, headers: Record<string, string>): Promise<string> {
  const [method = '', path = ''] = route.split(' ');
  const url = `${path.replaceAll(/\{\w+\}/g, 'EQ-1')}?no-such-parameter=1`;
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
      expected[route] = isAllowed(policy, scopes) ? 'let in' : INSUFFICIENT;
    }
    if (byCookie) expected[WEB_SOCKET] = '403 unauthenticated';

    expect(outcomes).toEqual(expected);
    const loggedOut = await outcomeOf('POST /auth/logout', credential);
    expect(loggedOut).toBe('let in');
  });
});

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** As the route is asked by its clients. */
async function answerTo(
  route: string,
  headers: Record<string, string>,
  subject: Subject,
  { query = '', payload }: Asked,
): Promise<Answer> {
  const [method = '', pattern = ''] = route.split(' ');
  const path = pattern
    .replace('{equipmentId}', subject.equipmentId)
    .replace('{timestamp}', INSTANT)
    .replace('{id}', subject.uploadId);
  const url = `${path}?${query}`;
  if (route === FEED) return feedText(`${baseUrl}${url}`, headers, topic);
  if (route === WEB_SOCKET) return screenText(`${baseUrl}${url}`, headers, topic);
  const body = payload === undefined ? {} : { payload };
  const answer = await api.app.inject({ method: method as 'GET', url, headers, ...body });
  return { status: answer.statusCode, text: answer.body };
}

/** What `expected` asks of an answer, as the answer has it. */
async function foundIn({ status, text }: Answer, subject: Subject, expected: Expected) {
  const { equipmentId, uploadId } = subject;
  const found: Record<keyof Expected, () => unknown> = {
    status: () => status,
    code: () => JSON.parse(text).code,
    shows: () => text.includes(`"${equipmentId}"`) || text.includes(`"${uploadId}"`),
    rejects: () => text.includes('"equipment-forbidden"'),
    keepsTo: async () => equipmentOfImport(JSON.parse(text).uploadId),
  };
  const names = Object.keys(expected) as (keyof Expected)[];
  const entries = names.map(async (name) => [name, await found[name]()] as const);
  return Object.fromEntries(await Promise.all(entries));
}

async function equipmentOfImport(uploadId: string): Promise<readonly string[] | undefined> {
  const client = new DynamoDBClient({ region: 'local' });
  const imports = new DynamoDbImportStore(client, 'DYNAMODB_IMPORTS_TABLE_NAME');
  const record = await imports.find(uploadId);
  client.destroy();
  return record?.equipmentEntries;
}

/** Of a refusal, all that it says, but what it was asked about. */
function refusalIn({ status, text }: Answer, { equipmentId, uploadId }: Subject): unknown {
  if (status < 400) return status;
  const { requestId: _, ...problem } = JSON.parse(text);
  return JSON.parse(
    JSON.stringify(problem).replaceAll(equipmentId, '<equipment>').replaceAll(uploadId, '<import>'),
  );
}

const ROWS = Object.entries(EQUIPMENT_ROWS).flatMap(([route, rows]) =>
  rows.map((row, index): [string, number, EquipmentRow] => [route, index, row]),
);

describe('the matrix of equipment', () => {
  /** For one piece of equipment, and for two. */
  let narrow: Record<string, string>;
  let wide: Record<string, string>;
  let own: Subject;
  let other: Subject;
  let missing: Subject;

  async function subjectOf(equipmentId: string, headers: Record<string, string>): Promise<Subject> {
    const ask = async (url: string, payload: object) => {
      const answer = await api.app.inject({ method: 'POST', url, headers, payload });
      expect(answer.statusCode).toBe(201);
      return answer.json();
    };
    await ask('/sensor-data', { equipmentId, timestamp: INSTANT, value: 1 });
    await ask('/api/sensor_data', { id_sensor: equipmentId, temperature: 1 });
    const { uploadId } = await ask('/sensor-data/upload-csv', { fileName: 'a.csv', size: 1 });
    return { equipmentId, uploadId };
  }

  beforeAll(async () => {
    narrow = await keyWith({ scopes: KEY_SCOPES, equipmentIds: [OWN] });
    wide = await keyWith({ scopes: KEY_SCOPES, equipmentIds: [OWN, OTHER] });
    own = await subjectOf(OWN, narrow);
    other = await subjectOf(OTHER, wide);
    missing = { equipmentId: 'EQ-NONE', uploadId: randomUUID() };
    // As the function behind the stream does.
    await api.app
      .get(EquipmentRegistry)
      .add([OWN, OTHER].map((equipmentId) => ({ equipmentId, metric: 'value' })));
  });

  it('names every route that a key may call', () => {
    const ofKeys = Object.entries(POLICIES)
      .filter(([, policy]) => typeof policy === 'object' && policy !== ADMIN)
      .map(([route]) => route);

    expect(Object.keys(EQUIPMENT_ROWS).toSorted()).toEqual(ofKeys.toSorted());
  });

  it.each(ROWS)('holds for %s (%i)', async (route, _index, row) => {
    const asked = async (headers: Record<string, string>, subject: Subject) =>
      answerTo(route, headers, subject, row.ask(subject));
    const refusal = await asked(narrow, other);

    expect(await foundIn(refusal, other, row.other)).toEqual(row.other);
    // As if there were no such equipment.
    expect(refusalIn(await asked(narrow, missing), missing)).toEqual(refusalIn(refusal, other));
    expect(await foundIn(await asked(narrow, own), own, row.own)).toEqual(row.own);
    // It is there for those who may.
    expect(await foundIn(await asked(wide, other), other, row.own)).toEqual(row.own);
  });

  it.each(KEY_SCOPES)('holds for a key with %s alone, for equipment by prefix', async (scope) => {
    const headers = await keyWith({ scopes: [scope], equipmentIds: [`${OWN}*`] });
    const isLetIn = ([route]: (typeof ROWS)[number]) =>
      isAllowed(POLICIES[route] ?? ADMIN, [scope]);
    for (const [route] of ROWS.filter((row) => !isLetIn(row))) {
      expect([route, await outcomeOf(route, headers)]).toEqual([route, INSUFFICIENT]);
    }
    for (const [route, index, row] of ROWS.filter(isLetIn)) {
      const { keepsTo, ...rest } = row.other;
      const expected = keepsTo === undefined ? rest : { ...rest, keepsTo: [`${OWN}*`] };
      const answer = await answerTo(route, headers, other, row.ask(other));
      const found = await foundIn(answer, other, expected);
      expect([route, index, found]).toEqual([route, index, expected]);
    }
  });
});
