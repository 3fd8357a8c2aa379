import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { WorkBudget } from '@sensorflow/kernel';
import { ProblemFilter } from '@sensorflow/platform/http/problem.filter.js';
import { costOf } from '@sensorflow/platform/http/request-budget.js';
import { requestValidationPipe } from '@sensorflow/platform/http/request-validation.pipe.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AggregationWorld } from '../../../../test/support/aggregation-world.js';
import { aBudget } from '../../../../test/support/budgets.js';
import { Verification } from '../verification.js';
import { VerificationSlot } from './verification-slot.js';
import { VerificationController } from './verification.controller.js';

const DAY = 'from=2023-02-15T00:00:00Z&to=2023-02-16T00:00:00Z';

let app: NestFastifyApplication;
let world: AggregationWorld;
let costs: unknown[];

beforeEach(async () => {
  world = new AggregationWorld();
  const module = await Test.createTestingModule({
    controllers: [VerificationController],
    providers: [{ provide: Verification, useValue: world.verification }],
  }).compile();
  app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalPipes(requestValidationPipe());
  costs = [];
  const server = app.getHttpAdapter().getInstance();
  server.addHook('onResponse', (request, _reply, done) => {
    costs.push(costOf(request));
    done();
  });
  await app.init();
});
afterEach(() => app.close());

async function verify(query: string) {
  const answer = await app.inject({ url: `/sensor-data/aggregated/verify?${query}` });
  return { status: answer.statusCode, body: answer.json() };
}

async function repair(query: string) {
  const url = `/sensor-data/aggregated/repair?${query}`;
  const answer = await app.inject({ method: 'POST', url });
  return { status: answer.statusCode, body: answer.json() };
}

describe('GET /sensor-data/aggregated/verify', () => {
  it('answers what was checked and what differs, and POST …/repair what is right again', async () => {
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 78.42 });

    const [found, repaired, then] = [await verify(DAY), await repair(DAY), await verify(DAY)];

    const none = { sealedHours: 0, openHours: 0, tooLarge: 0, nextCursor: null };
    expect(found).toMatchObject({ status: 200, body: { checked: 3, ...none } });
    expect(found.body.differences).toContainEqual({
      level: 'equipment-hour',
      equipmentId: 'EQ-1',
      shard: null,
      metric: 'value',
      intervalStart: 1676440800,
      field: 'total',
      stored: null,
      recomputed: '78.42',
    });
    expect(found.body).not.toHaveProperty('repaired');
    expect(repaired.body).toEqual({ ...found.body, repaired: 30 });
    expect(then.body).toEqual({ checked: 3, differences: [], ...none });
  });

  it('goes on with its cursor, which belongs to its query', async () => {
    for (let equipment = 0; equipment < 101; equipment += 1) {
      await world.put({ equipmentId: `EQ-${equipment}`, timestamp: '2023-02-15T00:30:00Z' });
    }

    const { nextCursor } = (await verify(DAY)).body;
    const rest = await verify(`${DAY}&cursor=${nextCursor}`);
    const other = await verify(`${DAY}&equipmentId=EQ-1&cursor=${nextCursor}`);

    expect(rest.body).toMatchObject({ checked: 0, differences: [], nextCursor: null });
    expect(other).toMatchObject({ status: 400, body: { code: 'cursor-invalid' } });
  });

  it.each([
    ['', 'interval-or-range', ['/from']],
    ['from=2023-02-15T00:00:00Z', 'interval-or-range', ['/to']],
    ['from=2023-02-16T00:00:00Z&to=2023-02-15T00:00:00Z', 'range-empty', ['/to']],
    ['from=2022-01-01T00:00:00Z&to=2023-02-15T00:00:00Z', 'range-too-long', ['/to']],
    ['from=then&to=2023-02-15T00:00:00Z', 'invalid-request', ['/from']],
    [`${DAY}&equipmentId=%20`, 'invalid-request', ['/equipmentId']],
    [`${DAY}&from=2023-02-15T00:00:00Z`, 'invalid-request', ['/from']],
    [`${DAY}&interval=24h`, 'invalid-request', ['/interval']],
    [`${DAY}&cursor=bm90aGluZw`, 'cursor-invalid', ['/cursor']],
  ])('refuses %j with %s', async (query, code, pointers) => {
    for (const { status, body } of [await verify(query), await repair(query)]) {
      expect([status, body.code]).toEqual([400, code]);
      expect(body.errors.map(({ pointer }: { pointer: string }) => pointer)).toEqual(pointers);
    }
  });

  it('refuses a second verification while one runs', async () => {
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 78.42 });
    const second = Promise.withResolvers<void>();
    world.clock.sleep = async () => second.promise;

    const running = verify(DAY);
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    const refused = await repair(DAY);
    second.resolve();

    expect(refused).toMatchObject({ status: 429, body: { code: 'verification-busy' } });
    expect((await running).status).toBe(200);
    expect((await verify(DAY)).status).toBe(200);
  });
});

describe('a verification', () => {
  it('says what it cost at the store', async () => {
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:00:00Z', value: 1 });

    await verify(DAY);
    await repair(DAY);
    await verify(`${DAY}&equipmentId=EQ-1`);

    await expect.poll(() => costs).toHaveLength(3);
    for (const cost of costs) expect(cost).toMatchObject({ storeCalls: expect.any(Number) });
  });

  const untilAborted = async ({ signal }: WorkBudget): Promise<never> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason));
    });

  const nobodyLeft = aBudget();

  it('ends when its client goes, and the next may begin', async () => {
    const slot = new VerificationSlot();
    const client = new AbortController();

    const work = slot.run(untilAborted, aBudget(client.signal));
    client.abort();

    await expect(work).rejects.toBe(client.signal.reason);
    expect(await slot.run(async () => Promise.resolve('done'), nobodyLeft)).toBe('done');
  });

  it('that takes too long ends, and the next may begin', async () => {
    const slot = new VerificationSlot(10);

    const work = slot.run(untilAborted, nobodyLeft);

    await expect(work).rejects.toMatchObject({ kind: 'invalid', code: 'verification-too-large' });
    expect(await slot.run(async () => Promise.resolve('done'), nobodyLeft)).toBe('done');
  });

  it('does not hold up a process that ends', async () => {
    const slot = new VerificationSlot();

    const work = slot.run(untilAborted, nobodyLeft);
    slot.stop();

    await expect(work).rejects.toMatchObject({ kind: 'unavailable', code: 'verification-stopped' });
  });
});
