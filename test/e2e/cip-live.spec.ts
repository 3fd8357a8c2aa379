import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { CipScreen } from '../support/cip-screen.js';
import { loginCookie } from '../support/cookie-session.js';
import { sendRaw } from '../support/raw-http.js';

const stack = inject('stack');
const here = stack.baseUrl;

let second: ApiProcess;
let api: ApiClient;
let deviceKey: string;
let screenKey: string;
const screens: CipScreen[] = [];

beforeAll(async () => {
  api = (await ApiClient.connect(here)).withToken(await machineToken(stack));
  second = await ApiProcess.start(stack, inject('stackDataDir'), { LOG_LEVEL: 'info' });
  deviceKey = (await keyWith({ name: 'cip-live-device', scopes: ['sensorflow/write'] })).key;
  screenKey = (await keyWith({})).key;
});

afterEach(() => {
  for (const screen of screens.splice(0)) screen.disconnect();
});

afterAll(async () => {
  second.child.kill('SIGTERM');
  await second.exit();
});

async function keyWith(wish: object): Promise<{ keyId: string; key: string }> {
  const { status, body } = await api.post('/api-keys', {
    name: 'cip screen',
    scopes: ['sensorflow/read'],
    ...wish,
  });
  expect(status).toBe(201);
  return body;
}

async function connect(
  baseUrl: string,
  query: string,
  headers?: Readonly<Record<string, string>>,
): Promise<CipScreen> {
  const screen = await CipScreen.connect(baseUrl, query, headers);
  screens.push(screen);
  return screen;
}

/** Where a key is new, the other process knows it a little later. */
function connectThere(baseUrl: string, key: string): Promise<CipScreen> {
  return eventually(
    async () => connect(baseUrl, `?api-key=${key}`),
    ({ isOpen }) => isOpen,
  );
}

async function measure(name: string, temperature: number): Promise<any> {
  const { status, body } = await api.post(
    '/api/v1/cip_monitoring',
    {
      id_sensor: name,
      cip_id: '1',
      status_cip: 'active',
      temperature,
      pressure: 1.42,
      concentration: 0.01,
    },
    { headers: { 'x-api-key': deviceKey } },
  );
  expect(status).toBe(201);
  return body;
}

/** Until it has a feed: what came before is not told. */
async function heard(screen: CipScreen, name: string): Promise<any> {
  await eventually(
    async () => measure(name, 20.81),
    () => screen.messages.some(({ id_sensor }) => id_sensor === name),
  );
  return screen.messages.find(({ id_sensor }) => id_sensor === name);
}

function sensor(): string {
  return `cip-live-${randomUUID()}`;
}

describe('the WebSocket of the earlier service', () => {
  it('tells of a measurement that another process took, with the members of README and code', async () => {
    const screen = await connectThere(second.baseUrl, screenKey);
    const own = sensor();
    await heard(screen, own);

    const answer = await measure(own, 75.5);

    await screen.until(({ messages }) => messages.some(({ id }) => id === answer.id));
    expect(screen.messages.find(({ id }) => id === answer.id)).toEqual({
      ...answer,
      client_ip: null,
    });
    expect(answer).toMatchObject({
      temperature: 75.5,
      pressure: 1.42,
      concentration: 0.01,
      id_sensor: own,
      cip_id: '1',
      status_cip: 'active',
      timestamp: expect.stringMatching(/Z$/),
      date_recorded: expect.any(String),
      time_recorded: expect.any(String),
    });
  });

  it('tells of the quantities of the earlier service alone', async () => {
    const screen = await connect(here, `?api-key=${screenKey}`);
    const [own, later] = [sensor(), sensor()];
    await heard(screen, own);
    const timestamp = new Date().toISOString();

    await api.post('/sensor-data', { equipmentId: later, timestamp, values: { vibration: 1 } });
    await api.post('/sensor-data', {
      equipmentId: later,
      timestamp: new Date(Date.parse(timestamp) + 1).toISOString(),
      values: { vibration: 2, flow: 3 },
    });

    const of = (name: string) => screen.messages.filter(({ id_sensor }) => id_sensor === name);
    await screen.until(() => of(later).length > 0);
    expect(of(later)).toHaveLength(1);
    expect(of(later)[0]).toMatchObject({ flow: 3, cip_id: null, status_cip: null });
    expect(of(later)[0]).not.toHaveProperty('vibration');
  });

  it('ignores what clients send to keep the connection, unless it is too large', async () => {
    const screen = await connect(here, `?api-key=${screenKey}`);

    screen.webSocket.send('ping');
    screen.webSocket.send('{"not": "looked at"}');
    await heard(screen, sensor());
    expect(screen.isOpen).toBe(true);
    screen.webSocket.send('x'.repeat(5000));

    await screen.until(({ closed }) => closed !== undefined);
    expect(screen.closed?.code).toBe(1009);
  });

  it('is no answer to a request that asks for none', async () => {
    const response = await fetch(`${here}/ws/sensor_updates`, {
      headers: { 'x-api-key': screenKey },
    });

    expect(response.status).toBe(426);
    expect(response.headers.get('upgrade')).toBe('websocket');
    expect(await response.json()).toMatchObject({ code: 'websocket-required' });
  });

  it('refuses an unknown parameter, and asks for an upgrade elsewhere are not heard', async () => {
    const screen = await connect(here, `?api-key=${screenKey}&sensor=x`);
    const [elsewhere] = await sendRaw(
      here,
      `GET /api/v1/ping HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n\r\n`,
    );

    expect([screen.status, screen.refusal.errors[0].pointer]).toEqual([400, '/sensor']);
    expect(elsewhere?.status).toBe(200);
  });

  it('answers a faulty handshake, and outlives one behind a request without an answer', async () => {
    const head = `GET /ws/sensor_updates?api-key=${screenKey} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n`;

    const [faulty] = await sendRaw(here, `${head}\r\n`);
    await sendRaw(here, `GET /api/v1/health HTTP/1.1\r\nHost: x\r\n\r\n${head}\r\n`);

    expect(faulty?.status).toBe(400);
    expect((await connect(here, `?api-key=${screenKey}`)).isOpen).toBe(true);
  });
});

describe('who may listen', () => {
  it.each(['X-API-Key', 'API-Key', 'Authorization'])('shows a key in %s', async (header) => {
    // In a header it may write, too.
    const { key } = await keyWith({ scopes: ['sensorflow/read', 'sensorflow/write'] });
    const value = header === 'Authorization' ? `Bearer ${key}` : key;

    const screen = await connect(here, '', { [header]: value });

    expect(screen.isOpen).toBe(true);
  });

  it('is refused by 403 on the handshake, and told why', async () => {
    const { key: writer } = await keyWith({ scopes: ['sensorflow/read', 'sensorflow/write'] });
    const cookie = await loginCookie(stack);
    const refusals: Record<string, CipScreen> = {
      nothing: await connect(here, ''),
      cookie: await connect(here, '', { cookie }),
      wrong: await connect(here, '?api-key=changeme'),
      twice: await connect(here, `?api-key=${screenKey}&api-key=${screenKey}`),
      device: await connect(here, '', { 'x-api-key': deviceKey }),
      'writes, too': await connect(here, `?api-key=${writer}`),
    };

    const codes = Object.entries(refusals).map(([name, { status, refusal }]) => [
      name,
      status,
      refusal?.code,
    ]);
    expect(codes).toEqual([
      ['nothing', 403, 'unauthenticated'],
      ['cookie', 403, 'unauthenticated'],
      ['wrong', 403, 'api-key-malformed'],
      ['twice', 403, 'api-key-malformed'],
      ['device', 403, 'insufficient-scope'],
      ['writes, too', 403, 'key-not-for-query'],
    ]);
  });

  it('is held to the equipment of the key', async () => {
    const [own, other] = [`LINE-7:${randomUUID()}`, sensor()];
    const { key } = await keyWith({ equipmentIds: ['LINE-7:*'] });
    const screen = await connect(here, `?api-key=${key}`);
    await heard(screen, own);

    await measure(other, 1);
    const last = await measure(own, 2);

    await screen.until(({ messages }) => messages.some(({ id }) => id === last.id));
    expect(new Set(screen.messages.map(({ id_sensor }) => id_sensor))).toEqual(new Set([own]));
  });

  it('listens no more within ten seconds after the key was revoked, at any process', async () => {
    const { key, keyId } = await keyWith({});
    const screen = await connectThere(second.baseUrl, key);
    await heard(screen, sensor());

    const { status } = await api.send('DELETE', `/api-keys/${keyId}`);
    expect(status).toBe(204);

    await screen.until(({ closed }) => closed !== undefined, 10_000);
    expect(screen.closed).toMatchObject({ code: 1008, reason: expect.stringMatching(/revoked/) });
  });

  it('has as many connections as the key may have, over all processes', async () => {
    const { key } = await keyWith({ maxConnections: 2 });
    const [first, other] = [
      await connect(here, `?api-key=${key}`),
      await connectThere(second.baseUrl, key),
    ];
    await heard(first, sensor());
    await heard(other, sensor());

    const third = await connect(here, `?api-key=${key}`);
    const fourth = await connect(second.baseUrl, `?api-key=${key}`);
    for (const screen of [third, fourth]) {
      await screen.until(({ closed }) => closed !== undefined);
      expect(screen.closed).toEqual({
        code: 1008,
        reason: 'Max connections (2) for this API Key reached.',
      });
    }

    expect([first.isOpen, other.isOpen]).toEqual([true, true]);
    other.disconnect();
    const again = await eventually(
      async () => {
        const screen = await connect(here, `?api-key=${key}`);
        await Promise.race([heard(screen, sensor()), screen.until(({ closed }) => !!closed)]);
        return screen;
      },
      ({ isOpen }) => isOpen,
    );
    expect(again.isOpen).toBe(true);
  });
});

describe('a process that shuts down', () => {
  it('closes with 1001, gives its places back, and has logged no query', async () => {
    const { key } = await keyWith({ maxConnections: 1 });
    const third = await ApiProcess.start(stack, inject('stackDataDir'), { LOG_LEVEL: 'info' });
    const screen = await connectThere(third.baseUrl, key);
    await heard(screen, sensor());
    const refused = await connect(third.baseUrl, '?api-key=changeme');
    expect(refused.status).toBe(403);

    third.child.kill('SIGTERM');
    await screen.until(({ closed }) => closed !== undefined);
    expect(await third.exit()).toBe(0);

    expect(screen.closed?.code).toBe(1001);
    const next = await connectThere(second.baseUrl, key);
    await heard(next, sensor());
    expect(third.log()).toContain('"path":"/ws/sensor_updates"');
    expect(third.log()).not.toMatch(/api-key=|changeme/);
    expect(third.log()).not.toContain(key);
  });
});
