import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiProcess } from '../support/api-process.js';

const FRONT_END = 'https://app.sensorflow.example';

let api: ApiProcess;

beforeAll(async () => {
  api = await ApiProcess.start(inject('stack'), inject('stackDataDir'), {
    FRONTEND_URL: FRONT_END,
  });
});

afterAll(async () => {
  api.child.kill('SIGTERM');
  await api.exit();
});

async function preflight(origin: string, method = 'POST') {
  return fetch(`${api.baseUrl}/sensor-data`, {
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': method },
  });
}

describe('the configured front end', () => {
  it.each(['GET', 'POST', 'DELETE'])('may ask whether it may %s', async (method) => {
    const { status, headers } = await preflight(FRONT_END, method);

    expect(status).toBe(204);
    expect(headers.get('access-control-allow-origin')).toBe(FRONT_END);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-allow-methods')).toContain(method);
  });

  it('may read what a refusal says in its headers', async () => {
    const { headers } = await fetch(`${api.baseUrl}/auth/me`, { headers: { origin: FRONT_END } });

    expect(headers.get('access-control-allow-origin')).toBe(FRONT_END);
    expect(headers.get('access-control-expose-headers')).toContain('Retry-After');
  });
});

describe('any other origin', () => {
  it.each([
    'https://evil.example',
    `${FRONT_END}.evil.example`,
    'null',
    'http://app.sensorflow.example',
  ])('such as %s is never let in, nor reflected', async (origin) => {
    const { headers } = await preflight(origin);

    expect(headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('an OPTIONS request', () => {
  const ASKS = { 'access-control-request-method': 'POST' };

  it.each<[string, number, string, Record<string, string>]>([
    ['of the front end', 204, '/sensor-data', { origin: FRONT_END, ...ASKS }],
    ['of a foreign page', 405, '/sensor-data', { origin: 'https://evil.example', ...ASKS }],
    ['that is no preflight', 405, '/sensor-data', {}],
    ['for a path that is not there', 404, '/nothing', {}],
  ])('%s is answered by %i, with the headers of every answer', async (_, status, path, headers) => {
    const answer = await fetch(`${api.baseUrl}${path}`, { method: 'OPTIONS', headers });

    expect(answer.status).toBe(status);
    expect(answer.headers.get('x-request-id')).not.toBeNull();
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'POST' : null);
    expect(answer.headers.get('content-type') ?? 'none').toMatch(
      status === 204 ? /^none$/ : /^application\/problem\+json/,
    );
  });
});
