import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDocument } from '../../apps/api/src/documents.js';
import { superLinearGrowth } from '../support/growth.js';
import { HOSTILE_TEXTS } from '../support/hostile-text.js';
import { ImportWorkbench } from '../support/import-workbench.js';
import {
  FRONTEND_ORIGIN,
  startInProcessApi,
  type InProcessApi,
} from '../support/in-process-api.js';

const KIB = 1024;
const TEXTS = Object.entries(HOSTILE_TEXTS);

let api: InProcessApi;

beforeAll(async () => {
  api = await startInProcessApi();
});

afterAll(async () => {
  await api.close();
});

interface Sent {
  readonly method?: 'GET' | 'POST' | 'DELETE' | 'OPTIONS';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: string;
}

/** Without a socket, and so without the limits that Node's parser has for lines and headers. */
async function send({ method = 'GET', url, headers = {}, payload }: Sent): Promise<number> {
  const answer = await api.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${api.machineToken}`, ...headers },
    ...(payload !== undefined && { payload }),
  });
  return answer.statusCode;
}

const ATTEMPTS = 10;

/**
 * What reads the text must be reached: a refusal before that is quick whatever the text. Asks again,
 * because on a machine that stood still nobody is admitted until what is known of sessions is fresh.
 */
async function reach(sent: Sent): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const status = await send(sent);
    if (status !== 401 && status !== 403 && status < 500) return;
    await delay(500);
  }
  throw new Error(`what reads ${sent.url} was never reached`);
}

/** What of all hostile texts takes longer than its length says. */
async function growthOf(
  length: number,
  work: (text: string) => Promise<unknown>,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name, textOf] of TEXTS) {
    const growth = await superLinearGrowth(async (size) => work(textOf(size)), length);
    if (growth !== undefined) found.push(`${name}: ${growth}`);
  }
  return found;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const NDJSON_TYPE = { 'content-type': 'application/x-ndjson' };
const READING = '"equipmentId":"EQ-1","timestamp":"2023-02-15T06:30:00Z"';

/** Where a text can stand in a JSON document. */
const PLACES: readonly (readonly [string, (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['after a tiny number', (text) => `[1e-100,${text}]`],
  ['after half a string', (text) => `"e-100${text}`],
  ['in a string', (text) => `{"a":${JSON.stringify(text)},"b":1e-400}`],
  ['as a name', (text) => `{${JSON.stringify(text)}:1}`],
  ['as an equipment id', (text) => `{"equipmentId":${JSON.stringify(text)}}`],
  ['as a timestamp', (text) => `{"equipmentId":"E","timestamp":${JSON.stringify(text)}}`],
  ['as a value', (text) => `{${READING},"value":${text}}`],
  ['as a metric', (text) => `{${READING},"values":{${JSON.stringify(text)}:1}}`],
  ['as a tag', (text) => `{${READING},"value":1,"tags":{"a":${JSON.stringify(text)}}}`],
  ['as a file name', (text) => `{"fileName":${JSON.stringify(`${text}.csv`)},"size":1}`],
  ['as an option', (text) => `{"fileName":"a.csv","size":1,"timezone":${JSON.stringify(text)}}`],
  [
    'as a column',
    (text) => `{"fileName":"a.csv","size":1,"columns":{${JSON.stringify(text)}:"a"}}`,
  ],
];

const BODIES: readonly (readonly [string, Readonly<Record<string, string>>, number])[] = [
  ['/sensor-data', JSON_TYPE, 24 * KIB],
  ['/sensor-data/upload-csv', JSON_TYPE, 24 * KIB],
  ['/sensor-data/batch', JSON_TYPE, 512 * KIB],
  ['/sensor-data/batch', NDJSON_TYPE, 512 * KIB],
];

describe.each(BODIES)('a body for %s, %o', (url, headers, length) => {
  it.each(PLACES)('takes time that is linear in its length, with the text %s', async (_, place) => {
    const post = async (text: string) =>
      reach({ method: 'POST', url, headers, payload: place(text) });

    expect(await growthOf(length, post)).toEqual([]);
  });
});

const PERSON = (cookie: string) => ({ authorization: '', cookie });

/** Each header that the API reads, at a route that reads it. */
const HEADERS: readonly (readonly [string, (text: string) => Sent])[] = [
  ['authorization', (text) => ({ url: '/auth/me', headers: { authorization: text } })],
  ['a bearer token', (text) => ({ url: '/auth/me', headers: { authorization: `Bearer ${text}` } })],
  [
    'a token of three parts',
    (text) => ({
      url: '/auth/me',
      headers: { authorization: `Bearer ${text}.${text}.${text}` },
    }),
  ],
  [
    'basic credentials',
    (text) => ({
      method: 'POST',
      url: '/auth/login',
      headers: { authorization: `Basic ${text}` },
    }),
  ],
  [
    'encoded credentials',
    (text) => ({
      method: 'POST',
      url: '/auth/login',
      headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` },
    }),
  ],
  ['cookie', (text) => ({ url: '/auth/me', headers: PERSON(text) })],
  ['session cookie', (text) => ({ url: '/auth/me', headers: PERSON(`__Host-sensorflow=${text}`) })],
  [
    'content-type',
    (text) => ({
      method: 'POST',
      url: '/sensor-data',
      headers: { 'content-type': `application/json${text}` },
      payload: '{}',
    }),
  ],
  [
    'charset',
    (text) => ({
      method: 'POST',
      url: '/sensor-data/batch',
      headers: { 'content-type': `application/x-ndjson; charset=${text}` },
      payload: '{}',
    }),
  ],
  [
    'content-encoding',
    (text) => ({
      method: 'POST',
      url: '/sensor-data',
      headers: { ...JSON_TYPE, 'content-encoding': text },
      payload: '{}',
    }),
  ],
  [
    'transfer-encoding',
    (text) => ({
      method: 'POST',
      url: '/sensor-data',
      headers: { ...JSON_TYPE, 'transfer-encoding': text },
    }),
  ],
  ['accept', (text) => ({ url: '/', headers: { accept: text } })],
  ['accept-encoding', (text) => ({ url: '/docs/', headers: { 'accept-encoding': text } })],
  ['if-none-match', (text) => ({ url: '/docs/', headers: { 'if-none-match': text } })],
  ['range', (text) => ({ url: '/docs/swagger-ui.css', headers: { range: `bytes=${text}` } })],
  [
    'x-forwarded-for',
    (text) => ({
      method: 'POST',
      url: '/auth/login',
      headers: { authorization: 'Basic YTpi', 'x-forwarded-for': text },
    }),
  ],
  ['x-forwarded-host', (text) => ({ url: '/', headers: { 'x-forwarded-host': text } })],
  ['x-forwarded-proto', (text) => ({ url: '/', headers: { 'x-forwarded-proto': text } })],
  ['host', (text) => ({ method: 'POST', url: '/auth/logout', headers: { host: text } })],
  ...['origin', 'host', 'referer', 'sec-fetch-site', 'sec-fetch-mode', 'sec-fetch-dest'].map(
    (name): readonly [string, (text: string) => Sent] => [
      `${name} of a browser`,
      (text) => ({
        method: 'POST',
        url: '/sensor-data',
        headers: {
          ...PERSON(api.sessionCookie),
          ...JSON_TYPE,
          origin: FRONTEND_ORIGIN,
          [name]: text,
        },
        payload: '{}',
      }),
    ],
  ),
  [
    'access-control-request-headers',
    (text) => ({
      method: 'OPTIONS',
      url: '/sensor-data',
      headers: {
        origin: FRONTEND_ORIGIN,
        'access-control-request-method': 'POST',
        'access-control-request-headers': text,
      },
    }),
  ],
];

describe('a header', () => {
  it.each(HEADERS)('takes time that is linear in its length: %s', async (_, sentWith) => {
    expect(await growthOf(16 * KIB, async (text) => send(sentWith(text)))).toEqual([]);
  });
});

interface Parameter {
  readonly in: string;
  readonly name: string;
}

interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: unknown;
}

/** Each route of the document: its method, its path and what it says of itself. */
function operations(): readonly (readonly [string, string, Operation])[] {
  const paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> = JSON.parse(
    JSON.stringify(createDocument(api.app).paths),
  );
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [method, path, operation] as const),
  );
}

describe('the routes that take a body', () => {
  // Its 4 KiB are too few for their length to tell, and what reads them is the same.
  const TOO_SHORT = '/auth/password';

  it('are all tried', () => {
    const documented = operations().flatMap(([, path, { requestBody }]) =>
      requestBody === undefined ? [] : [path],
    );

    const tried = new Set([TOO_SHORT, ...BODIES.map(([url]) => url)]);
    expect([...tried].toSorted()).toEqual(documented.toSorted());
  });
});

function parameters(): readonly (readonly [string, string, Parameter])[] {
  return operations().flatMap(([method, path, operation]) =>
    (operation.parameters ?? []).map((parameter) => [method, path, parameter] as const),
  );
}

function urlWith(path: string, parameter: Parameter, text: string): string {
  const value = encodeURIComponent(text);
  const own = path.replace(`{${parameter.name}}`, value).replaceAll(/\{\w+\}/g, 'EQ-1');
  return parameter.in === 'query' ? `${own}?${parameter.name}=${value}` : own;
}

describe('a parameter', () => {
  it('takes time that is linear in its length, wherever one is documented', async () => {
    const found: string[] = [];
    for (const [method, path, parameter] of parameters()) {
      const verb = method === 'post' ? 'POST' : method === 'delete' ? 'DELETE' : 'GET';
      const ask = async (text: string) =>
        send({ method: verb, url: urlWith(path, parameter, text) });
      const growths = await growthOf(32 * KIB, ask);
      found.push(...growths.map((growth) => `${method} ${path} ${parameter.name}: ${growth}`));
    }

    expect(parameters().length).toBeGreaterThan(20);
    expect(found).toEqual([]);
  });

  it.each(['/x%s', '/sensor-data/aggregated?%s', '/sensor-data/EQ-1?%s=1', '/docs/%s', '/x%s?%s'])(
    'is not needed: a URL such as %s takes time that is linear in its length',
    async (pattern) => {
      const ask = async (text: string) => {
        const unescaped = text.replaceAll(/[^\x21-\x7e]/g, '+');
        return send({ url: pattern.replaceAll('%s', () => unescaped) });
      };

      expect(await growthOf(32 * KIB, ask)).toEqual([]);
    },
  );
});

/** Files of one hostile cell; a row has 64 KiB at most. */
const FILES: readonly (readonly [string, (text: string) => string])[] = [
  ['the whole file', (text) => text],
  ['the header', (text) => `equipmentId,timestamp,${text}\nE,2023-02-15T06:30:00Z,1\n`],
  ['a line above the header', (text) => `${text}\nequipmentId,timestamp,value\n`],
  ['an equipment id', (text) => `equipmentId,timestamp,value\n${text},2023-02-15T06:30:00Z,1\n`],
  ['a timestamp', (text) => `equipmentId,timestamp,value\nE,${text},1\n`],
  ['a number', (text) => `equipmentId,timestamp,value\nE,2023-02-15T06:30:00Z,${text}\n`],
  ['a quoted number', (text) => `equipmentId,timestamp,value\nE,2023-02-15T06:30:00Z,"${text}"\n`],
  ['an open quote', (text) => `equipmentId,timestamp,value\nE,2023-02-15T06:30:00Z,"${text}`],
  ['a column that is left out', (text) => `equipmentId,timestamp,value,_x\nE,T,1,${text}\n`],
  ['many rows', (text) => `equipmentId,timestamp,value\n${text.replaceAll(/.{9}/gs, '$&\n')}`],
];

describe('a CSV file', () => {
  it.each(FILES)('takes time that is linear in the length of %s', async (_, fileOf) => {
    const importIt = async (text: string) => new ImportWorkbench().importFile(fileOf(text));

    expect(await growthOf(30 * KIB, importIt)).toEqual([]);
  });
});
