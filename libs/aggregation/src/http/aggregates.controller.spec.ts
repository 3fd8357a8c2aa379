import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { Caller } from '@sensorflow/auth';
import { rememberCaller } from '@sensorflow/auth/http/auth.decorators.js';
import { Clock } from '@sensorflow/kernel';
import { ProblemFilter } from '@sensorflow/platform/http/problem.filter.js';
import { ReadScheduler } from '@sensorflow/platform/http/read-scheduler.js';
import { requestValidationPipe } from '@sensorflow/platform/http/request-validation.pipe.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryAggregateStore } from '../../../../test/support/in-memory-aggregate-store.js';
import { InMemoryClosingProgress } from '../../../../test/support/in-memory-closing-progress.js';
import { InMemoryFleetStore } from '../../../../test/support/in-memory-fleet-store.js';
import { InMemoryMetricNames } from '../../../../test/support/in-memory-metric-names.js';
import { InMemoryReadingStore } from '../../../../test/support/in-memory-reading-store.js';
import { hourlyAggregatesOn } from '../../../../test/support/hourly-aggregates.js';
import { anInstant, aStoredReading } from '../../../../test/support/readings.js';
import { EquipmentMetrics } from '../equipment-metrics.js';
import { HourlyAggregates } from '../hourly-aggregates.js';
import { AGGREGATE_TOO_LARGE } from '../hours/aggregate-store.js';
import { hourOf, hourPlus } from '../hours/hour.js';
import { foldReadings } from '../hours/hourly-aggregate.js';
import { PastHours } from '../hours/past-hours.js';
import { nextCursorOf } from './aggregates-cursor.js';
import { aggregatesRequestOf } from './aggregates-request.js';
import { AggregatesController } from './aggregates.controller.js';

const NOW = '2023-09-01T06:42:00Z';
const TWENTY = [
  70.1, 81.3, 75.25, 74.9, 75.1, 75, 75.2, 74.8, 75.05, 74.95, 75.3, 74.7, 75.15, 74.85, 75.4, 74.6,
  75.5, 74.5, 74.1, 75,
];

const CALLER: Caller = {
  kind: 'user',
  subject: 'viewer',
  username: 'viewer',
  scopes: new Set(['sensorflow/read']),
  expiresAtEpochSeconds: Infinity,
};

describe('GET /sensor-data/aggregated', () => {
  let app: NestFastifyApplication;
  let store: InMemoryAggregateStore;
  let fleet: InMemoryFleetStore;
  let clock: FixedClock;
  let registered: InMemoryMetricNames;
  let readings: InMemoryReadingStore;

  beforeEach(async () => {
    store = new InMemoryAggregateStore();
    registered = new InMemoryMetricNames();
    readings = new InMemoryReadingStore();
    const closing = new InMemoryClosingProgress(anHour('2023-09-01T06'));
    fleet = new InMemoryFleetStore(store);
    clock = new FixedClock(NOW);
    const module = await Test.createTestingModule({
      controllers: [AggregatesController],
      providers: [
        { provide: Clock, useValue: clock },
        {
          provide: HourlyAggregates,
          useValue: hourlyAggregatesOn(store, fleet, readings, closing, clock),
        },
        { provide: PastHours, useValue: new PastHours(readings) },
        { provide: EquipmentMetrics, useValue: new EquipmentMetrics(registered, readings) },
        { provide: ReadScheduler, useValue: new ReadScheduler() },
      ],
    }).compile();
    app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
    app.useGlobalFilters(new ProblemFilter());
    app.useGlobalPipes(requestValidationPipe());
    const server = app.getHttpAdapter().getInstance();
    server.addHook('onRequest', async (request) => rememberCaller(request, CALLER));
    await app.init();
  });

  afterEach(async () => {
    await app.close();
  });

  async function get(query: string) {
    const answer = await app.inject({ method: 'GET', url: `/sensor-data/aggregated?${query}` });
    return { status: answer.statusCode, body: answer.json() };
  }

  const anHour = (hour: string) => hourOf(anInstant(`${hour}:00:00Z`));

  function put(equipmentId: string, hour: string, values: readonly number[], metric = 'value') {
    const folded = values.map((value, minute) =>
      aStoredReading({
        equipmentId,
        timestamp: `${hour}:${String(minute).padStart(2, '0')}:00Z`,
        values: { [metric]: value },
      }),
    );
    const ofHour = hourOf(aStoredReading({ timestamp: `${hour}:00:00Z` }).timestamp);
    store.put({
      equipmentId,
      hour: ofHour,
      version: 1,
      metrics: foldReadings(folded),
      isClosed: true,
    });
    registered.names.set(equipmentId, [...new Set(registered.names.get(equipmentId)).add(metric)]);
    fleet.catchUp();
  }

  it('answers as the contract shows it', async () => {
    put('EQ-12495', '2023-08-31T08', TWENTY);

    const { status, body } = await get('interval=24h');

    expect(status).toBe(200);
    expect(body).toEqual({
      interval: '24h',
      metric: 'value',
      from: 1693465200,
      to: 1693551600,
      average: 75.0375,
      totalCount: 20,
      summaryAsOf: '2023-09-01T05:50:00.000Z',
      items: [
        {
          equipmentId: 'EQ-12495',
          intervalStart: 1693468800,
          totalValue: 1500.75,
          total: '1500.75',
          sampleCount: 20,
          average: 75.0375,
          min: 70.1,
          max: 81.3,
        },
      ],
      nextCursor: null,
    });
  });

  it('says how complete each hour and the whole range are, when asked', async () => {
    put('EQ-1', '2023-08-31T08', [1, 2]);
    put('EQ-2', '2023-08-31T09', [3]);

    const { body } = await get('interval=24h&completeness=true');
    const plain = await get('interval=24h&completeness=false');

    expect(body.completeness).toEqual({
      firstTimestamp: '2023-08-31T08:00:00.000Z',
      lastTimestamp: '2023-08-31T09:00:00.000Z',
      lateCount: 3,
      largestGapSeconds: 60,
    });
    expect(body.items).toMatchObject([
      { completeness: { lastTimestamp: '2023-08-31T08:01:00.000Z', largestGapSeconds: 60 } },
      { completeness: { lateCount: 1, largestGapSeconds: 0 } },
    ]);
    expect(plain.body).not.toHaveProperty('completeness');
    expect(plain.body.items[0]).not.toHaveProperty('completeness');
  });

  it('says nothing of completeness when there is nothing', async () => {
    const { body } = await get('interval=24h&completeness=true');

    expect(body).toMatchObject({ totalCount: 0, average: null, items: [] });
    expect(body).not.toHaveProperty('completeness');
  });

  it.each([
    ['24h', 24],
    ['48h', 48],
    ['1w', 168],
    ['1m', 720],
  ])(
    'of %s speaks of the current hour and those before it, %i together',
    async (interval, hours) => {
      const endOfCurrent = Date.parse('2023-09-01T07:00:00Z') / 1000;
      const hourText = (hoursAgo: number) =>
        new Date((endOfCurrent - hoursAgo * 3600) * 1000).toISOString().slice(0, 13);
      for (const hoursAgo of [0, 1, hours, hours + 1]) put('EQ-1', hourText(hoursAgo), [hoursAgo]);

      const { body } = await get(`interval=${interval}`);

      expect(body).toMatchObject({
        interval,
        from: endOfCurrent - hours * 3600,
        to: endOfCurrent,
        totalCount: 2,
        average: (hours + 1) / 2,
      });
    },
  );

  it('answers null as the average of nothing', async () => {
    const { body } = await get('interval=24h');

    expect(body).toMatchObject({ average: null, totalCount: 0, items: [], nextCursor: null });
  });

  it('takes every hour that starts at or after from and before to', async () => {
    for (const hour of ['05', '06', '07', '08']) put('EQ-1', `2023-02-15T${hour}`, [Number(hour)]);

    const { body } = await get('from=2023-02-15T00:30:00-05:00&to=2023-02-15T08:00:00Z');
    const rounded = await get('from=2023-02-15T05:00:00.000000001Z&to=2023-02-15T07:00:01Z');

    expect(body.items).toMatchObject([{ total: '6' }, { total: '7' }]);
    expect(rounded.body.items).toEqual(body.items);
    for (const answer of [body, rounded.body]) {
      expect(answer).toMatchObject({
        interval: null,
        from: Date.parse('2023-02-15T06:00:00Z') / 1000,
        to: Date.parse('2023-02-15T08:00:00Z') / 1000,
      });
    }
  });

  it('finds nothing between two points of one hour, and in the last hour of time', async () => {
    put('EQ-1', '2023-02-15T06', [1]);

    const within = await get('from=2023-02-15T06:15:00Z&to=2023-02-15T06:45:00Z');
    const last = await get('from=9999-12-31T23:00:00Z&to=9999-12-31T23:59:59Z');

    expect(within).toMatchObject({ status: 200, body: { totalCount: 0, items: [] } });
    expect(last).toMatchObject({ status: 200, body: { totalCount: 0, items: [] } });
  });

  it('names the hours that are too large to be shown, of all equipment and of one', async () => {
    put('EQ-1', '2023-09-01T05', [1]);
    const hour = anHour('2023-09-01T05');
    const failure = AGGREGATE_TOO_LARGE;
    store.put({
      equipmentId: 'EQ-2',
      hour,
      version: 1,
      metrics: new Map(),
      failure,
      isClosed: true,
    });
    registered.names.set('EQ-2', ['value']);

    const all = await get('interval=24h');
    const one = await get('interval=24h&equipmentId=EQ-2');

    const notShown = [{ equipmentId: 'EQ-2', intervalStart: 1693544400 }];
    expect(all.body).toMatchObject({ totalCount: 1, notShown, nextCursor: null });
    expect(one.body).toMatchObject({ totalCount: 0, items: [], notShown });
  });

  it('shows another metric, and one equipment alone, when asked', async () => {
    put('EQ-1', '2023-09-01T05', [2.3], 'pressure');
    put('EQ-2', '2023-09-01T05', [2.5], 'pressure');
    put('EQ-3', '2023-09-01T05', [99]);

    const { body } = await get('interval=24h&metric=pressure&equipmentId=EQ-2');

    expect(body).toMatchObject({ metric: 'pressure', totalCount: 1, average: 2.5 });
    expect(body.items).toMatchObject([{ equipmentId: 'EQ-2', total: '2.5' }]);
  });

  it('takes the only metric of equipment where none is named, and names it, page after page', async () => {
    put('EQ-1', '2023-09-01T05', [2.3], 'pressure');
    put('EQ-1', '2023-09-01T06', [2.5], 'pressure');
    const asked = 'interval=24h&equipmentId=EQ-1&limit=1';

    const { body } = await get(asked);
    const second = await get(`${asked}&cursor=${body.nextCursor}`);
    const named = await get(`${asked}&metric=pressure&cursor=${body.nextCursor}`);

    expect(body).toMatchObject({ metric: 'pressure', totalCount: 2 });
    expect(second.body).toMatchObject({ metric: 'pressure', items: [{ total: '2.5' }] });
    expect(named.body).toEqual(second.body);
  });

  it('takes value where none is named, of equipment that has it and of all', async () => {
    put('EQ-1', '2023-09-01T05', [2.3], 'pressure');
    registered.names.set('EQ-2', ['pressure', 'value']);

    const one = await get('interval=24h&equipmentId=EQ-2');
    const all = await get('interval=24h');

    expect(one).toMatchObject({ status: 200, body: { metric: 'value', totalCount: 0 } });
    expect(all).toMatchObject({ status: 200, body: { metric: 'value', totalCount: 0 } });
  });

  it.each(['interval=24h', 'interval=24h&metric=value', 'interval=24h&metric=flow'])(
    'refuses a metric that the equipment does not have, and lists those that it has: %s',
    async (query) => {
      put('EQ-1', '2023-01-01T05', [1], 'temperature');
      put('EQ-1', '2023-01-01T06', [1], 'pressure');
      const metric = query.endsWith('flow') ? 'flow' : 'value';

      const { status, body } = await get(`${query}&equipmentId=EQ-1`);

      expect(status).toBe(400);
      expect(body).toMatchObject({
        code: 'metric-unknown',
        metrics: ['pressure', 'temperature'],
        detail: `EQ-1 has readings, but none of ${metric}. Name one of its metrics: see metrics.`,
        errors: [{ pointer: '/metric', code: 'metric-unknown' }],
      });
    },
  );

  it('lists a hundred metrics at most, and says where all are', async () => {
    const names = Array.from({ length: 1024 }, (_, i) => `m${String(i).padStart(4, '0')}`);
    registered.names.set('EQ-1', names.toReversed());

    const { body } = await get('interval=24h&equipmentId=EQ-1');

    expect(body.metrics).toEqual(names.slice(0, 100));
    expect(body.detail).toContain('GET /equipment/EQ-1/metrics lists them');
  });

  it('refuses no metric of equipment with more names than can be looked at', async () => {
    registered.names.set(
      'EQ-1',
      Array.from({ length: 2000 }, (_, i) => `m${i}`),
    );

    const answer = await get('interval=24h&equipmentId=EQ-1&metric=m1999');

    expect(answer).toMatchObject({ status: 200, body: { totalCount: 0 } });
  });

  it('answers nothing for hours without readings of a metric that the equipment has', async () => {
    put('EQ-1', '2023-01-01T05', [1], 'temperature');

    const answer = await get('interval=24h&equipmentId=EQ-1&metric=temperature');

    expect(answer).toMatchObject({ status: 200, body: { totalCount: 0, items: [] } });
  });

  it.each(['', '&metric=pressure'])('does not know equipment without readings%s', async (more) => {
    put('EQ-1', '2023-09-01T05', [1]);

    const { status, body } = await get(`interval=24h&equipmentId=EQ-2${more}`);

    expect(status).toBe(404);
    expect(body).toMatchObject({ code: 'equipment-unknown' });
    expect(body.detail).toContain('EQ-2');
  });

  it('knows equipment by its latest reading before it is registered', async () => {
    await readings.putAll([aStoredReading({ equipmentId: 'EQ-1', values: { pressure: 2.3 } })]);

    const meant = await get('interval=24h&equipmentId=EQ-1');
    const named = await get('interval=24h&equipmentId=EQ-1&metric=pressure');
    const wrong = await get('interval=24h&equipmentId=EQ-1&metric=flow');

    expect(meant).toMatchObject({ status: 200, body: { metric: 'pressure' } });
    expect(named).toMatchObject({ status: 200, body: { metric: 'pressure' } });
    expect(wrong).toMatchObject({ status: 400, body: { metrics: ['pressure'] } });
  });

  it('asks once for the names of equipment that is not registered where no metric is named', async () => {
    await readings.putAll([aStoredReading({ equipmentId: 'EQ-1', values: { pressure: 2.3 } })]);

    const answer = await get('interval=24h&equipmentId=EQ-1');

    expect(answer).toMatchObject({ status: 200, body: { metric: 'pressure', items: [] } });
    expect(registered.asked).toEqual(['EQ-1']);
  });

  it('knows a metric by the latest reading before it is registered', async () => {
    registered.names.set('EQ-1', ['pressure']);
    await readings.putAll([aStoredReading({ equipmentId: 'EQ-1', values: { flow: 1 } })]);

    const answer = await get('interval=24h&equipmentId=EQ-1&metric=flow');

    expect(answer).toMatchObject({ status: 200, body: { metric: 'flow' } });
  });

  it('means value as soon as it was sent, also by equipment that is known for another metric', async () => {
    registered.names.set('EQ-1', ['pressure']);
    await readings.putAll([aStoredReading({ equipmentId: 'EQ-1', values: { value: 1 } })]);

    const answer = await get('interval=24h&equipmentId=EQ-1');

    expect(answer).toMatchObject({ status: 200, body: { metric: 'value' } });
  });

  it('asks for no names where the aggregates have the metric', async () => {
    put('EQ-1', '2023-09-01T05', [1]);

    await get('interval=24h&equipmentId=EQ-1&metric=value');
    await get('interval=24h&metric=unknown');

    expect(registered.asked).toEqual([]);
  });

  it('pages through everything, and says the same summary on each page', async () => {
    for (const id of ['EQ-1', 'EQ-2', 'EQ-3']) put(id, '2023-09-01T05', [1, 2]);
    for (const id of ['EQ-1', 'EQ-2']) put(id, '2023-09-01T06', [3]);

    const first = await get('interval=24h&limit=2');
    const second = await get(`interval=24h&limit=2&cursor=${first.body.nextCursor}`);
    const third = await get(`interval=24h&limit=2&cursor=${second.body.nextCursor}`);

    const pages = [first, second, third].map(({ body }) => body);
    expect(pages.flatMap(({ items }) => items)).toEqual((await get('interval=24h')).body.items);
    expect(pages.map(({ average, totalCount }) => [average, totalCount])).toEqual(
      Array.from({ length: 3 }, () => [1.875, 8]),
    );
    expect(third.body.nextCursor).toBeNull();
  });

  it('keeps the window of the first page when the hour turns before the second', async () => {
    put('EQ-1', '2023-08-31T07', [1]);
    put('EQ-1', '2023-09-01T06', [2]);
    const first = await get('interval=24h&limit=1');
    clock.advance(60 * 60 * 1000);
    put('EQ-1', '2023-09-01T07', [4]);

    const second = await get(`interval=24h&limit=1&cursor=${first.body.nextCursor}`);

    expect(second.body).toMatchObject({
      from: first.body.from,
      to: first.body.to,
      totalCount: 2,
      nextCursor: null,
    });
    expect(second.body.items).toMatchObject([{ total: '2' }]);
  });

  it.each([
    'interval=48h',
    'interval=24h&metric=pressure',
    'interval=24h&equipmentId=EQ-1',
    'from=2023-08-31T07:00:00Z&to=2023-09-01T07:00:00Z',
  ])('refuses a cursor of another query: %s', async (query) => {
    put('EQ-1', '2023-09-01T05', [1]);
    put('EQ-2', '2023-09-01T05', [1]);
    const { body } = await get('interval=24h&limit=1');

    const answer = await get(`${query}&cursor=${body.nextCursor}`);

    expect(answer).toMatchObject({ status: 400, body: { code: 'cursor-invalid' } });
  });

  it.each([
    ['no position', []],
    ['no hour', ['x', '2023-09-01T05', 'EQ-1']],
    ['the far future', ['9999-12-31T23', '2023-09-01T05', 'EQ-1']],
    ['no equipment', ['2023-08-31T07', '2023-09-01T05', '']],
    ['too much', ['2023-08-31T07', '2023-09-01T05', 'EQ-1', 'more']],
  ])('refuses a forged cursor of %s', async (_name, position) => {
    put('EQ-1', '2023-09-01T05', [1]);
    put('EQ-2', '2023-09-01T05', [1]);
    const { body } = await get('interval=24h&limit=1');
    const [digest] = JSON.parse(Buffer.from(body.nextCursor, 'base64url').toString());
    const cursor = Buffer.from(JSON.stringify([digest, ...position])).toString('base64url');

    expect(await get(`interval=24h&cursor=${cursor}`)).toMatchObject({
      status: 400,
      body: { code: 'cursor-invalid', errors: [{ pointer: '/cursor' }] },
    });
  });

  it.each([
    ['begins before it', '2023-02-15T06', '2023-02-15T06', '2023-02-15T07'],
    ['begins in its middle', '2023-02-15T06', '2023-02-15T08', '2023-02-15T08'],
    ['lies before it', '2023-02-15T06', '2023-02-15T07', '2023-02-15T06'],
    ['lies behind it', '2023-02-15T06', '2023-02-15T07', '2023-02-15T08'],
    ['lies before the end of time', '9999-12-31T22', '9999-12-31T22', '9999-12-31T22'],
    ['lies at the end of time', '9999-12-31T22', '9999-12-31T23', '9999-12-31T23'],
  ])('refuses a forged cursor of a range that %s', async (_name, hour, first, behind) => {
    const [from, to] = [`${hour}:30:00Z`, `${hourPlus(anHour(hour), 1)}:30:00Z`];
    const cursor = nextCursorOf(
      { ...aggregatesRequestOf({ from, to }), metric: 'value' },
      { from: anHour(first), to: anHour(first) },
      { equipmentId: 'x', hour: anHour(behind) },
    );

    const answer = await get(`from=${from}&to=${to}&cursor=${cursor}`);

    expect(answer).toMatchObject({
      status: 400,
      body: { code: 'cursor-invalid', errors: [{ pointer: '/cursor' }] },
    });
  });

  it.each([
    ['', 'interval-or-range', '/interval'],
    ['interval=24h&from=2023-02-15T00:00:00Z', 'interval-or-range', '/interval'],
    ['from=2023-02-15T00:00:00Z', 'interval-or-range', '/to'],
    ['to=2023-02-15T00:00:00Z', 'interval-or-range', '/from'],
    ['from=2023-02-15T00:00:00Z&to=2023-02-15T00:00:00Z', 'range-empty', '/to'],
    ['from=2023-02-15T00:00:00Z&to=2024-02-16T00:00:00.001Z', 'range-too-long', '/to'],
  ])('refuses %j as %s', async (query, code, pointer) => {
    const { status, body } = await get(query);

    expect(status).toBe(400);
    expect(body).toMatchObject({ code, errors: [{ code, pointer }] });
  });

  it.each([
    ['interval=12h', 'interval-invalid', '/interval'],
    ['interval=', 'interval-invalid', '/interval'],
    ['interval=24H', 'interval-invalid', '/interval'],
    ['interval=24h&interval=48h', 'parameter-repeated', '/interval'],
    ['interval=24h&metric=', 'metric-name-invalid', '/metric'],
    ['interval=24h&metric=__proto__', 'metric-name-invalid', '/metric'],
    ['interval=24h&equipmentId=', 'equipment-id-invalid', '/equipmentId'],
    ['interval=24h&equipmentId=a%23b', 'equipment-id-invalid', '/equipmentId'],
    ['interval=24h&limit=0', 'limit-invalid', '/limit'],
    ['interval=24h&limit=1001', 'limit-invalid', '/limit'],
    ['interval=24h&limit=1e2', 'limit-invalid', '/limit'],
    ['interval=24h&completeness=yes', 'completeness-invalid', '/completeness'],
    ['interval=24h&completeness=', 'completeness-invalid', '/completeness'],
    ['interval=24h&page=2', 'unknown-property', '/page'],
    ['from=2023-02-15&to=2023-02-16T00:00:00Z', 'timestamp-malformed', '/from'],
    ['from=2023-02-15T00:00:00&to=2023-02-16T00:00:00Z', 'timestamp-offset-missing', '/from'],
  ])('refuses %j with the fault %s', async (query, code, pointer) => {
    const { status, body } = await get(query);

    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'invalid-request', errors: [{ code, pointer }] });
  });

  it('names every fault at once', async () => {
    const { body } = await get('interval=1y&from=noon&metric=1&equipmentId=-&limit=x');

    const faults: { readonly code: string }[] = body.errors;
    expect(faults.map(({ code }) => code)).toEqual([
      'interval-invalid',
      'timestamp-malformed',
      'interval-or-range',
      'metric-name-invalid',
      'equipment-id-invalid',
      'limit-invalid',
    ]);
  });

  it('says how to write the + that a query turns into a blank', async () => {
    const { body } = await get('from=2023-02-15T00:00:00+01:00&to=2023-02-16T00:00:00Z');

    expect(body.errors[0].detail).toContain('%2B');
  });

  it('takes 366 days', async () => {
    const { status } = await get('from=2024-01-01T00:00:00%2B01:00&to=2024-12-31T23:00:00Z');

    expect(status).toBe(200);
  });

  describe('as of an instant', () => {
    const RANGE = 'equipmentId=EQ-1&from=2023-08-31T00:00:00Z&to=2023-09-01T00:00:00Z';
    /** Each accepted a minute after the one before, from 06:01 on. */
    async function write(...timestamps: readonly string[]) {
      await readings.putAll(
        timestamps.map((timestamp, n) =>
          aStoredReading({
            equipmentId: 'EQ-1',
            timestamp: `2023-08-31T${timestamp}Z`,
            values: { value: n + 1, ...(n % 2 === 0 && { other: 100 }) },
            registerTime: `2023-09-01T06:0${n + 1}:00Z`,
          }),
        ),
      );
    }

    it('shows the hours and their summary as they stood then, not what the cells say', async () => {
      await write('08:00:00', '08:30:00', '10:00:00', '08:15:00');
      put('EQ-1', '2023-08-31T09', [1000]);

      const { status, body } = await get(`${RANGE}&asOf=2023-09-01T06:03:00Z&completeness=true`);

      expect(status).toBe(200);
      expect(body).toMatchObject({ interval: null, totalCount: 3, average: 2, nextCursor: null });
      expect(body.items).toMatchObject([
        {
          intervalStart: Date.UTC(2023, 7, 31, 8) / 1000,
          total: '3',
          sampleCount: 2,
          min: 1,
          max: 2,
          completeness: { lateCount: 2, largestGapSeconds: 1800 },
        },
        { intervalStart: Date.UTC(2023, 7, 31, 10) / 1000, total: '3', sampleCount: 1 },
      ]);
    });

    it('shows one metric, and nothing where it was not there yet', async () => {
      await write('08:00:00', '08:30:00', '10:00:00');

      const other = await get(`${RANGE}&metric=other&asOf=2023-09-01T06:02:30Z`);
      const earlier = await get(`${RANGE}&asOf=2023-09-01T06:00:59.999Z`);

      expect(other.body).toMatchObject({ totalCount: 1, average: 100 });
      expect(earlier.body).toMatchObject({ totalCount: 0, average: null, items: [] });
    });

    it('ends an interval then', async () => {
      await write('08:00:00');

      const { body } = await get('equipmentId=EQ-1&interval=24h&asOf=2023-09-01T06:42:00Z');
      const oldest = await get('equipmentId=EQ-1&interval=1m&asOf=1970-01-01T00:00:00Z');

      expect(body).toMatchObject({ to: Date.UTC(2023, 8, 1, 7) / 1000, totalCount: 1 });
      expect(oldest).toMatchObject({ status: 200, body: { totalCount: 0 } });
    });

    it('comes page by page, each with the whole summary and a cursor of this instant', async () => {
      await write('01:00:00', '02:00:00', '02:30:00', '05:00:00');
      const query = `${RANGE}&asOf=2023-09-01T06:10:00Z&limit=1`;

      const pages = [(await get(query)).body];
      while (pages.at(-1).nextCursor !== null) {
        pages.push((await get(`${query}&cursor=${pages.at(-1).nextCursor}`)).body);
      }

      expect(pages.map(({ items }) => items)).toMatchObject([
        [{ total: '1' }],
        [{ total: '5' }],
        [{ total: '4' }],
      ]);
      expect(pages.map(({ totalCount }) => totalCount)).toEqual([4, 4, 4]);
      const foreign = await get(`${RANGE}&limit=1&cursor=${pages[0].nextCursor}`);
      expect(foreign.body).toMatchObject({ code: 'cursor-invalid' });
    });

    it.each([
      [`${RANGE}&asOf=2023-09-01T06:42:00.001Z`, 'as-of-in-future', '/asOf', 'as-of-in-future'],
      [`${RANGE}&asOf=x`, 'invalid-request', '/asOf', 'timestamp-malformed'],
      [
        'interval=24h&asOf=2023-09-01T00:00:00Z',
        'invalid-request',
        '/asOf',
        'as-of-needs-equipment',
      ],
      [
        'equipmentId=EQ-1&from=2023-01-01T00:00:00Z&to=2023-02-01T00:00:00.001Z&asOf=2023-09-01T00:00:00Z',
        'range-too-long',
        '/to',
        'range-too-long',
      ],
    ])('is refused: %s', async (query, code, pointer, fault) => {
      expect(await get(query)).toMatchObject({
        status: 400,
        body: { code, errors: [{ pointer, code: fault }] },
      });
    });
  });
});
