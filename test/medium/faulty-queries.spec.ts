import 'reflect-metadata';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { operationsOf, type Method } from '../support/documented-operations.js';
import { startInProcessApi, type InProcessApi } from '../support/in-process-api.js';

let api: InProcessApi;

beforeAll(async () => {
  api = await startInProcessApi();
});

afterAll(async () => {
  await api.close();
});

async function pointersOf(method: Method, url: string, payload?: string) {
  const answer = await api.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${api.machineToken}`, 'content-type': 'application/json' },
    ...(payload !== undefined && { payload }),
  });
  const { errors = [] }: { errors?: readonly { pointer: string }[] } = answer.json();
  return [answer.statusCode, ...errors.map(({ pointer }) => pointer).toSorted()];
}

describe('a query in which everything is wrong', () => {
  it('is told of every parameter at once, on each route that takes one', async () => {
    const queried = operationsOf(api.app).flatMap(({ method, path, parameters }) => {
      const names = parameters.filter((one) => one.in === 'query').map(({ name }) => name);
      return names.length === 0
        ? []
        : [{ method, path: path.replaceAll(/\{\w+\}/g, 'EQ-1'), names }];
    });
    expect(queried.length).toBeGreaterThan(6);

    // Where there is a body, it is read before the query.
    const payloads = new Map([
      ['/sensor-data', '{}'],
      ['/sensor-data/batch', '[{}]'],
    ]);
    for (const { method, path, names } of queried) {
      const query = ['unknown', ...names].map((name) => `${name}=!`).join('&');
      const [status, ...pointers] = await pointersOf(
        method,
        `${path}?${query}`,
        payloads.get(path),
      );

      expect([path, status]).toEqual([path, 400]);
      for (const name of ['unknown', ...names]) expect(pointers).toContain(`/${name}`);
    }
  });

  it.each([
    ['/sensor-data/aggregated?interval=3h&foo=1', ['/foo', '/interval']],
    ['/sensor-data/aggregated?foo=1', ['/foo', '/interval']],
    ['/sensor-data/aggregated?from=x&to=x&to=y', ['/from', '/to']],
    ['/sensor-data/aggregated?interval=24h&interval=48h&limit=0', ['/interval', '/limit']],
    ['/sensor-data/aggregated?interval=24h&limit=0&cursor=x', ['/cursor', '/limit']],
    ['/sensor-data/aggregated/verify?from=x&foo=1', ['/foo', '/from', '/to']],
    ['/sensor-data/uploads?limit=0&cursor=x&foo=1', ['/cursor', '/foo', '/limit']],
    ['/equipment?limit=0&cursor=x', ['/cursor', '/limit']],
    ['/sensor-data/EQ-1?order=up&cursor=x', ['/cursor', '/order']],
    ['/sensor-data/EQ-1/series?buckets=0&from=x', ['/buckets', '/from', '/metric', '/to']],
    ['/sensor-data/uploads?cursor=x', ['/cursor']],
  ])('is told of every fault at once: %s', async (url, pointers) => {
    expect(await pointersOf('GET', url)).toEqual([400, ...pointers]);
  });
});

describe('a body in which several things are wrong', () => {
  it('of an import is told of every fault at once', async () => {
    const body = JSON.stringify({ fileName: 'a.pdf', size: 1e99, timezone: 'x', foo: 1 });

    const answer = await pointersOf('POST', '/sensor-data/upload-csv', body);

    expect(answer).toEqual([400, '/fileName', '/foo', '/size', '/timezone']);
  });

  it('of a new password is told of every fault at once', async () => {
    const answer = await api.app.inject({
      method: 'POST',
      url: '/auth/password',
      headers: { 'content-type': 'application/json', authorization: 'Basic YTpi' },
      payload: JSON.stringify({ newPassword: 'Short-1', foo: 1 }),
    });

    expect(answer.json()).toMatchObject({
      status: 400,
      errors: [
        { pointer: '/foo', code: 'unknown-property' },
        { pointer: '/newPassword', code: 'password-too-short' },
      ],
    });
  });
});
