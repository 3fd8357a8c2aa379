import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken, type ApiAnswer } from '../../support/api-client.js';
import { aggregatedHours, importFile, knownEquipment } from '../../support/sensorflow.js';

const HOUR = { from: '2019-05-05T05:00:00Z', to: '2019-05-05T06:00:00Z' };
const START = Date.parse(HOUR.from);
const READINGS = 2_000;
const NAMES = 64;
const LIMIT = 1_024;
/** Ten seconds on a quiet machine; 128,000 names took minutes before there was a limit. */
const IN_TIME_MS = 30_000;

const names = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, n) => `n${String(from + n).padStart(6, '0')}`);

function wideReading(n: number) {
  const values = names(n * NAMES, (n + 1) * NAMES).map((name) => [name, n]);
  const timestamp = new Date(START + n * 1000).toISOString();
  return { equipmentId: 'EQ-EVIL-NAMES', timestamp, values: Object.fromEntries(values) };
}

function wideFile(n: number): string {
  const columns = names(n * NAMES, (n + 1) * NAMES);
  const row = ['EQ-EVIL-NAMES', wideReading(0).timestamp, ...columns.map(() => '1')];
  return `${['equipmentId', 'timestamp', ...columns].join()}\n${row.join()}\n`;
}

async function timed<T>(work: () => Promise<T>) {
  const startedAt = performance.now();
  const answer = await work();
  return { answer, ms: performance.now() - startedAt };
}

describe('readings that each bring 64 new metric names', () => {
  let api: ApiClient;
  const answers: ApiAnswer[] = [];

  beforeAll(async () => {
    const stack = inject('stack');
    const anyone = await ApiClient.connect(stack.baseUrl);
    api = anyone.withToken(await machineToken(stack));
    for (let from = 0; from < READINGS; from += 500) {
      const batch = Array.from({ length: 500 }, (_, n) => wideReading(from + n));
      answers.push(await api.post('/sensor-data/batch', batch));
    }
  });

  it('are refused beyond 1,024 names, one by one and in batches', async () => {
    const single = await api.post('/sensor-data', wideReading(READINGS));

    expect(answers.map(({ status }) => status)).toEqual([207, 400, 400, 400]);
    expect(answers.map(({ body }) => body.stored)).toEqual([LIMIT / NAMES, 0, 0, 0]);
    expect(answers[1]?.body.rejected[0]).toMatchObject({
      index: 0,
      pointer: '/values',
      code: 'too-many-metric-names',
    });
    expect(single.status).toBe(400);
    expect(single.body.errors[0].code).toBe('too-many-metric-names');
  });

  it('do not delay the aggregates of others', async () => {
    await api.post('/sensor-data', {
      equipmentId: 'EQ-BESIDE-EVIL',
      timestamp: HOUR.from,
      value: 1,
    });

    const { ms } = await timed(async () =>
      eventually(
        async () => aggregatedHours(api, { ...HOUR, equipmentId: 'EQ-BESIDE-EVIL' }),
        ({ totalCount }) => totalCount === 1,
        IN_TIME_MS,
      ),
    );

    expect(ms).toBeLessThan(IN_TIME_MS);
  });

  it('leave the list of equipment quick and short; its metrics are paged', async () => {
    await eventually(
      async () => api.get('/equipment/EQ-EVIL-NAMES/metrics', { limit: 1000 }),
      ({ body }) => body.nextCursor !== null && body.nextCursor !== undefined,
      IN_TIME_MS,
    );

    const { answer: known, ms } = await timed(async () => knownEquipment(api));
    const page = await api.get('/equipment/EQ-EVIL-NAMES/metrics', { limit: 1000 });
    const cursor = page.body.nextCursor;
    const rest = await api.get('/equipment/EQ-EVIL-NAMES/metrics', { limit: 1000, cursor });

    // Whatever the other tests have left behind: a page has a hundred of them.
    expect(ms / Math.ceil(known.length / 100)).toBeLessThan(5_000);
    expect(known.find(({ equipmentId }) => equipmentId === 'EQ-EVIL-NAMES')).toMatchObject({
      metrics: names(0, 100),
      metricsTruncated: true,
    });
    expect([...page.body.items, ...rest.body.items]).toEqual(names(0, LIMIT));
    expect(rest.body.nextCursor).toBeNull();

    const refused = await Promise.all([
      api.get('/equipment/EQ-NEVER-HEARD-OF/metrics'),
      api.get('/equipment/EQ-BESIDE-EVIL/metrics', { cursor }),
      api.get('/equipment/*/metrics'),
      api.get('/equipment/aggregated/metrics'),
    ]);
    expect(refused.map(({ status, body }) => [status, body.code])).toEqual([
      [404, 'equipment-unknown'],
      [400, 'cursor-invalid'],
      [400, 'equipment-id-invalid'],
      [400, 'equipment-id-reserved'],
    ]);
  });

  it('are refused in files as well, once the importer has taken the 64 that it need not ask for', async () => {
    await importFile(api, 'first.csv', wideFile(READINGS));

    const second = await importFile(api, 'second.csv', wideFile(READINGS + 1));

    expect(second.rows).toMatchObject({ accepted: 0, rejected: 1 });
    const report = await (await fetch(second.errorReportUrl)).text();
    expect(report).toContain('too-many-metric-names');
  });

  it('can be verified within the time of a request', async () => {
    const [last] = names(LIMIT - 1, LIMIT);
    await eventually(
      async () => aggregatedHours(api, { ...HOUR, metric: last ?? '' }),
      ({ totalCount }) => totalCount === 1,
      2 * IN_TIME_MS,
    );

    const verified = await api.get('/sensor-data/aggregated/verify', HOUR);

    expect([verified.status, verified.body.nextCursor]).toEqual([200, null]);
  });
});
