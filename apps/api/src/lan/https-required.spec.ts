import { sendProblem } from '@sensorflow/platform/http/problem.filter.js';
import fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requireHttps } from './https-required.js';
import { ReachableOrigin } from './reachable-origin.js';

const KEY = `sfk_${'a'.repeat(16)}_${'b'.repeat(49)}`;

let server: FastifyInstance;
/** Requests that got past it. */
let seen: string[];

beforeEach(() => {
  server = fastify();
  server.setErrorHandler(sendProblem);
  seen = [];
  const certificate = { speaksFor: () => false };
  requireHttps(server, new ReachableOrigin(certificate, '10.1.2.3', 3443));
  server.addHook('onRequest', (request, _reply, done) => {
    seen.push(`${request.method} ${request.url}`);
    done();
  });
  server.get('/', () => 'here');
  server.get('/health/ready', () => 'ready');
  server.get('/sensor-data/:equipmentId', () => 'readings');
  server.post('/sensor-data', () => 'stored');
  server.post('/auth/login', () => 'welcome');
});

afterEach(() => server.close());

async function statusOf(method: 'GET' | 'HEAD' | 'POST', url: string, headers = {}) {
  const answer = await server.inject({ method, url, headers });
  return answer.statusCode;
}

describe('plain HTTP on a network', () => {
  it.each([
    ['GET', '/', {}],
    ['GET', '/health/ready', {}],
    ['HEAD', '/health/ready', {}],
    ['POST', '/sensor-data', { 'x-api-key': KEY }],
    ['POST', '/sensor-data?clock=server', { 'api-key': KEY }],
    ['POST', '/sensor-data', { authorization: `Bearer ${KEY}` }],
    // Of another program on the same machine.
    ['POST', '/sensor-data', { 'x-api-key': KEY, cookie: 'grafana_session=1' }],
    // A caller without one is told so by the authenticator.
    ['POST', '/sensor-data', {}],
  ] as const)('takes %s %s with %j', async (method, url, headers) => {
    expect(await statusOf(method, url, headers)).toBe(200);
  });

  it.each([
    ['GET', '/sensor-data/EQ-1', { 'x-api-key': KEY }],
    ['POST', '/auth/login', {}],
    ['GET', '/nowhere', {}],
    ['POST', '/sensor-data/', { 'x-api-key': KEY }],
    ['POST', '//sensor-data', { 'x-api-key': KEY }],
    ['POST', '/health/../auth/login', {}],
    ['POST', 'http://10.1.2.3/auth/login', {}],
  ] as const)('refuses %s %s before anything else looks at it', async (method, url, headers) => {
    const answer = await server.inject({ method, url, headers });

    expect(answer.statusCode).toBe(403);
    expect(answer.json()).toMatchObject({ code: 'https-required' });
    expect(seen).toEqual([]);
  });

  it.each(['/', '/console', '/console/#/fleet', '/console/?a=b', '/docs', '/redoc'])(
    'sends a browser that opens %s to HTTPS',
    async (url) => {
      const headers = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8', host: 'evil.example' };

      const answer = await server.inject({ method: 'GET', url, headers });

      expect(answer.statusCode).toBe(302);
      const path = url.replace(/#.*/, '');
      expect(answer.headers.location).toBe(`https://10.1.2.3:3443${path}`);
      expect(seen).toEqual([]);
    },
  );

  it.each([
    ['POST', '/console/', {}],
    ['GET', '//evil.example', {}],
    ['GET', '/consoles', {}],
    ['GET', '/sensor-data/EQ-1', {}],
    ['GET', '/console/', { authorization: 'Basic ZGVtbzpkZW1v' }],
  ] as const)('sends nothing else to HTTPS: %s %s with %j', async (method, url, headers) => {
    const accept = { accept: 'text/html' };

    expect(await statusOf(method, url, { ...accept, ...headers })).toBe(403);
  });

  it.each([
    [{ authorization: 'Bearer eyJhbGciOiJSUzI1NiJ9.e30.x' }],
    [{ authorization: 'Basic ZGVtbzpkZW1v' }],
    [{ authorization: 'Bearer' }],
    [{ authorization: `Bearer eyJ.e30.x, Bearer ${KEY}` }],
    [{ cookie: '__Host-sensorflow=eyJ' }],
    [{ cookie: 'a=b; sensorflow=eyJ', 'x-api-key': KEY }],
    [{ authorization: 'Bearer eyJ.e30.x', 'x-api-key': KEY }],
  ])('refuses %j, and says that others can have read it', async (headers) => {
    const answer = await server.inject({ method: 'POST', url: '/sensor-data', headers });

    expect(answer.statusCode).toBe(403);
    expect(answer.json().detail).toMatch(/can have read it\. Use https:\/\/10\.1\.2\.3:3443\.$/);
    expect(seen).toEqual([]);
  });
});
