import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { aggregatedHours, allReadings } from '../support/sensorflow.js';

let api: ApiClient;

beforeAll(async () => {
  const stack = inject('stack');
  api = (await ApiClient.connect(stack.baseUrl)).withToken(await machineToken(stack));
});

function anEquipment(): string {
  return `EQ-${randomUUID()}`;
}

const DAY = { from: '2023-02-15T00:00:00Z', to: '2023-02-16T00:00:00Z' };
const SIX_O_CLOCK = Date.parse('2023-02-15T06:00:00Z') / 1000;

async function hoursOf(equipmentId: string) {
  return (await aggregatedHours(api, { ...DAY, equipmentId })).items;
}

/** The aggregates once they have reached this, and still half a second later. */
async function settledHours(equipmentId: string, expected: object) {
  await eventually(
    async () => hoursOf(equipmentId),
    (hours) => {
      try {
        expect(hours).toMatchObject(expected);
        return true;
      } catch {
        return false;
      }
    },
  );
  await new Promise((resolve) => {
    setTimeout(resolve, 500);
  });
  return hoursOf(equipmentId);
}

describe('the hour of a reading', () => {
  it('is that of its instant in UTC, whatever offset it was sent with', async () => {
    const equipmentId = anEquipment();

    const answer = await api.post('/sensor-data', {
      equipmentId,
      timestamp: '2023-02-15T01:30:00.000-05:00',
      value: 78.42,
    });

    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({
      equipmentId,
      timestamp: '2023-02-15T06:30:00.000Z',
      value: 78.42,
    });
    const hours = await settledHours(equipmentId, [{ intervalStart: SIX_O_CLOCK }]);
    expect(hours).toMatchObject([{ intervalStart: SIX_O_CLOCK, total: '78.42', sampleCount: 1 }]);
  });
});

describe('one instant', () => {
  it('is one reading in ten offsets', async () => {
    const equipmentId = anEquipment();
    const spellings = [
      '2023-02-15T06:30:00Z',
      '2023-02-15T06:30:00.000000000+00:00',
      '2023-02-15T06:30:00-00:00',
      '2023-02-15T01:30:00-05:00',
      '2023-02-15T07:30:00+01:00',
      '2023-02-15T12:00:00+05:30',
      '2023-02-15T12:15:00+05:45',
      '2023-02-15T20:30:00+14:00',
      '2023-02-14T18:30:00-12:00',
      '2023-02-15t03:00:00.0-03:30',
    ];

    for (const timestamp of spellings) {
      const { status } = await api.post('/sensor-data', { equipmentId, timestamp, value: 5 });
      expect(status).toBe(201);
    }

    expect(await allReadings(api, equipmentId)).toHaveLength(1);
    expect(await settledHours(equipmentId, [{ sampleCount: 1, total: '5' }])).toHaveLength(1);
  });
});

describe('a correction', () => {
  it('from 10 to 12 gives total 12 and count 1', async () => {
    const equipmentId = anEquipment();
    const timestamp = '2023-02-15T06:30:00Z';
    await api.post('/sensor-data', { equipmentId, timestamp, value: 10 });
    await settledHours(equipmentId, [{ total: '10' }]);

    await api.post('/sensor-data', { equipmentId, timestamp, value: 12 });

    const hours = await settledHours(equipmentId, [{ total: '12' }]);
    expect(hours).toMatchObject([{ total: '12', sampleCount: 1, min: 12, max: 12, average: 12 }]);
  });

  it('replaces the value of its metric, and leaves the others of the instant', async () => {
    const equipmentId = anEquipment();
    const timestamp = '2023-02-15T06:30:00Z';
    await api.post('/sensor-data', {
      equipmentId,
      timestamp,
      values: { temperature: 75.5, pressure: 2.3 },
    });

    await api.post('/sensor-data', { equipmentId, timestamp, values: { temperature: 76 } });

    expect(await allReadings(api, equipmentId)).toMatchObject([
      { values: { temperature: 76, pressure: 2.3 } },
    ]);
    for (const [metric, total] of Object.entries({ temperature: '76', pressure: '2.3' })) {
      const query = { ...DAY, equipmentId, metric };
      await eventually(
        async () => aggregatedHours(api, query),
        ({ items }) => items[0]?.total === total,
      );
    }
  });
});

describe('the metric of one equipment', () => {
  it('need not be named where there is only one, and is refused with those there are', async () => {
    const equipmentId = anEquipment();
    const query = { ...DAY, equipmentId };
    const timestamp = '2023-02-15T06:00:00Z';

    await api.post('/sensor-data', { equipmentId, timestamp, values: { pressure: 2.3 } });
    const unnamed = await api.get('/sensor-data/aggregated', query);
    const wrong = await api.get('/sensor-data/aggregated', { ...query, metric: 'flow' });
    await api.post('/sensor-data', { equipmentId, timestamp, values: { temperature: 71 } });
    const ambiguous = await eventually(
      async () => api.get('/sensor-data/aggregated', query),
      ({ status }) => status === 400,
    );

    expect(unnamed).toMatchObject({ status: 200, body: { metric: 'pressure' } });
    expect(wrong).toMatchObject({
      status: 400,
      body: { code: 'metric-unknown', metrics: ['pressure'] },
    });
    expect(ambiguous.body.metrics).toEqual(['pressure', 'temperature']);
  });
});

describe('the summary of all equipment', () => {
  it('is the exact sum of their hours, and says how complete they are', async () => {
    const metric = `fleet${Date.now()}`;
    const values = [1e15, 1e-15, 0.1, 0.2, -0.3];
    const readings = values.map((value, i) => ({
      equipmentId: anEquipment(),
      timestamp: `2023-02-15T06:0${i}:00Z`,
      values: { [metric]: value },
    }));

    await api.post('/sensor-data/batch', readings);
    await api.post('/sensor-data/batch', readings.slice(1, 3));

    const { body } = await eventually(
      async () => api.get('/sensor-data/aggregated', { ...DAY, metric, completeness: 'true' }),
      (answer) => answer.body?.totalCount === 5,
    );
    expect(body.average).toBe(2e14);
    expect(body.summaryAsOf).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/);
    expect(Date.parse(body.summaryAsOf)).toBeLessThanOrEqual(Date.now());
    expect(body.completeness).toEqual({
      firstTimestamp: '2023-02-15T06:00:00.000Z',
      lastTimestamp: '2023-02-15T06:04:00.000Z',
      lateCount: 5,
      largestGapSeconds: 0,
    });
    expect(body.items).toHaveLength(5);
    expect(body.items[0].completeness).toMatchObject({ lateCount: 1 });
  });
});

describe('a repetition', () => {
  it('of one reading a hundred times counts once', async () => {
    const equipmentId = anEquipment();
    const reading = { equipmentId, timestamp: '2023-02-15T06:30:00Z', value: 3.25 };

    const answers = await Promise.all(
      Array.from({ length: 100 }, async () => api.post('/sensor-data', reading)),
    );

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([201]));
    expect(await settledHours(equipmentId, [{ sampleCount: 1 }])).toMatchObject([
      { sampleCount: 1, total: '3.25' },
    ]);
  });
});

describe('a batch', () => {
  it('stores what is valid, names what is not, and lets the later of two readings stand', async () => {
    const equipmentId = anEquipment();
    const at = (minute: number) => `2023-02-15T06:${String(minute).padStart(2, '0')}:00Z`;

    const answer = await api.post('/sensor-data/batch', [
      { equipmentId, timestamp: at(1), value: 1 },
      { equipmentId, timestamp: at(2), value: 'warm' },
      { equipmentId, timestamp: at(3), value: 3 },
      { equipmentId, timestamp: at(1), value: 7 },
    ]);

    expect(answer.status).toBe(207);
    expect(answer.body).toMatchObject({
      stored: 3,
      rejected: [{ index: 1, code: 'value-not-a-number', pointer: '/value' }],
      unconfirmed: [],
    });
    expect(await settledHours(equipmentId, [{ total: '10', sampleCount: 2 }])).toHaveLength(1);
  });

  it('of ten thousand lines of NDJSON is stored whole', async () => {
    const equipmentId = anEquipment();
    const start = Date.parse('2023-02-15T00:00:00Z');
    const lines = Array.from({ length: 10_000 }, (_, index) =>
      JSON.stringify({
        equipmentId,
        timestamp: new Date(start + index * 1000).toISOString(),
        value: 0.1,
      }),
    );

    const answer = await api.send('POST', '/sensor-data/batch', {
      body: lines.join('\n'),
      headers: { 'content-type': 'application/x-ndjson' },
    });

    expect(answer.status).toBe(201);
    expect(answer.body).toEqual({ stored: 10_000, rejected: [], unconfirmed: [] });
    const { totalCount, average } = await eventually(
      async () => aggregatedHours(api, { ...DAY, equipmentId }),
      (aggregates) => aggregates.totalCount === 10_000,
    );
    expect(totalCount).toBe(10_000);
    expect(average).toBe(0.1);
    expect((await hoursOf(equipmentId))[0]).toMatchObject({ total: '360', sampleCount: 3600 });
  });
});
