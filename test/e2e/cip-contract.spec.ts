import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { stackCredentials } from '../support/aws-signer.js';
import { sendAsDevice } from '../support/cip-device.js';
import { CipScreen } from '../support/cip-screen.js';
import { FaultProxy } from '../support/fault-proxy.js';
import { sendRaw } from '../support/raw-http.js';

/** What README and code of the earlier service promised and this one changed, and what clients never send twice. */
const stack = inject('stack');
const { baseUrl } = stack;
const INGEST = '/api/v1/cip_monitoring';

let admin: ApiClient;
let anyone: ApiClient;
let deviceKey: string;
let screenKey: string;

beforeAll(async () => {
  anyone = await ApiClient.connect(baseUrl);
  admin = (await ApiClient.connect(baseUrl)).withToken(await machineToken(stack));
  deviceKey = await keyWith('sensorflow/write');
  screenKey = await keyWith('sensorflow/read');
});

async function keyWith(scope: string): Promise<string> {
  const { status, body } = await admin.post('/api-keys', { name: 'contract', scopes: [scope] });
  expect(status).toBe(201);
  return body.key;
}

const FULL = {
  id_sensor: 'cip-contract',
  cip_id: '1',
  status_cip: 'true',
  temperature: 20.81,
  pressure: 1.42,
  concentration: 0.01,
};

async function post(json: unknown, client = anyone) {
  return client.post(INGEST, json, { headers: { 'x-api-key': deviceKey } });
}

async function postText(body: string, key = deviceKey) {
  const headers = { 'x-api-key': key, 'content-type': 'application/json' };
  return anyone.send('POST', INGEST, { body, headers });
}

describe('of what the earlier service took', () => {
  it('one quantity is enough where it wanted all', async () => {
    const answer = await post({ ...FULL, pressure: null, concentration: undefined });

    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ temperature: 20.81 });
    expect(answer.body).not.toHaveProperty('pressure');
    expect(answer.body).not.toHaveProperty('concentration');
  });

  it('the clock is the server’s, whatever instant a body has', async () => {
    const before = Date.now();

    const { body } = await post({ ...FULL, timestamp: '2020-01-01T00:00:00Z', time: 1 });

    expect(Date.parse(body.timestamp)).toBeGreaterThanOrEqual(before - 1);
  });

  it.each(['Infinity', '-Infinity', '"Infinity"', '"nan"', '"1e999"', '1e999'])(
    'the number %s is refused, where it stored nothing and failed',
    async (text) => {
      const { status, body } = await postText(
        JSON.stringify(FULL).replace('"temperature":20.81', `"temperature":${text}`),
      );

      expect(status).toBe(400);
      expect(body.detail).toEqual(expect.any(String));
    },
  );

  it('-1 of a failed sensor is kept, and shown', async () => {
    const id = `cip-failed-${randomUUID()}`;
    await post({ ...FULL, id_sensor: id, temperature: -1 });

    const { body } = await admin.get(`/sensor-data/${id}/latest`);

    expect(body.values.temperature).toBe(-1);
  });
});

describe('of what the earlier service answered', () => {
  it('a wrong key comes before a broken body: 401 for both', async () => {
    const broken = await postText('{"temperature":', 'changeme');
    const invalid = await postText('{}', 'changeme');

    expect([broken.status, invalid.status]).toEqual([401, 401]);
  });

  it('text that is no JSON is 400 with one sentence', async () => {
    const { status, body } = await postText('{"temperature":');

    expect([status, body.code]).toEqual([400, 'json-malformed']);
    expect(body.detail).toEqual(expect.any(String));
  });

  it('errors have what its clients show in detail, and never a list', async () => {
    const answers = [
      await anyone.post(INGEST, FULL),
      await post({}),
      await anyone.send('GET', '/api/v1/query/recent', { headers: { 'x-api-key': 'changeme' } }),
      await anyone.get('/api/v1/nothing'),
      await anyone.send('PUT', INGEST, { headers: { 'x-api-key': deviceKey } }),
      await anyone.send('POST', `${INGEST}/`, { headers: { 'x-api-key': deviceKey } }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([401, 400, 401, 404, 405, 404]);
    for (const { body } of answers) expect(body.detail).toEqual(expect.any(String));
    expect(answers.at(-1)?.body.detail).toContain(INGEST);
  });

  it('a path with a slash too many leads nowhere: firmware follows no redirects', async () => {
    const [answer] = await sendRaw(
      baseUrl,
      `POST ${INGEST}/ HTTP/1.1\r\nHost: x\r\nX-API-Key: ${deviceKey}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    );

    expect(answer?.status).toBe(404);
    expect(answer?.headers.get('location')).toBeUndefined();
  });

  it('the root is there, and documents need no key', async () => {
    const [root, docs, redoc, openapi] = await Promise.all(
      ['/', '/docs', '/redoc', '/openapi.json'].map((path) => fetch(baseUrl + path)),
    );

    expect(await root?.json()).toMatchObject({ name: expect.any(String), status: 'ok' });
    expect([docs?.status, redoc?.status, openapi?.status]).toEqual([200, 200, 200]);
    const paths = Object.keys(Object((await openapi?.json()) as object).paths);
    expect(paths).toContain(INGEST);
    expect(paths).not.toContain('/api/v1/query/sql');
  });
});

describe('while the store is out', () => {
  let proxy: FaultProxy;
  let cutOff: ApiProcess;
  let client: ApiClient;

  beforeAll(async () => {
    const credentials = stackCredentials(inject('stackDataDir'));
    proxy = await FaultProxy.start(stack.endpoints.dynamodb, credentials);
    cutOff = await ApiProcess.start(stack, inject('stackDataDir'), {
      AWS_ENDPOINT_URL_DYNAMODB: proxy.url,
      API_KEY: 'changeme',
      API_KEY_WS: 'changeme',
    });
    client = await ApiClient.connect(cutOff.baseUrl);
    await eventually(
      async () => post(FULL, client),
      ({ status }) => status === 201,
    );
  });

  afterAll(async () => {
    cutOff.child.kill('SIGTERM');
    await cutOff.exit();
    await proxy.close();
  });

  it('nothing is said to be stored, queries are 503, and health is degraded with 200', async () => {
    const id = `cip-out-${randomUUID()}`;
    const body = JSON.stringify({ ...FULL, id_sensor: id });
    const keyHeader = `X-API-Key: ${deviceKey}`;

    proxy.isDown = true;
    const answer = await post({ ...FULL, id_sensor: id }, client);
    const device = await sendAsDevice(cutOff.baseUrl, { path: INGEST, keyHeader, body });
    const query = await client.send('GET', '/api/v1/query/recent', {
      headers: { 'x-api-key': screenKey },
    });
    const health = await eventually(
      async () => client.get('/api/v1/health'),
      (one) => one.body.status === 'degraded',
    );
    proxy.isDown = false;

    expect([answer.status, query.status, health.status]).toEqual([503, 503, 200]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(answer.body).not.toHaveProperty('id');
    expect(device.isStored).toBe(false);
    expect(device.received).toMatch(/^HTTP\/1\.1 503 Service Unavailable\r\n/);
    expect(health.body.warnings).toEqual([expect.stringMatching(/unavailable$/)]);
    const stored = await admin.get(`/sensor-data/${id}/latest`);
    expect(stored.status).toBe(404);
  });

  it('keys of the environment open nothing, as before and after', async () => {
    const headers = { 'x-api-key': 'changeme' };
    const posted = await client.post(INGEST, FULL, { headers });
    const screen = await CipScreen.connect(cutOff.baseUrl, '?api-key=changeme');

    expect([posted.status, screen.status]).toEqual([401, 403]);
  });
});

describe('the WebSocket', () => {
  it('begins with what comes, not with the last reading, and pings every 20 s', async () => {
    const witness = await CipScreen.connect(baseUrl, `?api-key=${screenKey}`);
    const isHeard = ({ messages }: CipScreen) =>
      messages.some(({ id_sensor }) => id_sensor === FULL.id_sensor);
    await eventually(
      async () => post(FULL),
      () => isHeard(witness),
    );
    await delay(1000);
    witness.disconnect();

    const screen = await CipScreen.connect(baseUrl, `?api-key=${screenKey}`);
    const openedAt = performance.now();
    const pinged = new Promise<number>((resolve) => {
      screen.webSocket.once('ping', () => resolve(performance.now() - openedAt));
    });

    expect(await pinged).toBeLessThan(30_000);
    expect([screen.isOpen, isHeard(screen)]).toEqual([true, false]);
    screen.disconnect();
  });
});
