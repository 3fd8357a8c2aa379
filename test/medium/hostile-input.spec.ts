import 'reflect-metadata';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operationsOf, type Method, type Parameter } from '../support/documented-operations.js';
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
  readonly method?: Method | 'OPTIONS';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly payload?: string;
}

/** What an answer says of where its request got to. */
interface Answer {
  readonly status: number;
  /** Its own, and those of a batch's readings. */
  readonly codes: readonly string[];
  readonly pointers: readonly string[];
}

interface Problem {
  readonly code?: string;
  readonly errors?: readonly Fault[];
  readonly rejected?: readonly Fault[];
}

interface Fault {
  readonly code: string;
  readonly pointer: string;
}

const ATTEMPTS = 10;

/**
 * Without a socket, and so without the limits that Node's parser has for lines and headers. Asks again,
 * because after a pause of the machine, requests are refused until the list of ended sessions is fresh.
 */
async function send({ method = 'GET', url, headers = {}, payload }: Sent): Promise<Answer> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const answer = await api.app.inject({
      method,
      url,
      headers: { authorization: `Bearer ${api.machineToken}`, ...headers },
      ...(payload !== undefined && { payload }),
    });
    if (answer.statusCode !== 503) return answerOf(answer.statusCode, problemIn(answer));
    await delay(500);
  }
  throw new Error(`${url} is unavailable`);
}

function problemIn({ headers, body }: { headers: object; body: string }): Problem {
  const isProblem = String(Reflect.get(headers, 'content-type')).includes('problem+json');
  return isProblem ? JSON.parse(body) : {};
}

function answerOf(status: number, { code, errors = [], rejected = [] }: Problem): Answer {
  const codes = [...(code === undefined ? [] : [code]), ...rejected.map((fault) => fault.code)];
  return { status, codes, pointers: [...errors, ...rejected].map(({ pointer }) => pointer) };
}

/**
 * What of all hostile texts takes longer than its length says. Every answer has to say that what reads the
 * text was reached: a refusal before that is quick whatever the text.
 */
async function faultsOf(
  length: number,
  sentWith: (text: string) => Sent,
  reached: (answer: Answer) => boolean,
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const [name, textOf] of TEXTS) {
    const missed = new Set<string>();
    const growth = await superLinearGrowth(async (size) => {
      const answer = await send(sentWith(textOf(size)));
      if (!reached(answer)) missed.add(JSON.stringify(answer).slice(0, 200));
    }, length);
    if (growth !== undefined) found.push(`${name}: ${growth}`);
    found.push(...[...missed].map((answer) => `${name}: not reached, ${answer}`));
  }
  return found;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const NDJSON_TYPE = { 'content-type': 'application/x-ndjson' };
const READING = '"equipmentId":"EQ-1","timestamp":"2023-02-15T06:30:00Z"';

type Place = readonly [string, (text: string) => string, string];

/** Where a text can stand as it is, so that the document is hardly ever JSON. */
const RAW_PLACES: readonly (readonly [string, (text: string) => string])[] = [
  ['as it is', (text) => text],
  ['after a tiny number', (text) => `[1e-100,${text}]`],
  ['after half a string', (text) => `"e-100${text}`],
  ['as a value', (text) => `{${READING},"value":${text}}`],
];

/** Where it can stand in a JSON document, and where the pointer to its fault begins. */
const PLACES: readonly Place[] = [
  ['in a string', (text) => `{"a":${JSON.stringify(text)},"b":1e-400}`, '/a'],
  ['as a name', (text) => `{${JSON.stringify(text)}:1}`, '/'],
  ['as an equipment id', (text) => `{"equipmentId":${JSON.stringify(text)}}`, '/equipmentId'],
  [
    'as a timestamp',
    (text) => `{"equipmentId":"E","timestamp":${JSON.stringify(text)}}`,
    '/timestamp',
  ],
  ['as a metric', (text) => `{${READING},"values":{${JSON.stringify(text)}:1}}`, '/values'],
  ['as a tag', (text) => `{${READING},"value":1,"tags":{"a":${JSON.stringify(text)}}}`, '/tags'],
  [
    'as a file name',
    (text) => `{"fileName":${JSON.stringify(`${text}.csv`)},"size":1}`,
    '/fileName',
  ],
  [
    'as an option',
    (text) => `{"fileName":"a.csv","size":1,"timezone":${JSON.stringify(text)}}`,
    '/timezone',
  ],
  [
    'as a column',
    (text) => `{"fileName":"a.csv","size":1,"columns":{${JSON.stringify(text)}:"a"}}`,
    '/columns',
  ],
];

interface Body {
  readonly name: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Of half the text, which may be twice as long once it is escaped. */
  readonly length: number;
  /** What the document stands in. */
  readonly open: string;
  readonly close: string;
}

const READING_BODY: Body = {
  name: 'a reading',
  url: '/sensor-data',
  headers: JSON_TYPE,
  length: 24 * KIB,
  open: '',
  close: '',
};
/** An element has 256 KiB at most. */
const ELEMENT: Body = {
  name: 'an element of a batch',
  url: '/sensor-data/batch',
  headers: JSON_TYPE,
  length: 60 * KIB,
  open: '[',
  close: ']',
};
const LINE: Body = {
  ...ELEMENT,
  name: 'a line of a batch',
  headers: NDJSON_TYPE,
  open: '\n',
  close: '\n',
};
const BODIES: readonly Body[] = [
  READING_BODY,
  { ...READING_BODY, name: 'an import', url: '/sensor-data/upload-csv' },
  { ...READING_BODY, name: 'the head of a file', url: '/sensor-data/csv-preview' },
  { ...READING_BODY, name: 'an API key', url: '/api-keys', length: 12 * KIB },
  ELEMENT,
  LINE,
];

/** Whole batches, which are looked through before an element is found too large. */
const LONG_BODIES: readonly Body[] = [
  { ...ELEMENT, name: 'a long batch', length: 512 * KIB },
  { ...LINE, name: 'a long batch of lines', length: 512 * KIB },
];

/** Of a document that was read, and was no reading or import. */
const JSON_CODES: ReadonlySet<string> = new Set([
  'json-malformed',
  'json-too-deep',
  'json-not-an-object',
  'invalid-reading',
  'invalid-request',
  'no-valid-reading',
  'batch-empty',
  'too-many-readings',
]);

const wasRead = ({ status, codes }: Answer): boolean =>
  status === 400 && codes.some((code) => JSON_CODES.has(code));

function postTo({ url, headers, open, close }: Body, place: (text: string) => string) {
  return (text: string): Sent => ({
    method: 'POST',
    url,
    headers,
    payload: `${open}${place(text)}${close}`,
  });
}

describe.each(BODIES)('the body of $name', (body) => {
  it.each(PLACES)(
    'takes time that is linear in its length, with the text %s',
    async (_, place, pointer) => {
      const points = ({ status, pointers }: Answer) =>
        status === 400 && pointers.some((one) => one.startsWith(pointer));

      expect(await faultsOf(body.length, postTo(body, place), points)).toEqual([]);
    },
  );
});

describe.each([...BODIES, ...LONG_BODIES])('the body of $name', (body) => {
  it.each(RAW_PLACES)(
    'takes time that is linear in its length, with the text raw, %s',
    async (_, place) => {
      expect(await faultsOf(body.length, postTo(body, place), wasRead)).toEqual([]);
    },
  );
});

const PERSON = (cookie: string) => ({ authorization: '', cookie });

type Header = readonly [string, readonly string[], (text: string) => Sent];

const TRIES_TO_LOG_IN = { method: 'POST', url: '/auth/login' } as const;
const POSTS = { method: 'POST', url: '/sensor-data', payload: '{}' } as const;
const NOT_A_READING = ['400 invalid-reading'];

/** Each header that the API reads, at a route that reads it, and all that is answered to it. */
const HEADERS: readonly Header[] = [
  [
    'authorization',
    ['401 invalid-token', '401 unauthenticated'],
    (text) => ({ url: '/auth/me', headers: { authorization: text } }),
  ],
  [
    'a bearer token',
    ['401 invalid-token'],
    (text) => ({ url: '/auth/me', headers: { authorization: `Bearer ${text}` } }),
  ],
  [
    'a token of three parts',
    ['401 invalid-token'],
    (text) => ({
      url: '/auth/me',
      headers: { authorization: `Bearer ${text}.${text}.${text}` },
    }),
  ],
  [
    'an API key',
    ['401 api-key-malformed'],
    (text) => ({ url: '/auth/me', headers: { 'x-api-key': text } }),
  ],
  [
    'an API key as a bearer token',
    ['401 api-key-malformed', '401 invalid-token'],
    (text) => ({ url: '/auth/me', headers: { authorization: `Bearer sfk_${text}` } }),
  ],
  [
    'basic credentials',
    ['401 credentials-malformed'],
    (text) => ({ ...TRIES_TO_LOG_IN, headers: { authorization: `Basic ${text}` } }),
  ],
  [
    'encoded credentials',
    ['401 credentials-malformed'],
    (text) => ({
      ...TRIES_TO_LOG_IN,
      headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` },
    }),
  ],
  ['cookie', ['401 unauthenticated'], (text) => ({ url: '/auth/me', headers: PERSON(text) })],
  [
    'session cookie',
    ['401 invalid-token', '401 unauthenticated'],
    (text) => ({ url: '/auth/me', headers: PERSON(`__Host-sensorflow=${text}`) }),
  ],
  [
    'a cookie beside the session',
    ['200'],
    (text) => ({ url: '/auth/me', headers: PERSON(`${text};${api.sessionCookie}`) }),
  ],
  [
    'content-type',
    ['400 invalid-reading', '415 content-type-unsupported'],
    (text) => ({ ...POSTS, headers: { 'content-type': `application/json${text}` } }),
  ],
  [
    'charset',
    ['400 no-valid-reading', '415 content-type-unsupported'],
    (text) => ({
      ...POSTS,
      url: '/sensor-data/batch',
      headers: { 'content-type': `application/x-ndjson; charset=${text}` },
    }),
  ],
  [
    'content-encoding',
    ['415 content-encoding-unsupported'],
    (text) => ({ ...POSTS, headers: { ...JSON_TYPE, 'content-encoding': text } }),
  ],
  [
    'transfer-encoding',
    ['501 transfer-encoding-unsupported'],
    (text) => ({ ...POSTS, headers: { ...JSON_TYPE, 'transfer-encoding': text } }),
  ],
  ['accept', ['200'], (text) => ({ url: '/', headers: { accept: text } })],
  ['accept-encoding', ['200'], (text) => ({ url: '/docs/', headers: { 'accept-encoding': text } })],
  ['if-none-match', ['200'], (text) => ({ url: '/docs/', headers: { 'if-none-match': text } })],
  [
    'range',
    ['200', '206', '416 request-refused'],
    (text) => ({ url: '/docs/swagger-ui.css', headers: { range: `bytes=${text}` } }),
  ],
  [
    'x-forwarded-for',
    ['401 invalid-credentials', '429 login-throttled'],
    (text) => ({
      ...TRIES_TO_LOG_IN,
      headers: { authorization: 'Basic YTpi', 'x-forwarded-for': text },
    }),
  ],
  ['x-forwarded-host', ['200'], (text) => ({ url: '/', headers: { 'x-forwarded-host': text } })],
  ['x-forwarded-proto', ['200'], (text) => ({ url: '/', headers: { 'x-forwarded-proto': text } })],
  ['host', ['200', '400 host-malformed'], (text) => ({ url: '/', headers: { host: text } })],
  ...[
    { name: 'origin', answers: ['403 cross-site-request'] },
    { name: 'host', answers: ['400 host-malformed', ...NOT_A_READING] },
    { name: 'referer', answers: NOT_A_READING },
    { name: 'sec-fetch-site', answers: NOT_A_READING },
    { name: 'sec-fetch-mode', answers: NOT_A_READING },
    { name: 'sec-fetch-dest', answers: NOT_A_READING },
  ].map(({ name, answers }): Header => [
    `${name} of a browser`,
    answers,
    (text) => ({
      ...POSTS,
      headers: {
        ...PERSON(api.sessionCookie),
        ...JSON_TYPE,
        origin: FRONTEND_ORIGIN,
        [name]: text,
      },
    }),
  ]),
  [
    'access-control-request-headers',
    ['204'],
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

const nameOf = ({ status, codes }: Answer): string => [status, ...codes.slice(0, 1)].join(' ');

describe('a header', () => {
  it.each(HEADERS)('takes time that is linear in its length: %s', async (_, answers, sentWith) => {
    const seen = new Set<string>();
    const isExpected = (answer: Answer) => {
      seen.add(nameOf(answer));
      return answers.includes(nameOf(answer));
    };

    expect(await faultsOf(16 * KIB, sentWith, isExpected)).toEqual([]);
    expect([...seen].toSorted()).toEqual(answers);
  });
});

describe('the routes that take a body', () => {
  // Their 4 KiB are too few for their length to tell, and what reads them is the same.
  const TOO_SHORT = [
    '/api/sensor_data',
    '/api/temperature_reading',
    '/api/v1/cip_monitoring',
    '/api/v1/temperature_reading',
    '/auth/password',
    '/users',
    '/users/{username}',
  ];

  it('are all tried', () => {
    const documented = operationsOf(api.app)
      .filter(({ requestBody }) => requestBody !== undefined)
      .map(({ path }) => path);

    const tried = new Set([...TOO_SHORT, ...BODIES.map(({ url }) => url)]);
    expect([...tried].toSorted()).toEqual(documented.toSorted());
  });
});

function parameters() {
  return operationsOf(api.app).flatMap(({ method, path, parameters: all }) =>
    // The one in a header is a place in a feed: a regular expression that takes linear time.
    all
      .filter((parameter) => parameter.in !== 'header')
      .map((parameter) => ({ method, path, parameter })),
  );
}

/** With which a query is complete: a cursor is only looked at once all else is right. */
const RANGE = 'from=2023-02-15T00:00:00Z&to=2023-02-16T00:00:00Z';
const COMPLETE: Readonly<Record<string, string>> = {
  '/sensor-data/aggregated': 'interval=24h',
  '/sensor-data/aggregated/verify': RANGE,
  '/sensor-data/aggregated/repair': RANGE,
};

function urlWith(path: string, parameter: Parameter, text: string): string {
  const value = encodeURIComponent(text);
  const own = path.replace(`{${parameter.name}}`, value).replaceAll(/\{\w+\}/g, 'EQ-1');
  if (parameter.in !== 'query') return own;
  const others = parameter.name === 'cursor' ? `${COMPLETE[path] ?? ''}&` : '';
  return `${own}?${others}${parameter.name}=${value}`;
}

/** A long path is refused for its length; what a query says is looked at. */
function wasReadAs({ in: place, name }: Parameter, { status, codes, pointers }: Answer): boolean {
  if (place === 'path') return status === 414 && codes.includes('url-too-long');
  return status === 400 && pointers.includes(`/${name}`);
}

/** What comes with the parameters of those that take a body. */
const PAYLOADS: Readonly<Record<string, Partial<Sent>>> = {
  'POST /sensor-data': { payload: '{}', headers: JSON_TYPE },
  'POST /sensor-data/batch': { payload: '[{}]', headers: JSON_TYPE },
};

describe('a parameter', () => {
  it('takes time that is linear in its length, wherever one is documented', async () => {
    const found: string[] = [];
    for (const { method, path, parameter } of parameters()) {
      const faults = await faultsOf(
        32 * KIB,
        (text) => ({
          method,
          url: urlWith(path, parameter, text),
          ...PAYLOADS[`${method} ${path}`],
        }),
        (answer) => wasReadAs(parameter, answer),
      );
      found.push(...faults.map((fault) => `${method} ${path} ${parameter.name}: ${fault}`));
    }

    expect(parameters().length).toBeGreaterThan(20);
    expect(found).toEqual([]);
  });

  it.each([
    ['/x%s', ['404 route-not-found', '400 url-malformed']],
    ['/sensor-data/aggregated?%s', ['400 invalid-request']],
    ['/sensor-data/EQ-1?%s=1', ['400 invalid-request']],
    ['/docs/%s', ['403 request-refused', '400 url-malformed']],
    ['/x%s?%s', ['404 route-not-found', '400 url-malformed']],
  ])(
    'is not needed: a URL such as %s takes time that is linear in its length',
    async (pattern, answers) => {
      const ask = (text: string): Sent => {
        const unescaped = text.replaceAll(/[^\x21-\x7e]/g, '+');
        return { url: pattern.replaceAll('%s', () => unescaped) };
      };
      const isExpected = (answer: Answer) => answers.includes(nameOf(answer));

      expect(await faultsOf(32 * KIB, ask, isExpected)).toEqual([]);
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
    const found: string[] = [];
    for (const [name, textOf] of TEXTS) {
      const growth = await superLinearGrowth(
        async (size) => new ImportWorkbench().importFile(fileOf(textOf(size))),
        30 * KIB,
      );
      if (growth !== undefined) found.push(`${name}: ${growth}`);
    }

    expect(found).toEqual([]);
  });
});
