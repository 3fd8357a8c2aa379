import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { holdDuring } from '../support/event-loop.js';
import { startInProcessApi, type InProcessApi } from '../support/in-process-api.js';

const KIB = 1024;
const BATCH = 8 * KIB * KIB;
const SINGLE = 256 * KIB;
const READINGS = 10_000;
const MAX_HOLD_MS = 200;
const MAX_MEGABYTES = 400;

let api: InProcessApi;
let lastAnswer = '';

beforeAll(async () => {
  api = await startInProcessApi();
});

afterAll(async () => {
  await api.close();
});

async function post(url: string, payload: string, contentType: string): Promise<void> {
  const answer = await api.app.inject({
    method: 'POST',
    url,
    payload,
    headers: { authorization: `Bearer ${api.machineToken}`, 'content-type': contentType },
  });
  lastAnswer = `${answer.statusCode} ${answer.body.length} bytes`;
}

const JSON_TYPE = 'application/json';
const NDJSON_TYPE = 'application/x-ndjson';

/** As often as it fits into so many bytes, commas in between. */
function filled(element: string, bytes: number): string {
  return `${element},`.repeat(Math.floor(bytes / (element.length + 1))).slice(0, -1);
}

/** 10,000 of them, commas in between. */
function many(elementOf: (index: number) => string, separator = ','): string {
  return Array.from({ length: READINGS }, (_, index) => elementOf(index)).join(separator);
}

/** A valid reading with as many metrics as fit 10,000 times into a batch. All of their names may be new. */
function fullReading(index: number): string {
  const second = String(Math.floor(index / 300)).padStart(2, '0');
  return wideReading(`EQ-${index % 300}`, `2023-02-15T06:30:${second}.000Z`, index);
}

/** The same, but the names are more than a caller may bring at once. */
function newReading(index: number): string {
  return wideReading(`NEW-${index}`, '2023-02-15T06:30:00.000Z', index);
}

function wideReading(equipmentId: string, timestamp: string, index: number): string {
  const metrics = Array.from({ length: 40 }, (_, metric) => [`m${metric}`, index + metric / 7]);
  const values = Object.fromEntries(metrics.slice(0, 30));
  return JSON.stringify({ equipmentId, timestamp, values });
}

const names = (count: number): string =>
  Array.from({ length: count }, (_, index) => `"n${index}":1`).join();

const ELEMENT_BYTES = BATCH / READINGS - 10;

const BATCHES: readonly (readonly [string, string, () => string])[] = [
  ['readings', JSON_TYPE, () => `[${many(fullReading)}]`],
  ['readings in lines', NDJSON_TYPE, () => many(fullReading, '\n')],
  ['readings of new equipment', JSON_TYPE, () => `[${many(newReading)}]`],
  ['empty objects', JSON_TYPE, () => `[${filled('{}', BATCH - 2)}]`],
  ['empty objects in lines', NDJSON_TYPE, () => '{}\n'.repeat(BATCH / 3)],
  [
    '10,000 lists of empty objects',
    JSON_TYPE,
    () => `[${many(() => `[${filled('{}', ELEMENT_BYTES)}]`)}]`,
  ],
  ['10,000 objects of unknown names', JSON_TYPE, () => `[${many(() => `{${names(70)}}`)}]`],
  ['10,000 lines of unknown names', NDJSON_TYPE, () => many(() => `{${names(70)}}`, '\n')],
  [
    '10,000 names that stand twice',
    JSON_TYPE,
    () => `[${many(() => `{${filled('"a":1', ELEMENT_BYTES)}}`)}]`,
  ],
  [
    '32 lists of empty objects',
    JSON_TYPE,
    () => `[${filled(`[${filled('{}', SINGLE - 10)}]`, BATCH - 2)}]`,
  ],
  ['32 objects of many names', JSON_TYPE, () => `[${filled(`{${names(22_000)}}`, BATCH - 2)}]`],
  ['tiny numbers', JSON_TYPE, () => `[${many(() => `[${filled('1e-400', ELEMENT_BYTES)}]`)}]`],
  ['one string', JSON_TYPE, () => `["${'x'.repeat(BATCH - 4)}"]`],
  ['one string of escapes', JSON_TYPE, () => `["${'\\u0041'.repeat(BATCH / 6 - 4)}"]`],
  ['one string without end', JSON_TYPE, () => `["${'\\"'.repeat(BATCH / 2 - 4)}`],
  ['one number', JSON_TYPE, () => `[1e-100,${'1'.repeat(BATCH - 10)}]`],
  ['one object', JSON_TYPE, () => `[{${filled('"a":{}', BATCH - 4)}}]`],
  ['brackets that open', JSON_TYPE, () => '['.repeat(BATCH)],
  ['brackets that close', JSON_TYPE, () => '['.repeat(BATCH / 2) + ']'.repeat(BATCH / 2)],
  ['empty lines', NDJSON_TYPE, () => '\n'.repeat(BATCH)],
  ['blanks', JSON_TYPE, () => ' '.repeat(BATCH)],
  ['one line of two-byte characters', NDJSON_TYPE, () => 'é'.repeat(BATCH / 2)],
];

const READING = '"equipmentId":"EQ-1","timestamp":"2023-02-15T06:30:00Z"';

const SINGLES: readonly (readonly [string, string, () => string])[] = [
  ['empty objects', '/sensor-data', () => `[${filled('{}', SINGLE - 2)}]`],
  ['unknown names', '/sensor-data', () => `{${names(22_000)}}`],
  ['metrics', '/sensor-data', () => `{${READING},"values":{${names(22_000)}}}`],
  ['tags', '/sensor-data', () => `{${READING},"value":1,"tags":{${names(22_000)}}}`],
  ['a number', '/sensor-data', () => `[1e-100,${'1'.repeat(SINGLE - 10)}]`],
  ['unknown names', '/sensor-data/upload-csv', () => `{${names(22_000)}}`],
  ['empty objects', '/sensor-data/upload-csv', () => `{"x":[${filled('{}', SINGLE - 10)}]}`],
  [
    'columns',
    '/sensor-data/upload-csv',
    () => `{"fileName":"a.csv","size":1,"columns":{${names(20_000)}}}`,
  ],
  [
    'a file name',
    '/sensor-data/upload-csv',
    () => `{"fileName":"${'é'.repeat(SINGLE / 2 - 40)}","size":1}`,
  ],
];

/** Said aloud when asked for, because its figures are of interest although they hold. */
function report(
  what: string,
  { longestMs, megabytes }: { longestMs: number; megabytes: number },
): void {
  if (process.env['SENSORFLOW_FIGURES'] === undefined) return;
  process.stdout.write(
    `${longestMs.toFixed().padStart(6)} ms ${megabytes.toFixed().padStart(6)} MB  ${what}: ${lastAnswer}\n`,
  );
}

describe('a batch of 8 MiB', () => {
  it.each(BATCHES)(
    'of %s (%s) holds the event loop and memory for little',
    async (name, type, textOf) => {
      const payload = textOf();
      expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(BATCH);

      const hold = await holdDuring(
        async () => post('/sensor-data/batch', payload, type),
        MAX_HOLD_MS,
      );

      report(`a batch of ${name} (${type})`, hold);
      expect(hold.longestMs).toBeLessThan(MAX_HOLD_MS);
      expect(hold.megabytes).toBeLessThan(MAX_MEGABYTES);
    },
  );
});

describe('a body of 256 KiB', () => {
  it.each(SINGLES)('of %s for %s holds the event loop for little', async (name, url, textOf) => {
    const payload = textOf();
    expect(Buffer.byteLength(payload)).toBeLessThanOrEqual(SINGLE);

    const hold = await holdDuring(async () => post(url, payload, JSON_TYPE), MAX_HOLD_MS);

    report(`${name} for ${url}`, hold);
    expect(hold.longestMs).toBeLessThan(MAX_HOLD_MS);
  });
});

describe('an answer', () => {
  const MOST_METRICS = Object.fromEntries(
    Array.from({ length: 64 }, (_, metric) => [`${'m'.repeat(60)}${metric}`, metric / 7]),
  );

  /** In portions, each until it is confirmed: the embedded store writes slowly. */
  async function store(from: number, to: number): Promise<void> {
    const batch = Array.from({ length: to - from }, (_, index) => ({
      equipmentId: 'EQ-PAGE',
      timestamp: new Date(Date.UTC(2023, 1, 15) + (from + index) * 1000).toISOString(),
      values: MOST_METRICS,
    }));
    for (let attempt = 0; attempt < 10; attempt += 1) {
      await post('/sensor-data/batch', JSON.stringify(batch), JSON_TYPE);
      if (lastAnswer.startsWith('201')) return;
    }
    throw new Error(lastAnswer);
  }

  it('of 1,000 readings of 64 metrics holds the event loop for little', async () => {
    for (let from = 0; from < 1000; from += 50) await store(from, from + 50);
    const headers = { authorization: `Bearer ${api.machineToken}` };

    const ask = async () => {
      const answer = await api.app.inject({ url: '/sensor-data/EQ-PAGE?limit=1000', headers });
      lastAnswer = `${answer.statusCode} ${answer.body.length} bytes`;
    };
    const hold = await holdDuring(ask, MAX_HOLD_MS);

    report('a page of 1,000 readings', hold);
    expect(lastAnswer).toMatch(/^200 \d{7} bytes$/);
    expect(hold.longestMs).toBeLessThan(MAX_HOLD_MS);
  });
});
