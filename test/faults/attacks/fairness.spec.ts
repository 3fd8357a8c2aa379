import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { MAX_READINGS_PER_BATCH } from '@sensorflow/sensor-data/sensor-data.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { percentile } from '../../../bench/statistics.ts';
import { eventually, machineToken } from '../../support/api-client.js';
import { LocalStack } from '../../support/local-stack.js';
import { TokenSigner } from '../../support/token-signer.js';
import { putHours } from '../../support/year-of-hours.js';

const IS_SHORT = process.env['SENSORFLOW_FAULTS'] === 'short';
const MEASURE_MS = IS_SHORT ? 15_000 : 60_000;
const VIEWERS = 20;
const WRITERS = 4;
const INNOCENT_PER_SECOND = 10;

const EQUIPMENT = 'EQ-YEAR';
const YEAR = { from: '2022-01-01T00:00:00Z', to: '2023-01-02T00:00:00Z' };
const DAYS = 366;

let stack: LocalStack;
let signer: TokenSigner;
let claims: Record<string, unknown>;
let hours: number;

beforeAll(async () => {
  stack = await LocalStack.start();
  const database = new DatabaseSync(join(stack.dataDir, 'cognito.db'), { readOnly: true });
  const key = database
    .prepare('SELECT kid, private_key_pem FROM signing_keys ORDER BY generation DESC')
    .get();
  database.close();
  signer = TokenSigner.fromPem(String(key?.['kid']), String(key?.['private_key_pem']));
  const token = await machineToken(stack.announcement);
  claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  hours = await putHours(stack, EQUIPMENT, YEAR.from, DAYS);
  await eventually(
    async () => JSON.parse(await ask(tokenOf('seed'), aYear({ limit: 1 })).then(textOf)).totalCount,
    (count) => count === hours,
    200_000,
    1000,
  );
}, 300_000);

afterAll(async () => {
  await stack.stopAndForget();
});

/** A machine of that name, with a session of its own. */
function tokenOf(name: string): string {
  return signer.sign({ ...claims, sub: name, jti: `jti-${name}`, origin_jti: `origin-${name}` });
}

async function ask(token: string, path: string, request: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  return fetch(`${stack.announcement.baseUrl}${path}`, { ...request, headers });
}

async function textOf(response: Response): Promise<string> {
  return response.text();
}

function aYear(more: Readonly<Record<string, string | number>>): string {
  const query = new URLSearchParams({ ...YEAR });
  for (const [name, value] of Object.entries(more)) query.set(name, String(value));
  return `/sensor-data/aggregated?${query.toString()}`;
}

/** Somebody who asks for much: goes on until it is over, and answers the statuses that it got. */
type Hostile = (isOver: () => boolean) => Promise<readonly number[]>;

/** Reads a year of hours again and again, of all equipment and of one in turn. */
function yearReader(number: number): Hostile {
  const token = tokenOf(`viewer-${number}`);
  return async (isOver) => {
    const statuses: number[] = [];
    for (let i = number; !isOver(); i += 1) {
      const of = i % 2 === 0 ? { equipmentId: EQUIPMENT } : {};
      const response = await ask(token, aYear({ limit: 1000, ...of }));
      await response.arrayBuffer();
      statuses.push(response.status);
    }
    return statuses;
  };
}

/** One of several connections of one machine that send full batches as fast as they are answered. */
function batchWriter(number: number): Hostile {
  const token = tokenOf('batch-writer');
  return async (isOver) => {
    const statuses: number[] = [];
    for (let day = number * 1000; !isOver(); day += 1) {
      const body = JSON.stringify(fullBatch(day));
      const response = await ask(token, '/sensor-data/batch', { method: 'POST', body });
      await response.arrayBuffer();
      statuses.push(response.status);
      // As `Retry-After` says, were it shorter: who refuses to wait costs more.
      if (response.status === 503) await delay(200);
    }
    return statuses;
  };
}

function fullBatch(day: number) {
  const startMs = Date.UTC(2000, 0, 1) + day * 86_400_000;
  return Array.from({ length: MAX_READINGS_PER_BATCH }, (_, i) => ({
    equipmentId: `EQ-BATCH-${i % 500}`,
    timestamp: new Date(startMs + Math.floor(i / 500) * 60_000).toISOString(),
    value: i,
  }));
}

interface Timed {
  readonly kind: string;
  readonly status: number;
  readonly ms: number;
}

/** Asks for little, so many times a second, whatever becomes of it. */
async function innocent(durationMs: number): Promise<readonly Timed[]> {
  const token = tokenOf('innocent');
  const requests: Promise<Timed>[] = [];
  const endsAt = performance.now() + durationMs;
  for (let i = 0; performance.now() < endsAt; i += 1) {
    requests.push(littleRequest(token, i));
    await delay(1000 / INNOCENT_PER_SECOND);
  }
  return Promise.all(requests);
}

async function littleRequest(token: string, i: number): Promise<Timed> {
  const startedAt = performance.now();
  const [kind, path] = LITTLE[i % LITTLE.length] ?? ['', ''];
  const reading = { equipmentId: 'EQ-SMALL', timestamp: new Date().toISOString(), value: i };
  const isWrite = path === '/sensor-data';
  const post = { method: 'POST', body: JSON.stringify(reading) };
  const response = await ask(token, path, isWrite ? post : {});
  await response.arrayBuffer();
  return { kind, status: response.status, ms: performance.now() - startedAt };
}

const LITTLE = [
  ['record', '/sensor-data'],
  ['list', '/sensor-data/EQ-SMALL?limit=10&order=desc'],
  ['latest', '/sensor-data/EQ-SMALL/latest'],
  ['day of one', '/sensor-data/aggregated?interval=24h&equipmentId=EQ-SMALL'],
  ['day of all', '/sensor-data/aggregated?interval=24h'],
] as const;

/** What an innocent caller sees while others ask for much. */
async function besides(hostile: readonly Hostile[]) {
  let over = false;
  const statuses = Promise.all(hostile.map(async (run) => run(() => over)));
  await delay(1000);
  const answers = await innocent(MEASURE_MS);
  over = true;
  const failures = answers.filter(({ status }) => status >= 400);
  const p99Ms = percentile(
    answers.map(({ ms }) => ms),
    0.99,
  );
  return { failures, p99Ms, answers: answers.length, hostile: (await statuses).flat() };
}

function countsOf(statuses: readonly number[]) {
  return Object.fromEntries(
    [...Map.groupBy(statuses, (status) => status)].map(([status, all]) => [status, all.length]),
  );
}

/** The log lines of the API with that text. */
function logLines(text: string): readonly Record<string, unknown>[] {
  return readFileSync(join(stack.dataDir, 'logs/api.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes(text))
    .map((line) => JSON.parse(line));
}

describe('an innocent caller', () => {
  const viewers = Array.from({ length: VIEWERS }, (_, number) => () => yearReader(number));
  const writers = Array.from({ length: WRITERS }, (_, number) => () => batchWriter(number));

  it.each([
    [`${VIEWERS} viewers read a year each`, viewers],
    [`one machine sends ${WRITERS} full batches at a time`, writers],
    ['both do', [...viewers, ...writers]],
  ])('is answered while %s', async (what, hostile) => {
    await littleRequest(tokenOf('innocent'), 0);

    const seen = await besides(hostile.map((start) => start()));

    const { failures, p99Ms, answers } = seen;
    const { 200: read = 0, 201: written = 0, ...refused } = countsOf(seen.hostile);
    process.stdout.write(
      `${what}: ${answers} innocent requests, ${failures.length} failed, p99 ${p99Ms.toFixed(0)} ms; ` +
        `${read} years read, ${written} batches stored, refused ${JSON.stringify(refused)}\n`,
    );
    expect(failures).toEqual([]);
    expect(p99Ms).toBeLessThan(500);
    expect(read + written).toBeGreaterThan(0);
  });
});

describe('a year of a metric that nobody has', () => {
  const path = aYear({ metric: 'nobody-has-it', limit: 1 });

  it('is answered in pages of bounded work, which the log tells', async () => {
    const token = tokenOf('sparse');
    const pages: number[] = [];
    const requestIds: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      const startedAt = performance.now();
      const more = cursor === null ? '' : `&cursor=${cursor}`;
      const response = await ask(token, `${path}${more}`);
      requestIds.push(response.headers.get('x-request-id'));
      const answer = JSON.parse(await response.text());
      pages.push(performance.now() - startedAt);
      expect(answer).toMatchObject({ totalCount: 0, items: [] });
      cursor = answer.nextCursor;
    } while (cursor !== null);

    const costs = await eventually(
      async () => requestIds.flatMap((requestId) => logLines(`"${requestId}"`)),
      (lines) => lines.length === pages.length,
    );
    const calls = costs.map(({ storeCalls }) => Number(storeCalls));
    const longest = Math.max(...pages).toFixed(0);
    process.stdout.write(`pages: ${calls.join(' + ')} calls, ${longest} ms the longest\n`);
    expect(Math.max(...calls)).toBeLessThanOrEqual(101);
    expect(calls.reduce((a, b) => a + b)).toBeLessThan(DAYS * 1.2);
  });

  it('is not looked for any more once its client has gone', async () => {
    const token = tokenOf('leaver');
    const client = new AbortController();
    const left = ask(token, path, { signal: client.signal });
    await delay(100);
    client.abort();
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });

    const [line] = await eventually(
      async () => logLines('client gone').slice(-1),
      ({ length }) => length === 1,
    );
    process.stdout.write(`${JSON.stringify(line)}\n`);
    expect(line).toMatchObject({ path: '/sensor-data/aggregated', msg: 'client gone' });
    expect(Number(line?.['storeCalls'])).toBeLessThan(100);
  });
});
