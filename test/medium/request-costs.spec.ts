import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operationsOf } from '../support/documented-operations.js';
import { startInProcessApi, type InProcessApi } from '../support/in-process-api.js';

let api: InProcessApi;
let lines: unknown[] = [];

beforeAll(async () => {
  api = await startInProcessApi({ log: (line) => lines.push(JSON.parse(line)) });
});

afterAll(async () => {
  await api.close();
});

const RANGE = 'from=2023-02-15T00:00:00Z&to=2023-02-16T00:00:00Z';

/** Each read of the store, as it may be asked. */
const READS: readonly (readonly [string, 'GET' | 'POST', string])[] = [
  ['/sensor-data/{equipmentId}', 'GET', '/sensor-data/EQ-1'],
  ['/sensor-data/{equipmentId}/latest', 'GET', '/sensor-data/EQ-1/latest'],
  ['/sensor-data/{equipmentId}/series', 'GET', `/sensor-data/EQ-1/series?metric=value&${RANGE}`],
  [
    '/sensor-data/{equipmentId}/{timestamp}/history',
    'GET',
    '/sensor-data/EQ-1/2023-02-15T06:30:00Z/history',
  ],
  ['/sensor-data/aggregated', 'GET', '/sensor-data/aggregated?interval=24h'],
  ['/sensor-data/aggregated/fleet', 'GET', '/sensor-data/aggregated/fleet?interval=24h'],
  ['/sensor-data/aggregated/verify', 'GET', `/sensor-data/aggregated/verify?${RANGE}`],
  ['/sensor-data/aggregated/repair', 'POST', `/sensor-data/aggregated/repair?${RANGE}`],
  ['/sensor-data/uploads', 'GET', '/sensor-data/uploads'],
  ['/sensor-data/uploads/{id}', 'GET', '/sensor-data/uploads/018a4f00-0000-7000-8000-000000000000'],
  ['/api-keys', 'GET', '/api-keys'],
  ['/audit', 'GET', '/audit'],
  ['/equipment', 'GET', '/equipment'],
  ['/equipment/overview', 'GET', '/equipment/overview'],
  ['/equipment/{equipmentId}/metrics', 'GET', '/equipment/EQ-1/metrics'],
  ['/api/v1/sensor/{equipmentId}/latest', 'GET', '/api/v1/sensor/EQ-1/latest'],
  ['/api/v1/query/sensor/{equipmentId}/latest', 'GET', '/api/v1/query/sensor/EQ-1/latest'],
  ['/api/v1/query/recent', 'GET', '/api/v1/query/recent'],
];

/** These ask no store, the user pool, the topic, or for the service itself. */
const OTHERS = [
  '/',
  '/api/v1/health',
  '/api/v1/ping',
  '/auth/me',
  '/health/live',
  '/health/ready',
  '/sensor-data/live',
  '/users',
  '/ws/sensor_updates',
];

describe('a read', () => {
  it('is on this list', () => {
    const documented = operationsOf(api.app).filter(({ method }) => method === 'GET');

    const listed = READS.filter(([, method]) => method === 'GET').map(([path]) => path);
    expect(documented.map(({ path }) => path).toSorted()).toEqual(
      [...listed, ...OTHERS].toSorted(),
    );
  });

  it.each(READS)('of %s is logged with what it cost at the store', async (_, method, url) => {
    lines = [];

    const headers = { authorization: `Bearer ${api.machineToken}` };
    const { statusCode } = await api.app.inject({ method, url, headers });

    expect([200, 404]).toContain(statusCode);
    await expect
      .poll(() => lines)
      .toContainEqual(
        expect.objectContaining({
          msg: 'request',
          status: statusCode,
          storeCalls: expect.any(Number),
        }),
      );
  });
});
