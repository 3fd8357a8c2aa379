import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, machineToken } from '../support/api-client.js';

const DAY = Date.parse('2024-05-01T00:00:00Z');
const RANGE = { from: '2024-05-01T00:00:00Z', to: '2024-05-02T00:00:00Z' };
const PEAK_MINUTE = 700;

let api: ApiClient;

beforeAll(async () => {
  const stack = inject('stack');
  api = (await ApiClient.connect(stack.baseUrl)).withToken(await machineToken(stack));
  const minutes = Array.from({ length: 1440 }, (_, minute) => minute);
  const readings = minutes
    .filter((minute) => minute < 400 || minute >= 460)
    .map((minute) => ({
      equipmentId: 'SERIES:1',
      timestamp: new Date(DAY + minute * 60_000).toISOString(),
      values: { level: minute === PEAK_MINUTE ? 1e6 : minute % 10, flow: 1 },
    }));
  const { status } = await api.post('/sensor-data/batch', readings);
  if (status !== 201) throw new Error(`batch: ${status}`);
});

describe('the series of an equipment', () => {
  it('have few points for many readings, with the peak of one minute and the hour of silence', async () => {
    const { status, body } = await api.get(
      '/sensor-data/SERIES:1/series?metric=level&metric=flow',
      {
        ...RANGE,
        buckets: 24,
      },
    );

    expect([status, body.equipmentId, body.rest]).toEqual([200, 'SERIES:1', null]);
    const [level, flow] = body.series;
    expect([level.metric, level.sampleCount, level.usualGapSeconds]).toEqual(['level', 1380, 60]);
    expect(level.at.length).toBeLessThan(150);
    expect(level.at[level.values.indexOf(1e6)]).toBe(DAY + PEAK_MINUTE * 60_000);
    const gap = level.values.indexOf(null);
    expect([level.at[gap - 1], level.at[gap + 1]]).toEqual([
      DAY + 399 * 60_000,
      DAY + 460 * 60_000,
    ]);
    expect(flow.values).toContain(null);
  });

  it('are empty where nothing was sent, and unknown where nothing ever was', async () => {
    const { body } = await api.get('/sensor-data/SERIES:1/series', { ...RANGE, metric: 'other' });
    const unknown = await api.get('/sensor-data/SERIES:9/series', { ...RANGE, metric: 'other' });

    expect(body.series).toEqual([
      { metric: 'other', sampleCount: 0, usualGapSeconds: null, at: [], values: [] },
    ]);
    expect([unknown.status, unknown.body.code]).toEqual([404, 'equipment-unknown']);
  });

  it.each([
    ['no end', { from: RANGE.from, metric: 'a' }, 'bound-missing'],
    ['no metric', RANGE, 'metric-missing'],
    ['too many parts', { ...RANGE, metric: 'a', buckets: 2001 }, 'buckets-invalid'],
    ['a name that is none', { ...RANGE, metric: '1' }, 'metric-name-invalid'],
  ])('with %s are refused, and what is missing is said', async (_, query, code) => {
    const { status, body } = await api.get('/sensor-data/SERIES:1/series', query);

    expect([status, body.code]).toEqual([400, 'invalid-request']);
    expect(body.errors.map((each: any) => each.code)).toEqual([code]);
  });

  it('are of a year at the most, and of nine metrics none', async () => {
    const long = { from: '2022-01-01T00:00:00Z', to: '2024-01-01T00:00:00Z', metric: 'a' };
    const nine = Array.from({ length: 9 }, (_, index) => `metric=m${index}`).join('&');

    const tooLong = await api.get('/sensor-data/SERIES:1/series', long);
    const tooMany = await api.get(`/sensor-data/SERIES:1/series?${nine}`, RANGE);

    expect([tooLong.status, tooLong.body.code]).toEqual([400, 'range-too-long']);
    expect(tooMany.body.errors.map((each: any) => each.code)).toEqual(['too-many-names']);
  });
});
