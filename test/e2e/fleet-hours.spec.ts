import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';

let api: ApiClient;

beforeAll(async () => {
  const stack = inject('stack');
  api = (await ApiClient.connect(stack.baseUrl)).withToken(await machineToken(stack));
});

describe('the hours of the fleet', () => {
  it('add up what all equipment sent of the metric, each hour exactly', async () => {
    const metric = `m-${randomUUID()}`;
    const reading = (equipmentId: string, timestamp: string, value: number) => ({
      equipmentId: `${equipmentId}-${metric}`,
      timestamp,
      values: { [metric]: value },
    });
    await api.post('/sensor-data/batch', [
      reading('A', '2023-02-15T01:10:00Z', 0.1),
      reading('B', '2023-02-15T01:20:00Z', 0.2),
      reading('A', '2023-02-15T03:00:00Z', 7),
    ]);
    const query = { metric, from: '2023-02-15T00:30:00Z', to: '2023-02-15T04:00:00Z' };

    const { body } = await eventually(
      async () => api.get('/sensor-data/aggregated/fleet', query),
      (answer) =>
        answer.body.items.at(-1)?.sampleCount === 1 && answer.body.items[0].sampleCount === 2,
    );

    const [one, three] = [1_676_422_800, 1_676_430_000];
    expect(body).toMatchObject({ metric, from: one, to: 1_676_433_600 });
    expect(body.items).toEqual([
      {
        intervalStart: one,
        total: '0.3',
        totalValue: 0.3,
        sampleCount: 2,
        average: 0.15,
        min: 0.1,
        max: 0.2,
      },
      {
        intervalStart: three,
        total: '7',
        totalValue: 7,
        sampleCount: 1,
        average: 7,
        min: 7,
        max: 7,
      },
    ]);
    expect(Date.parse(body.summaryAsOf)).toBeLessThanOrEqual(Date.now());
  });

  it('refuse what they do not know, and everything at once', async () => {
    const none = await api.get('/sensor-data/aggregated/fleet', { metric: 'value' });
    const faulty = await api.get('/sensor-data/aggregated/fleet', { interval: '1y', metric: '1' });
    const ofOne = await api.get('/sensor-data/aggregated/fleet', {
      interval: '24h',
      equipmentId: 'A',
    });

    expect([none.status, none.body.code]).toEqual([400, 'interval-or-range']);
    expect(faulty.body.errors.map(({ code }: any) => code)).toEqual([
      'interval-invalid',
      'metric-name-invalid',
    ]);
    expect([ofOne.status, ofOne.body.errors[0].pointer]).toEqual([400, '/equipmentId']);
  });
});
