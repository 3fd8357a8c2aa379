import 'reflect-metadata';
import { request, type RequestOptions } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInProcessApi, type InProcessApi } from '../support/in-process-api.js';

let api: InProcessApi;
let port: number;

const READING = { equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 1 };

beforeAll(async () => {
  api = await startInProcessApi();
  await api.app.listen(0, '127.0.0.1');
  ({ port } = api.app.getHttpServer().address() as AddressInfo);
  await ask('POST', '/sensor-data', READING);
});

afterAll(async () => {
  await api.close();
});

/** Sends the path as it is: neither fetch nor `inject` would leave `//` and `..` alone. */
async function ask(method: string, path: string, body?: object) {
  const headers = {
    authorization: `Bearer ${api.machineToken}`,
    ...(body && { 'content-type': 'application/json' }),
  };
  const options: RequestOptions = { host: '127.0.0.1', port, method, path, headers };
  const outgoing = request(options);
  outgoing.end(body && JSON.stringify(body));
  const [answer] = await once(outgoing, 'response');
  const text: unknown = await json(answer);
  return {
    status: Number(answer.statusCode),
    type: String(answer.headers['content-type']).split(';')[0],
    code: 'code' in Object(text) ? String(Object(text).code) : undefined,
  };
}

/** Each is answered 200, as long as nothing is changed in it. */
const KNOWN = [
  '/sensor-data/EQ-1',
  '/sensor-data/EQ-1/latest',
  '/sensor-data/EQ-1/2023-02-15T06:30:00Z/history',
  '/sensor-data/EQ-1/series?metric=value&from=2023-02-15T06:00:00Z&to=2023-02-15T07:00:00Z&buckets=1',
  '/sensor-data/uploads',
  '/sensor-data/aggregated?interval=24h',
  '/sensor-data/aggregated/fleet?interval=24h',
];

/** What somebody may make of a path by mistake. */
const CHANGES: Readonly<Record<string, (path: string) => string>> = {
  'a trailing slash': (path) => `${path}/`,
  'two trailing slashes': (path) => `${path}//`,
  'a doubled first slash': (path) => `/${path}`,
  'a doubled second slash': (path) => path.replace('/sensor-data/', '/sensor-data//'),
  'an encoded slash': (path) => path.replace('/sensor-data/', '/sensor-data%2F'),
  'an encoded last slash': (path) => path.replace(/\/(?=[^/]+$)/, '%2f'),
  'an encoded trailing slash': (path) => `${path}%2F`,
  'an unknown suffix': (path) => `${path}.json`,
  'an unknown segment': (path) => `${path}/no-such-path`,
  'a segment of another route': (path) => `${path}/latest/latest`,
  'a dot segment': (path) => path.replace('/sensor-data/', '/sensor-data/./'),
  'a segment back': (path) => path.replace('/sensor-data/', '/sensor-data/x/../'),
  'an encoded segment back': (path) => path.replace('/sensor-data/', '/sensor-data/x/%2e%2e/'),
  'a backslash': (path) => path.replace('/sensor-data/', '/sensor-data\\'),
  'parameters of a segment': (path) => `${path};version=1`,
  'a null byte': (path) => `${path}%00`,
  'a blank': (path) => `${path}%20`,
  'a first segment in capitals': (path) => path.replace('sensor-data', 'SENSOR-DATA'),
  'all of it in capitals': (path) => path.toUpperCase(),
  'all of it in small letters': (path) => path.toLowerCase(),
  'letters encoded twice': (path) => path.replace('/sensor-data/', '/sensor-data/%2545'),
  'another first segment': (path) => path.replace('sensor-data', 'sensor_data'),
};

describe('a path of sensor data', () => {
  it.each(KNOWN)('is answered 200 as it is: %s', async (path) => {
    expect((await ask('GET', path)).status).toBe(200);
  });

  it.each(Object.entries(CHANGES))('is never answered with data with %s', async (_name, change) => {
    const changed = KNOWN.map((known) => {
      const [path = '', query] = known.split('?');
      const odd = change(path);
      return { path, odd, url: query === undefined ? odd : `${odd}?${query}` };
    }).filter(({ path, odd }) => odd !== path);
    expect(changed.length).toBeGreaterThan(0);

    for (const { url } of changed) {
      const { status, type, code } = await ask('GET', url);

      expect([url, type, code]).toEqual([url, 'application/problem+json', expect.any(String)]);
      expect([url, status]).toEqual([url, expect.toBeOneOf([400, 404, 405])]);
    }
  });

  it('with nothing behind the slash is no list of everything', async () => {
    for (const path of ['/sensor-data/', '/sensor-data//', '/sensor-data', '/sensor-data/%2F']) {
      expect([path, (await ask('GET', path)).status]).toEqual([
        path,
        expect.toBeOneOf([400, 404, 405]),
      ]);
    }
  });

  it('stores nothing, written in another way', async () => {
    const paths = ['/sensor-data/', '//sensor-data', '/Sensor-Data', '/sensor-data%2Fbatch'];
    for (const path of [...paths, '/sensor-data/batch/', '/sensor-data/BATCH']) {
      const { status } = await ask('POST', path, { ...READING, equipmentId: 'EQ-ODD' });

      expect([path, status]).toEqual([path, expect.toBeOneOf([400, 404, 405])]);
    }
    expect((await ask('GET', '/sensor-data/EQ-ODD')).code).toBe('equipment-unknown');
  });
});
