import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import type { WorkBudget } from '@sensorflow/kernel';
import { LogController } from 'fastify';
import { once } from 'node:events';
import { get as httpGet } from 'node:http';
import { connect } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLogger } from '../logging/logger.js';
import { ProblemFilter } from './problem.filter.js';
import { costOf, RequestBudget } from './request-budget.js';

/** Calls the store until somebody ends it. */
@Controller()
class Slow {
  calls = 0;
  arrived: () => void = () => undefined;

  @Get('slow')
  async slow(@RequestBudget() budget: WorkBudget): Promise<never> {
    this.arrived();
    for (;;) {
      await budget.call(async () => new Promise((resolve) => setTimeout(resolve, 5)));
      this.calls += 1;
    }
  }

  @Post('quick')
  @HttpCode(200)
  async quickPost(@RequestBudget() budget: WorkBudget) {
    return this.quick(budget);
  }

  @Get('quick')
  async quick(@RequestBudget() budget: WorkBudget) {
    await budget.call(async () => Promise.resolve());
    await new Promise((resolve) => setTimeout(resolve, 20));
    return { aborted: budget.signal.aborted };
  }
}

describe('the budget of a request', () => {
  let app: NestFastifyApplication;
  let lines: string[];
  let costs: unknown[];

  beforeEach(async () => {
    lines = [];
    costs = [];
    const logger = createLogger('info', {
      write: (line) => line.includes('client gone') && lines.push(line),
    });
    const module = await Test.createTestingModule({ controllers: [Slow] }).compile();
    const adapter = new FastifyAdapter({
      loggerInstance: logger,
      logController: new LogController({ disableRequestLogging: true }),
    });
    app = module.createNestApplication<NestFastifyApplication>(adapter, { logger: false });
    app.useGlobalFilters(new ProblemFilter());
    adapter.getInstance().addHook('onResponse', (request, _reply, done) => {
      costs.push(costOf(request));
      done();
    });
    adapter.getInstance().addHook('preHandler', async ({ raw, headers }) => {
      if (headers['x-test'] === 'late' && !raw.socket.closed) await once(raw.socket, 'close');
    });
    await app.listen(0, '127.0.0.1');
  });

  afterEach(async () => {
    await app.close();
  });

  it('ends the work when the client disconnects, and logs what it cost', async () => {
    const slow = app.get(Slow);
    const arrived = new Promise<void>((resolve) => {
      slow.arrived = resolve;
    });
    const request = httpGet(`${await app.getUrl()}/slow?secret=1`);
    request.on('error', () => undefined);
    await arrived;

    request.destroy();
    await expect.poll(() => lines.length).toBe(1);
    const { calls } = slow;
    await new Promise((resolve) => setTimeout(resolve, 30));

    expect(slow.calls).toBe(calls);
    const line: unknown = JSON.parse(lines[0] ?? '');
    expect(line).toMatchObject({ level: 'info', msg: 'client gone', method: 'GET', path: '/slow' });
    expect(line).toMatchObject({ storeCalls: expect.any(Number) });
  });

  it('is no budget at all when the client has gone before the work begins', async () => {
    const { origin } = new URL(await app.getUrl());
    const request = httpGet(`${origin}/quick`, { headers: { 'x-test': 'late' } });
    request
      .on('error', () => undefined)
      .on('socket', (socket) => {
        socket.on('connect', () => setTimeout(() => request.destroy(), 50));
      });

    await expect.poll(() => lines.length).toBe(1);
    expect(JSON.parse(lines[0] ?? '')).not.toHaveProperty('storeCalls');
  });

  it('ends the work of all requests that were sent one behind the other', async () => {
    const socket = connect(Number(new URL(await app.getUrl()).port), '127.0.0.1');
    socket.write('GET /slow HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(12));
    await expect.poll(() => app.get(Slow).calls).toBeGreaterThan(12);

    socket.resetAndDestroy();

    await expect.poll(() => lines.length).toBe(12);
  });

  const withBody = {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify('x'.repeat(100_000)),
  };

  it.each([{}, withBody])('is not ended by a client that waits', async (request) => {
    const response = await fetch(`${await app.getUrl()}/quick`, request);

    expect(await response.json()).toEqual({ aborted: false });
    await expect.poll(() => costs).toMatchObject([{ storeCalls: 1 }]);
  });
});
