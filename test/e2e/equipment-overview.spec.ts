import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';

let api: ApiClient;

beforeAll(async () => {
  const stack = inject('stack');
  api = (await ApiClient.connect(stack.baseUrl)).withToken(await machineToken(stack));
});

async function overviewOf(search: string, more: Readonly<Record<string, string>> = {}) {
  return api.get('/equipment/overview', { search, ...more });
}

describe('the overview of equipment', () => {
  it('shows the last values, the usual gap, the state and the day of what has just been sent', async () => {
    const now = Date.now();
    const readings = [0, 1, 2].flatMap((minute) => {
      const timestamp = new Date(now - minute * 60_000).toISOString();
      const quantities = { temperature: 20 + minute, pressure: 2 };
      return { equipmentId: 'OVERVIEW:1', timestamp, values: quantities };
    });
    await api.post('/sensor-data/batch', readings);
    await api.post('/sensor-data/batch', [
      { equipmentId: 'OVERVIEW:2', timestamp: '2024-05-01T00:00:00Z', value: 1 },
      { equipmentId: 'OVERVIEW:2', timestamp: '2024-05-01T00:01:00Z', value: 2 },
    ]);

    const { body } = await eventually(
      async () => overviewOf('overview:', { trend: 'true' }),
      (answer) => answer.body.items.length === 2,
    );

    const [recent, old] = body.items;
    expect(recent).toMatchObject({
      equipmentId: 'OVERVIEW:1',
      state: 'on-time',
      lastTimestamp: new Date(now).toISOString(),
      values: { temperature: 20, pressure: 2 },
      usualGapSeconds: 60,
      trend: { metric: 'pressure' },
    });
    expect(recent.trend.averages).toHaveLength(24);
    expect(recent.trend.averages.at(-1)).toBe(2);
    expect(old).toMatchObject({ equipmentId: 'OVERVIEW:2', state: 'silent', values: { value: 2 } });
    expect(old.trend).toBeUndefined();
    expect(body.nextCursor).toBeNull();
  });

  it('is read page by page, and refuses what it does not know', async () => {
    await eventually(
      async () => overviewOf('OVERVIEW:'),
      (answer) => answer.body.items.length === 2,
    );

    const { body } = await overviewOf('OVERVIEW:', { limit: '1' });
    const next = await overviewOf('OVERVIEW:', { limit: '1', cursor: body.nextCursor });
    const foreign = await overviewOf('OTHER', { cursor: body.nextCursor });
    const faulty = await overviewOf('a b', { trend: 'yes', limit: '0' });

    expect(next.body.items.map(({ equipmentId }: any) => equipmentId)).toEqual(['OVERVIEW:2']);
    expect([foreign.status, foreign.body.code]).toEqual([400, 'cursor-invalid']);
    expect(faulty.body.errors.map(({ code }: any) => code).toSorted()).toEqual([
      'limit-invalid',
      'search-invalid',
      'trend-invalid',
    ]);
  });

  it('chooses by state and sorts, and says how much is in which state', async () => {
    const complete = async (more: Readonly<Record<string, string>>) =>
      eventually(
        async () => overviewOf('OVERVIEW:', more),
        ({ body }) => body.pending === 0,
      );
    const idsOf = ({ body }: any) => body.items.map((item: any) => item.equipmentId);

    const silent = await complete({ state: 'silent' });
    const oldest = await complete({ sort: 'lastTimestamp', limit: '1' });
    const next = await complete({
      sort: 'lastTimestamp',
      limit: '1',
      cursor: oldest.body.nextCursor,
    });
    const newest = await complete({ sort: 'lastTimestamp', order: 'desc' });

    expect(idsOf(silent)).toEqual(['OVERVIEW:2']);
    expect(silent.body.counts).toEqual({ 'on-time': 1, late: 0, silent: 1, unknown: 0 });
    expect([...idsOf(oldest), ...idsOf(next)]).toEqual(['OVERVIEW:2', 'OVERVIEW:1']);
    expect(idsOf(newest)).toEqual(['OVERVIEW:1', 'OVERVIEW:2']);
    expect(next.body.nextCursor).toBeNull();
  });

  it('follows what arrives in whichever process', async () => {
    const sent = { equipmentId: 'OVERVIEW:3', timestamp: '2024-05-01T00:00:00Z', value: 1 };
    await api.post('/sensor-data/batch', [sent, { ...sent, timestamp: '2024-05-01T00:10:00Z' }]);
    const stateIs = async (state: string) =>
      eventually(
        async () => overviewOf('OVERVIEW:3', { state }),
        ({ body }) => body.items.length === 1,
      );
    await stateIs('silent');

    const now = new Date().toISOString();
    await api.post('/sensor-data', { ...sent, timestamp: now });

    const { body } = await stateIs('on-time');
    expect(body.items[0].lastTimestamp).toBe(now);
  });

  it('refuses states and orders that it does not know, and cursors of another order', async () => {
    const { body } = await overviewOf('OVERVIEW:', { sort: 'state', limit: '1' });
    const foreign = await overviewOf('OVERVIEW:', { sort: 'usualGap', cursor: body.nextCursor });
    const faulty = await overviewOf('OVERVIEW:', { state: 'dead', sort: 'age', order: 'up' });

    expect([foreign.status, foreign.body.code]).toEqual([400, 'cursor-invalid']);
    expect(faulty.body.errors.map(({ code }: any) => code).toSorted()).toEqual([
      'order-invalid',
      'sort-invalid',
      'state-invalid',
    ]);
  });
});
