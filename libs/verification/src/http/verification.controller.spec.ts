import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { WorkBudget } from '@sensorflow/kernel';
import { ProblemFilter } from '@sensorflow/platform/http/problem.filter.js';
import { costOf } from '@sensorflow/platform/http/request-budget.js';
import { requestValidationPipe } from '@sensorflow/platform/http/request-validation.pipe.js';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AggregationWorld } from '../../../../test/support/aggregation-world.js';
import { trustCallerHeader } from '../../../../test/support/as-caller.js';
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
  trustCallerHeader(app);
  await app.init();
});
afterEach(() => app.close());

async function verify(query: string, caller = 'root') {
  const headers = { 'x-caller': caller };
  const answer = await app.inject({ url: `/sensor-data/aggregated/verify?${query}`, headers });
  return { status: answer.statusCode, body: answer.json() };
}

async function repair(query: string) {
  const url = `/sensor-data/aggregated/repair?${query}`;
  const headers = { 'x-caller': 'root' };
  const answer = await app.inject({ method: 'POST', url, headers });
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

  it('continues with its cursor, which belongs to its query', async () => {
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

describe('of a caller who is not an administrator', () => {
  const WEEK = 'from=2023-02-14T00:30:00Z&to=2023-02-21T00:30:00Z';

  it('a verification takes one equipment and seven days', async () => {
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 78.42 });
    await world.put({ equipmentId: 'EQ-2', timestamp: '2023-02-15T06:30:00Z', value: 1 });

    const { status, body } = await verify(`${WEEK}&equipmentId=EQ-1`, 'ada');

    const names = new Set(
      body.differences.map((each: { equipmentId: string }) => each.equipmentId),
    );
    expect([status, names]).toEqual([200, new Set(['EQ-1'])]);
  });

  it.each([
    ['of all equipment', DAY],
    [
      'of more than seven days',
      'from=2023-02-14T00:00:00Z&to=2023-02-21T00:00:01Z&equipmentId=EQ-1',
    ],
  ])('a verification %s is refused, and says what may be asked for', async (_, query) => {
    expect(await verify(query, 'ada')).toMatchObject({
      status: 403,
      body: {
        code: 'insufficient-scope',
        detail: expect.stringContaining('one equipmentId, and at most 7 days'),
      },
    });
  });

  it('one verification runs at a time, beside those of others and of administrators', async () => {
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 78.42 });
    const second = Promise.withResolvers<void>();
    const query = `${DAY}&equipmentId=EQ-1`;
    let sleeping = 0;
    const until = async (count: number) => {
      await expect.poll(() => sleeping).toBe(count);
    };
    world.clock.sleep = async () => {
      sleeping += 1;
      await second.promise;
    };

    const running = [verify(query, 'ada')];
    await until(1);
    const again = await verify(query, 'ada');
    running.push(verify(query, 'bob'), verify(query, 'root'));
    await until(3);
    running.push(verify(query, 'cyd'), verify(query, 'dan'));
    await until(5);
    const tooMany = await verify(query, 'eve');
    second.resolve();

    for (const refused of [again, tooMany]) {
      expect(refused).toMatchObject({ status: 429, body: { code: 'verification-busy' } });
    }
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual(Array(5).fill(200));
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

  it('ends when its client disconnects, and the next may begin', async () => {
    const slot = new VerificationSlot();
    const client = new AbortController();

    const work = slot.run('ann', untilAborted, aBudget(client.signal));
    client.abort();

    await expect(work).rejects.toBe(client.signal.reason);
    expect(await slot.run('ann', async () => Promise.resolve('done'), nobodyLeft)).toBe('done');
  });

  it('that takes too long ends, and the next may begin', async () => {
    const slot = new VerificationSlot(10);

    const work = slot.run('ann', untilAborted, nobodyLeft);

    await expect(work).rejects.toMatchObject({ kind: 'invalid', code: 'verification-too-large' });
    expect(await slot.run('ann', async () => Promise.resolve('done'), nobodyLeft)).toBe('done');
  });

  it('does not hold up a process that ends', async () => {
    const slot = new VerificationSlot();

    const work = slot.run('ann', untilAborted, nobodyLeft);
    slot.stop();

    await expect(work).rejects.toMatchObject({ kind: 'unavailable', code: 'verification-stopped' });
  });
});
