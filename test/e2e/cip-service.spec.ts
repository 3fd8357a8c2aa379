import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { sendAsDevice } from '../support/cip-device.js';

const stack = inject('stack');
const { baseUrl } = stack;

let admin: ApiClient;
let deviceKey: string;
let screenKey: string;

async function keyWith(wish: object): Promise<string> {
  const { status, body } = await admin.post('/api-keys', wish);
  expect(status).toBe(201);
  return body.key;
}

beforeAll(async () => {
  admin = (await ApiClient.connect(baseUrl)).withToken(await machineToken(stack));
  deviceKey = await keyWith({ name: 'cip-device', scopes: ['sensorflow/write'] });
  screenKey = await keyWith({ name: 'cip screen', scopes: ['sensorflow/read'] });
});

const FULL = {
  id_sensor: 'estacao_cip',
  cip_id: '1',
  status_cip: 'active',
  temperature: 20.81,
  pressure: 1.42,
  concentration: 0.01,
};

const V1 = ['/api/v1/cip_monitoring', '/api/v1/temperature_reading'];
const DEVICES = ['/api/temperature_reading', '/api/sensor_data'];

async function post(path: string, json: unknown, headers: Record<string, string> = {}) {
  return admin.post(path, json, { headers: { 'x-api-key': deviceKey, ...headers } });
}

async function read(path: string) {
  return admin.send('GET', path, { headers: { 'x-api-key': screenKey } });
}

describe('a body of the promised contract', () => {
  it.each([...V1, ...DEVICES])('is stored and answered in its own words: %s', async (path) => {
    const body = { ...FULL, id_sensor: `estacao${path.replaceAll('/', '.')}` };
    const before = Date.now();

    const answer = await post(path, body);

    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ ...body, sensor_id: body.id_sensor });
    expect(answer.body.id).toMatch(
      /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/,
    );
    expect(answer.body.client_ip).toMatch(/127\.0\.0\.1$/);
    // The server's clock, and São Paulo's date and time, three hours behind UTC the whole year.
    const at = Date.parse(answer.body.timestamp);
    expect(at).toBeGreaterThanOrEqual(before - 1);
    expect(`${answer.body.date_recorded}T${answer.body.time_recorded}`).toBe(
      new Date(at - 3 * 3_600_000).toISOString().slice(0, 19),
    );
    const { body: reading } = await admin.get(`/sensor-data/${body.id_sensor}/latest`);
    expect(reading).toMatchObject({
      values: { temperature: 20.81, pressure: 1.42, concentration: 0.01 },
      tags: { cip_id: '1', status_cip: 'active' },
    });
  });

  it('ignores unknown members, and takes numbers as text', async () => {
    const body = { ...FULL, id_sensor: 'cip-lax', pressure: '1.42', temperature: ' 20.810 ', x: 1 };

    const answer = await post(V1[0] ?? '', body);

    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ temperature: 20.81, pressure: 1.42 });
    expect(answer.body).not.toHaveProperty('x');
  });

  it('sent twice is two readings: there is no instant in it', async () => {
    const body = { ...FULL, id_sensor: 'cip-twice' };
    const [first, second] = [await post(V1[1] ?? '', body), await post(V1[1] ?? '', body)];

    expect(second.body.id).not.toBe(first.body.id);
    const { body: page } = await admin.get('/sensor-data/cip-twice');
    expect(page.items).toHaveLength(2);
  });

  it.each<readonly [string, string, unknown, RegExp]>([
    [
      'nothing',
      '/api/v1/cip_monitoring',
      {},
      /id_sensor is missing.*At least one of.*cip_id is missing.*status_cip is missing/,
    ],
    [
      'numbers for texts',
      '/api/v1/temperature_reading',
      { ...FULL, cip_id: 1 },
      /cip_id is a text/,
    ],
    [
      'a boolean for a number',
      '/api/v1/temperature_reading',
      { ...FULL, temperature: true },
      /temperature is a finite number/,
    ],
    [
      'nan as text',
      '/api/sensor_data',
      { temperature: 'nan', flow: 1 },
      /temperature is a finite number, also as text; not "nan"/,
    ],
    ['a sensor that cannot be', '/api/sensor_data', { id_sensor: 'a b', flow: 1 }, /id_sensor: /],
    [
      'no quantity',
      '/api/temperature_reading',
      { sensor_id: 'x', speed: 3 },
      /At least one of temperature/,
    ],
  ])(
    'with %s is refused in one sentence that its clients can show',
    async (_name, path, json, words) => {
      const { status, body } = await post(path, json);

      expect([status, body.code]).toEqual([400, 'invalid-reading']);
      expect(body.detail).toMatch(words);
    },
  );

  it('with nan as a number is no JSON, and says where', async () => {
    const { status, body } = await admin.send('POST', '/api/sensor_data', {
      body: '{"temperature":nan,"flow":1.00}',
      headers: { 'x-api-key': deviceKey, 'content-type': 'application/json' },
    });

    expect([status, body.code]).toEqual([400, 'json-malformed']);
    expect(body.detail).toMatch(/Line 1, column 16: NaN is not JSON/);
  });
});

describe('a key', () => {
  it.each(['X-API-Key', 'API-Key', 'x-api-key', 'Authorization'])(
    'is taken in %s',
    async (header) => {
      const value = header === 'Authorization' ? `Bearer ${deviceKey}` : deviceKey;
      const anyone = await ApiClient.connect(baseUrl);

      const answer = await anyone.post(
        '/api/sensor_data',
        { flow: 1 },
        { headers: { [header]: value } },
      );

      expect(answer.status).toBe(201);
      // Where a body names no sensor, its key does.
      expect(answer.body.id_sensor).toBe('cip-device');
    },
  );

  it.each<readonly [string, Record<string, string>, number, string]>([
    ['missing', {}, 401, 'unauthenticated'],
    ['wrong', { 'x-api-key': 'changeme' }, 401, 'api-key-malformed'],
  ])('that is %s keeps everything out', async (_name, headers, status, code) => {
    const anyone = await ApiClient.connect(baseUrl);
    for (const path of [...V1, ...DEVICES]) {
      const answer = await anyone.post(path, FULL, { headers });
      expect([path, answer.status, answer.body.code]).toEqual([path, status, code]);
    }
    for (const path of ['/api/v1/query/recent', '/api/v1/sensor/estacao_cip/latest']) {
      const answer = await anyone.send('GET', path, { headers });
      expect([path, answer.status]).toEqual([path, status]);
    }
  });

  it('of a screen writes nothing, and that of a device reads nothing', async () => {
    const written = await admin.post(V1[0] ?? '', FULL, { headers: { 'x-api-key': screenKey } });
    const shown = await admin.send('GET', '/api/v1/query/recent', {
      headers: { 'x-api-key': deviceKey },
    });

    expect([written.status, shown.status]).toEqual([403, 403]);
  });

  it('whose name is no equipment id cannot stand for a sensor', async () => {
    const key = await keyWith({ name: 'press line 1', scopes: ['sensorflow/write'] });

    const { status, body } = await post('/api/sensor_data', { flow: 1 }, { 'x-api-key': key });

    expect([status, body.code]).toEqual([400, 'invalid-reading']);
    expect(body.detail).toMatch(
      /id_sensor is missing, and the name of the API key is no equipment id/,
    );
  });

  it('for one sensor writes no other, and is shown no other', async () => {
    const scopes = ['sensorflow/write', 'sensorflow/read'];
    const key = await keyWith({ name: 'one', scopes, equipmentIds: ['CIP-OWN'] });
    const headers = { 'x-api-key': key };
    await post('/api/sensor_data', { id_sensor: 'CIP-OTHER', flow: 1 });

    const own = await post('/api/sensor_data', { id_sensor: 'CIP-OWN', flow: 1 }, headers);
    const other = await post('/api/sensor_data', { id_sensor: 'CIP-OTHER', flow: 1 }, headers);
    const shown = await admin.send('GET', '/api/v1/sensor/CIP-OTHER/latest', { headers });
    const recent = await eventually(
      async () => admin.send('GET', '/api/v1/query/recent', { headers }),
      ({ body }) => body.row_count > 0,
    );

    expect([own.status, other.status, shown.status]).toEqual([201, 403, 403]);
    expect(new Set(recent.body.results.map((row: any) => row.local))).toEqual(new Set(['CIP-OWN']));
  });
});

describe('the readings of a sensor', () => {
  it('are shown by the last one, and by as many as are asked for', async () => {
    for (const temperature of [1, 2, 3, 4]) {
      await post('/api/v1/cip_monitoring', { ...FULL, id_sensor: 'cip-shown', temperature });
    }

    const latest = await read('/api/v1/sensor/cip-shown/latest');
    const rows = await read('/api/v1/query/sensor/cip-shown/latest?limit=3');
    const all = await read('/api/v1/query/sensor/cip-shown/latest');

    expect(latest).toMatchObject({ status: 200, body: { id_sensor: 'cip-shown', temperature: 4 } });
    expect(rows.body.results.map((row: any) => row.temperature)).toEqual([4, 3, 2]);
    expect(rows.body).toMatchObject({ row_count: 3, query: expect.any(String) });
    expect(rows.body.results[0]).toMatchObject({
      local: 'cip-shown',
      cip_id: '1',
      time: expect.any(String),
    });
    expect(all.body.row_count).toBe(4);
  });

  it('are none of a sensor that sent nothing; the last one is not there', async () => {
    const rows = await read('/api/v1/query/sensor/cip-nobody/latest');
    const latest = await read('/api/v1/sensor/cip-nobody/latest');

    expect(rows.body).toMatchObject({ results: [], row_count: 0 });
    expect([latest.status, latest.body.code]).toEqual([404, 'equipment-unknown']);
  });

  it.each([
    ["/api/v1/query/sensor/x'%20OR%20'1'='1/latest", '/equipmentId'],
    ['/api/v1/query/sensor/cip-shown/latest?limit=0', '/limit'],
    ['/api/v1/query/sensor/cip-shown/latest?limit=many&sql=x', '/sql'],
    ['/api/v1/query/recent?limit=1001', '/limit'],
    ['/api/v1/sensor/cip-shown/latest?limit=1', '/limit'],
  ])('are not asked for like this: %s', async (path, pointer) => {
    const { status, body } = await read(path);

    expect(status).toBe(400);
    expect(body.errors.map((one: any) => one.pointer)).toContain(pointer);
  });

  it('are in the recent ones, the newest first, and in the aggregates', async () => {
    // Of more than 200 that are active, those that are looked at are in the order of their names.
    const id = '00-cip-recent';
    await post('/api/v1/cip_monitoring', { ...FULL, id_sensor: id, temperature: 7 });

    const recent = await eventually(
      async () => read('/api/v1/query/recent?limit=1000'),
      ({ body }) => body.results.some((row: any) => row.local === id),
    );
    const { body: hours } = await admin.get('/sensor-data/aggregated', {
      interval: '24h',
      equipmentId: id,
      metric: 'temperature',
    });

    const times: string[] = recent.body.results.map((row: any) => row.time);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(hours).toMatchObject({ totalCount: 1, average: 7 });
  });

  it('are asked for by no SQL: that route is gone', async () => {
    const answer = await admin.post('/api/v1/query/sql', { query: 'SELECT 1' });

    expect(answer.status).toBe(404);
  });
});

describe('a health check', () => {
  it.each(['/api/v1/ping', '/api/v1/health'])('needs no key: %s', async (path) => {
    const anyone = await ApiClient.connect(baseUrl);

    const { status, body } = await anyone.get(path);

    expect(status).toBe(200);
    expect(Date.parse(body.timestamp)).toBeGreaterThan(Date.now() - 60_000);
  });

  it('is told what it is and whether it can work', async () => {
    const { body: health } = await admin.get('/api/v1/health');
    const { body: ping } = await admin.get('/api/v1/ping');

    expect(health).toMatchObject({
      status: 'healthy',
      version: expect.any(String),
      service: 'sensorflow',
      uptime_seconds: expect.any(Number),
    });
    expect(Object.values(health.services)).not.toContain('down');
    expect(ping).toMatchObject({ message: 'pong', status: 'ok' });
  });
});

describe('a device, byte for byte', () => {
  const OF_WIFI = {
    path: '/api/temperature_reading',
    header: 'x-api-key: ',
    body: '{"temperature":23.45,"humidity":"56.78","pressure":"1013.25","sensor_id":"e6616407e3464b2a"}',
    sensor: 'e6616407e3464b2a',
  };
  const OF_ETHERNET = {
    path: '/api/temperature_reading',
    header: 'API-Key: ',
    body: '{"temperature":23.45,"humidity":56.78,"pressure":1013.25,"sensor_id":"e6616407e3464b2b"}',
    sensor: 'e6616407e3464b2b',
  };
  /** None of its versions names a sensor: its key does. */
  const forCleaning = (body: string) => ({
    path: '/api/sensor_data',
    header: 'Authorization: Bearer ',
    body,
    sensor: 'cip-device',
  });
  const WEATHER = { temperature: 23.45, humidity: 56.78, pressure: 1013.25 };

  it.each([
    ['by WiFi, July 2025', OF_WIFI, WEATHER],
    ['by Ethernet, August 2025', OF_ETHERNET, WEATHER],
    [
      'for cleaning, October 2025',
      forCleaning('{"temperature":65.20,"concentration":2.00,"flow":1.00}'),
      { temperature: 65.2, concentration: 2, flow: 1 },
    ],
    [
      'for cleaning, February 2026',
      forCleaning('{"temperature":65.20,"conductivity":12.34,"flow":45.60}'),
      { temperature: 65.2, conductivity: 12.34, flow: 45.6 },
    ],
    [
      'with sensors that fail',
      forCleaning('{"temperature":-1.00,"conductivity":0.00,"flow":-1.00}'),
      { temperature: -1, conductivity: 0, flow: -1 },
    ],
  ])('%s finds the words of success in what it reads', async (_name, device, values) => {
    const { path, header, body, sensor } = device;

    const outcome = await sendAsDevice(baseUrl, { path, keyHeader: header + deviceKey, body });

    expect(outcome.isStored).toBe(true);
    expect(outcome.received.startsWith('HTTP/1.1 201 Created\r\n')).toBe(true);
    const { body: latest } = await admin.get(`/sensor-data/${sensor}/latest`);
    expect(latest.values).toEqual(values);
  });

  it.each([
    ['without a key', undefined, '{"temperature":65.20,"flow":1.00}', '401 Unauthorized'],
    ['with the key of somebody else', 'X-API-Key: changeme', '{"flow":1.00}', '401 Unauthorized'],
    ['whose number is nan', 'known', '{"temperature":nan,"flow":1.00}', '400 Bad Request'],
  ])('%s takes nothing for stored', async (_name, keyHeader, body, status) => {
    const known = keyHeader === 'known' ? `X-API-Key: ${deviceKey}` : keyHeader;
    const path = '/api/sensor_data';

    const outcome = await sendAsDevice(baseUrl, {
      path,
      body,
      ...(known !== undefined && { keyHeader: known }),
    });

    expect(outcome.isStored).toBe(false);
    expect(outcome.received.startsWith(`HTTP/1.1 ${status}\r\n`)).toBe(true);
  });

  it('sends every second, and every one of them is there and counts', async () => {
    const id = 'cip-device-series';
    for (let second = 0; second < 20; second += 1) {
      const body = `{"temperature":"${second}.50","sensor_id":"${id}"}`;
      const keyHeader = `X-API-Key: ${deviceKey}`;
      const { isStored } = await sendAsDevice(baseUrl, { path: DEVICES[0] ?? '', keyHeader, body });
      expect(isStored).toBe(true);
    }

    const { body: hours } = await admin.get('/sensor-data/aggregated', {
      interval: '24h',
      equipmentId: id,
      metric: 'temperature',
    });

    expect(hours).toMatchObject({ totalCount: 20, average: 10 });
  });
});
