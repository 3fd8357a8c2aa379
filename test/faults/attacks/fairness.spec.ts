import { setTimeout as delay } from 'node:timers/promises';
import { MAX_READINGS_PER_BATCH } from '@sensorflow/sensor-data/sensor-data.service.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../support/api-client.js';
import { expectFairness, type Hostile } from '../../support/bystander.js';
import { LocalStack } from '../../support/local-stack.js';
import { StackCallers } from '../../support/stack-callers.js';
import { putHours } from '../../support/year-of-hours.js';

const VIEWERS = 20;
const WRITERS = 4;

const EQUIPMENT = 'EQ-YEAR';
const YEAR = { from: '2022-01-01T00:00:00Z', to: '2023-01-02T00:00:00Z' };
const DAYS = 366;

let stack: LocalStack;
let callers: StackCallers;
let hours: number;

beforeAll(async () => {
  stack = await LocalStack.start();
  callers = await StackCallers.of(stack);
  hours = await putHours(stack, EQUIPMENT, YEAR.from, DAYS);
  await eventually(
    async () => JSON.parse(await textOf(callers.tokenOf('seed'), aYear({ limit: 1 }))).totalCount,
    (count) => count === hours,
    200_000,
    1000,
  );
}, 300_000);

afterAll(async () => {
  await stack.stopAndForget();
});

async function textOf(token: string, path: string): Promise<string> {
  const response = await callers.ask(token, path);
  return response.text();
}

function aYear(more: Readonly<Record<string, string | number>>): string {
  const query = new URLSearchParams({ ...YEAR });
  for (const [name, value] of Object.entries(more)) query.set(name, String(value));
  return `/sensor-data/aggregated?${query.toString()}`;
}

/** Reads a year of hours again and again, of all equipment and of one in turn. */
function yearReader(number: number): Hostile {
  const token = callers.tokenOf(`viewer-${number}`);
  return async (isOver) => {
    const statuses: number[] = [];
    for (let i = number; !isOver(); i += 1) {
      const of = i % 2 === 0 ? { equipmentId: EQUIPMENT, metric: 'value' } : {};
      const response = await callers.ask(token, aYear({ limit: 1000, ...of }));
      await response.arrayBuffer();
      statuses.push(response.status);
    }
    return statuses;
  };
}

/** One of several connections of one machine that send full batches as fast as they are answered. */
function batchWriter(number: number): Hostile {
  const token = callers.tokenOf('batch-writer');
  return async (isOver) => {
    const statuses: number[] = [];
    for (let day = number * 1000; !isOver(); day += 1) {
      const body = JSON.stringify(fullBatch(day));
      const response = await callers.ask(token, '/sensor-data/batch', { method: 'POST', body });
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

describe('a caller beside an attack', () => {
  const viewers = Array.from({ length: VIEWERS }, (_, number) => () => yearReader(number));
  const writers = Array.from({ length: WRITERS }, (_, number) => () => batchWriter(number));

  it.each([
    [`${VIEWERS} viewers read a year each`, viewers],
    [`one machine sends ${WRITERS} full batches at a time`, writers],
    ['both do', [...viewers, ...writers]],
  ])('is answered while %s', async (what, hostile) => {
    const met = await expectFairness(
      callers,
      what,
      hostile.map((start) => start()),
    );

    expect(met.some((status) => status === 200 || status === 201)).toBe(true);
  });
});

describe('a year of a metric that no equipment has', () => {
  const path = aYear({ metric: 'nobody-has-it', limit: 1 });

  it('is answered in pages of bounded work, which the log tells', async () => {
    const token = callers.tokenOf('sparse');
    const pages: number[] = [];
    const requestIds: (string | null)[] = [];
    let cursor: string | null = null;
    do {
      const startedAt = performance.now();
      const more = cursor === null ? '' : `&cursor=${cursor}`;
      const response = await callers.ask(token, `${path}${more}`);
      requestIds.push(response.headers.get('x-request-id'));
      const answer = JSON.parse(await response.text());
      pages.push(performance.now() - startedAt);
      expect(answer).toMatchObject({ totalCount: 0, items: [] });
      cursor = answer.nextCursor;
    } while (cursor !== null);

    const costs = await eventually(
      async () => requestIds.flatMap((requestId) => callers.logLines(`"${requestId}"`)),
      (lines) => lines.length === pages.length,
    );
    const calls = costs.map(({ storeCalls }) => Number(storeCalls));
    const longest = Math.max(...pages).toFixed(0);
    process.stdout.write(`pages: ${calls.join(' + ')} calls, ${longest} ms the longest\n`);
    expect(Math.max(...calls)).toBeLessThanOrEqual(101);
    expect(calls.reduce((a, b) => a + b)).toBeLessThan(DAYS * 1.2);
  });

  it('is not looked for any more once its client has gone', async () => {
    const token = callers.tokenOf('leaver');
    const client = new AbortController();
    const left = callers.ask(token, path, { signal: client.signal });
    await delay(100);
    client.abort();
    await expect(left).rejects.toMatchObject({ name: 'AbortError' });

    const [line] = await eventually(
      async () => callers.logLines('client gone').slice(-1),
      ({ length }) => length === 1,
    );
    process.stdout.write(`${JSON.stringify(line)}\n`);
    expect(line).toMatchObject({ path: '/sensor-data/aggregated', msg: 'client gone' });
    expect(Number(line?.['storeCalls'])).toBeLessThan(100);
  });
});
