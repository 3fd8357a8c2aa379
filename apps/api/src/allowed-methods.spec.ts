import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { refuseOtherMethods, RouteTable } from './allowed-methods.js';

let server: FastifyInstance;

beforeEach(async () => {
  server = fastify();
  refuseOtherMethods(server, undefined);
  for (const url of ['/', '/sensor-data/aggregated', '/sensor-data/aggregated/verify', '/docs/*']) {
    server.get(url, () => 'found');
  }
  server.get('/sensor-data/uploads/:id', () => 'found');
  server.post('/sensor-data/batch', () => 'found');
  server.get('/sensor-data/:equipmentId', () => 'found');
  server.get('/sensor-data/:equipmentId/latest', () => 'found');
  server.delete('/sensor-data/:equipmentId/:timestamp', () => 'found');
  await server.ready();
});

afterEach(async () => {
  await server.close();
});

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS';

async function detailOf(method: Method, url: string): Promise<string> {
  const answer = await server.inject({ method, url });
  expect(answer.statusCode).toBe(404);
  expect(answer.json()).toMatchObject({ status: 404, code: 'route-not-found' });
  return answer.json().detail;
}

async function answerTo(method: Method, url: string) {
  const { statusCode, headers } = await server.inject({ method, url });
  return [statusCode, headers.allow];
}

describe('a star, which asks for the server', () => {
  it('is no path', () => {
    const routes = new RouteTable();
    routes.add('GET', '/');

    expect([...routes.methodsAt('/?x')]).toEqual(['GET']);
    expect([...routes.methodsAt('*')]).toEqual([]);
  });
});

describe('a path', () => {
  it.each([
    ['GET', '/'],
    ['HEAD', '/sensor-data/EQ-1'],
    ['GET', '/sensor-data/EQ-1?limit=1'],
    ['GET', '/sensor-data/aggregated'],
    ['GET', '/sensor-data/uploads/latest'],
    ['POST', '/sensor-data/batch'],
    ['POST', '/sensor-data/b%61tch'],
    ['DELETE', '/sensor-data/EQ-1/x'],
    ['GET', '/docs/a/b.js'],
  ] as const)('takes %s %s', async (method, url) => {
    expect(await answerTo(method, url)).toEqual([200, undefined]);
  });

  it.each([
    ['PUT', '/', 'GET, HEAD'],
    ['POST', '/sensor-data/EQ-1', 'GET, HEAD'],
    ['POST', '/sensor-data/EQ-1/x', 'DELETE'],
    ['PUT', '/docs/a/b.js', 'GET, HEAD'],
    ['OPTIONS', '/sensor-data/EQ-1', 'GET, HEAD'],
  ] as const)('does not take %s %s, and says what it takes', async (method, url, allowed) => {
    expect(await answerTo(method, url)).toEqual([405, allowed]);
  });

  it.each([
    ['GET', '/sensor-data/batch', 'POST'],
    ['HEAD', '/sensor-data/batch?limit=1', 'POST'],
    ['GET', '/sensor-data/b%61tch', 'POST'],
    ['DELETE', '/sensor-data/aggregated/verify', 'GET, HEAD'],
    ['DELETE', '/sensor-data/uploads/1', 'GET, HEAD'],
    ['DELETE', '/sensor-data/uploads/latest', 'GET, HEAD'],
    ['DELETE', '/sensor-data/EQ-1/latest', 'GET, HEAD'],
  ] as const)('of fixed words is no parameter of another: %s %s', async (method, url, allowed) => {
    expect(await answerTo(method, url)).toEqual([405, allowed]);
  });

  it.each([
    ['GET', '/sensor-data/batch/', '/sensor-data/batch'],
    ['POST', '/sensor-data/batch/?x=1', '/sensor-data/batch'],
    ['GET', '/sensor-data/aggregated/', '/sensor-data/aggregated'],
    ['GET', '/sensor-data/EQ-1/', '/sensor-data/EQ-1'],
    ['GET', '/sensor-data/EQ-1/latest//', '/sensor-data/EQ-1/latest'],
    ['GET', '/Sensor-Data/Aggregated/verify', '/sensor-data/aggregated/verify'],
    ['GET', '/sensordata/aggregated', '/sensor-data/aggregated'],
    ['POST', '/sensor_data/bacth', '/sensor-data/batch'],
  ] as const)('that nearly has routes is named right: %s %s', async (method, url, meant) => {
    expect(await detailOf(method, url)).toContain(`Did you mean ${meant}?`);
  });

  it.each(['/nothing', '/sensor-data/', '/'.repeat(600)])(
    'that means nothing gets no guess: %s',
    async (url) => {
      expect(await detailOf('GET', url)).not.toContain('Did you mean');
    },
  );

  it.each(['/sensor-data/EQ-1/x/y', '//', '/nothing', '/'.repeat(16_000)])(
    'without routes is not found, %#',
    async (url) => {
      for (const method of ['GET', 'PUT', 'OPTIONS'] as const) {
        expect(await answerTo(method, url)).toEqual([404, undefined]);
      }
    },
  );
});
