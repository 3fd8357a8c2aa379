import { beforeAll, describe, expect, inject, it } from 'vitest';
import { machineToken } from '../../support/api-client.js';

let baseUrl: string;
let token: string;

beforeAll(async () => {
  const stack = inject('stack');
  ({ baseUrl } = stack);
  token = await machineToken(stack);
});

const KIB = 1024;
/** Each of these took minutes to hours when reading was quadratic, and seconds when all was built at once. */
const MAX_MS = 5000;

const DIGITS = (bytes: number) => `[1e-100,${'1'.repeat(bytes - 10)}]`;
const ESCAPED_QUOTES = (bytes: number) => `"e-100${'\\"'.repeat(bytes / 2 - 5)}`;
const EMPTY_OBJECTS = (bytes: number) => `[${'{},'.repeat(bytes / 3 - 2)}{}]`;

const SHAPES = [
  ['a tiny number and one of many digits', DIGITS],
  ['a string of escaped quotes that does not end', ESCAPED_QUOTES],
  ['empty objects', EMPTY_OBJECTS],
] as const;

const DOORS = [
  ['/sensor-data', 'application/json', 256 * KIB],
  ['/sensor-data/upload-csv', 'application/json', 256 * KIB],
  ['/sensor-data/batch', 'application/json', 8 * KIB * KIB],
  ['/sensor-data/batch', 'application/x-ndjson', 8 * KIB * KIB],
] as const;

async function timed(ask: () => Promise<Response>) {
  const startedAt = performance.now();
  const response = await ask();
  await response.arrayBuffer();
  return { status: response.status, ms: performance.now() - startedAt };
}

describe.each(DOORS)('%s takes %s, and of %i bytes', (path, contentType, bytes) => {
  it.each(SHAPES)('%s are refused at once, while others are answered', async (_, bodyOf) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': contentType };
    const body = bodyOf(bytes);

    const refusal = timed(async () => fetch(baseUrl + path, { method: 'POST', headers, body }));
    const health = await timed(async () => fetch(`${baseUrl}/health/live`));

    expect(health.status).toBe(200);
    expect(health.ms).toBeLessThan(MAX_MS);
    const { status, ms } = await refusal;
    expect(status).toBe(400);
    expect(ms).toBeLessThan(MAX_MS);
  });
});
