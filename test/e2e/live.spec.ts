import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';
import { CipScreen } from '../support/cip-screen.js';
import { LiveClient, type LiveQuery } from '../support/live-client.js';
import { importFile } from '../support/sensorflow.js';

let here: string;
let second: ApiProcess;
let api: ApiClient;
let token: string;
const clients: LiveClient[] = [];

beforeAll(async () => {
  const stack = inject('stack');
  here = stack.baseUrl;
  second = await ApiProcess.start(stack, inject('stackDataDir'));
  token = await machineToken(stack);
  api = (await ApiClient.connect(here)).withToken(token);
});

afterEach(() => {
  for (const client of clients.splice(0)) client.disconnect();
});

afterAll(async () => {
  second.child.kill('SIGTERM');
  await second.exit();
});

function follow(baseUrl: string, query: LiveQuery = [], headers = bearer()): Promise<LiveClient> {
  const client = new LiveClient(headers, query);
  clients.push(client);
  return client.connect(baseUrl);
}

function bearer(): Record<string, string> {
  return { authorization: `Bearer ${token}` };
}

function equipment(): string {
  return `LIVE-${randomUUID()}`;
}

async function post(equipmentId: string, value: number, more: object = {}): Promise<any> {
  const timestamp = new Date().toISOString();
  const { status, body } = await api.post('/sensor-data', {
    equipmentId,
    timestamp,
    value,
    ...more,
  });
  expect(status).toBe(201);
  return body;
}

describe('the live feed', () => {
  it('shows a reading that another process took, as the list shows it', async () => {
    const equipmentId = equipment();
    const client = await follow(second.baseUrl, [['equipmentId', equipmentId]]);

    await post(equipmentId, 1.5, { tags: { cipId: 'CIP_1' } });

    await client.until(() => client.readings().length === 1);
    const { body } = await api.get(`/sensor-data/${equipmentId}`);
    expect(client.readings()).toEqual(body.items);
  });

  it('begins with a heartbeat, whose id is a place to go on from', async () => {
    const equipmentId = equipment();
    const client = await follow(here, [['equipmentId', equipmentId]]);
    await client.until(() => client.of('heartbeat').length === 1);
    expect(client.answered).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      connection: 'close',
    });
    client.disconnect();

    await post(equipmentId, 1);
    await client.connect(second.baseUrl);

    await client.until(() => client.readings().length === 1);
    expect(client.of('resync')).toEqual([]);
  });

  it('goes on at another process with what was missed, and nothing twice', async () => {
    const equipmentId = equipment();
    const client = await follow(here, [['equipmentId', equipmentId]]);
    for (const value of [1, 2]) await post(equipmentId, value);
    await client.until(() => client.readings().length === 2);

    client.disconnect();
    for (const value of [3, 4]) await post(equipmentId, value);
    await client.connect(second.baseUrl);
    await post(equipmentId, 5);

    await client.until(() => client.readings().length >= 5);
    expect(client.readings().map(({ value }) => value)).toEqual([1, 2, 3, 4, 5]);
  });

  it('goes on at a process that was not there yet', async () => {
    const equipmentId = equipment();
    const client = await follow(here, [['equipmentId', equipmentId]]);
    await post(equipmentId, 1);
    await client.until(() => client.readings().length === 1);
    client.disconnect();
    await post(equipmentId, 2);

    const third = await ApiProcess.start(inject('stack'), inject('stackDataDir'));
    await client.connect(third.baseUrl);

    await client.until(() => client.readings().length >= 2);
    expect(client.readings().map(({ value }) => value)).toEqual([1, 2]);
    third.child.kill('SIGTERM');
    await client.until(() => client.of('end').length === 1);
    expect(client.of('end')[0]?.data.code).toBe('draining');
    expect(client.retryMs).toBeGreaterThanOrEqual(500);
    expect(await third.exit()).toBe(0);
  });

  it('says that it cannot tell the past after an id that it does not know', async () => {
    const client = new LiveClient(bearer(), [['equipmentId', equipment()]]);
    clients.push(client);
    client.lastEventId = randomUUID();
    await client.connect(here);

    await client.until(() => client.events.length > 0);
    expect(client.events[0]).toMatchObject({ event: 'resync' });
  });

  it('shows the metrics that were named, and all equipment when none was', async () => {
    const equipmentId = equipment();
    const some = await follow(here, [
      ['equipmentId', equipmentId],
      ['equipmentId', equipment()],
      ['metric', 'pressure'],
    ]);
    const all = await follow(here);

    const timestamp = new Date().toISOString();
    await api.post('/sensor-data/batch', [
      { equipmentId, timestamp, values: { temperature: 1, pressure: 2 } },
      { equipmentId: equipment(), timestamp, value: 3 },
    ]);

    await some.until(() => some.readings().length === 1);
    expect(some.readings()[0].values).toEqual({ pressure: 2 });
    await all.until(() => all.readings().some(({ value }) => value === 3));
  });

  it('tells of a removed reading, and of a removed range as one change', async () => {
    const equipmentId = equipment();
    const { timestamp } = await post(equipmentId, 1);
    const client = await follow(here, [['equipmentId', equipmentId]]);

    await api.send('DELETE', `/sensor-data/${equipmentId}/${timestamp}`);
    const removed = () => client.readings().filter((reading) => reading.removed);
    await client.until(() => removed().length === 1);
    const from = new Date(Date.parse(timestamp) + 1000).toISOString();
    await post(equipmentId, 2, { timestamp: from });
    const to = new Date(Date.parse(from) + 1000).toISOString();
    await api.send('DELETE', `/sensor-data/${equipmentId}`, { query: { from, to } });

    await client.until(() => client.of('changed').length === 1);
    expect(removed()).toMatchObject([{ equipmentId, timestamp, values: {} }]);
    expect(client.of('changed')[0]?.data).toMatchObject({ equipmentId });
  });

  it('tells of an import as one change, also to a client that was away meanwhile', async () => {
    const equipmentId = equipment();
    const client = await follow(here, [['equipmentId', equipmentId]]);
    const away = await follow(here, [['equipmentId', equipmentId]]);
    await away.until(() => away.events.length > 0);
    const rows = Array.from({ length: 2000 }, (_, row) => {
      const timestamp = new Date(Date.UTC(2024, 0, 1) + row * 1000).toISOString();
      return `${equipmentId},${timestamp},${row}`;
    });

    away.disconnect();
    await importFile(api, 'live.csv', ['equipmentId,timestamp,value', ...rows].join('\n'));
    await post(equipmentId, 7);
    await client.until(() => client.of('changed').length > 0 && client.readings().length > 0);
    await away.connect(second.baseUrl);
    await away.until(() => away.of('changed').length > 0);

    const range = { equipmentId, from: '2024-01-01T00:00:00.000Z' };
    expect(client.of('changed')).toHaveLength(1);
    expect(client.of('changed')[0]?.data).toMatchObject(range);
    expect(Date.parse(client.of('changed')[0]?.data.to)).toBeGreaterThan(
      Date.UTC(2024, 0, 1, 0, 33, 18),
    );
    expect(client.readings()).toHaveLength(1);
    expect(away.of('changed')[0]?.data).toMatchObject(range);
  });
});

describe('who may follow', () => {
  async function keyWith(wish: object): Promise<{ keyId: string; key: string }> {
    const { body } = await api.post('/api-keys', {
      name: 'screen',
      scopes: ['sensorflow/read'],
      ...wish,
    });
    return body;
  }

  it('is held to its equipment', async () => {
    const [own, other] = [`LINE-1:${randomUUID()}`, equipment()];
    const { key } = await keyWith({ equipmentIds: ['LINE-1:*'] });
    const headers = { 'x-api-key': key };

    const named = await follow(here, [['equipmentId', other]], headers);
    const all = await follow(here, [], headers);
    await post(other, 1);
    await post(own, 2);

    expect([named.status, named.refusal.code]).toEqual([403, 'equipment-forbidden']);
    await all.until(() => all.readings().length > 0);
    expect(all.readings().map(({ equipmentId }) => equipmentId)).toEqual([own]);
  });

  it('follows no more within ten seconds after a key was revoked, at any process', async () => {
    const { key, keyId } = await keyWith({});
    const client = await eventually(
      async () => follow(second.baseUrl, [], { 'x-api-key': key }),
      // The other process does not know the key at once.
      ({ status }) => status === 200,
    );

    const { status } = await api.send('DELETE', `/api-keys/${keyId}`);
    expect(status).toBe(204);

    await client.until(() => client.of('end').length === 1 && !client.isConnected, 10_000);
    expect(client.of('end')[0]?.data.code).toBe('access-ended');
  });

  it('has ten feeds', async () => {
    const { key } = await keyWith({});
    const headers = { 'x-api-key': key };
    const feeds: LiveClient[] = [];
    for (let feed = 0; feed < 10; feed += 1) feeds.push(await follow(here, [], headers));

    const eleventh = await follow(here, [], headers);
    feeds[0]?.disconnect();

    expect(feeds.map(({ status }) => status)).toEqual(feeds.map(() => 200));
    expect([eleventh.status, eleventh.refusal.code]).toEqual([429, 'too-many-feeds']);
    const again = new LiveClient(headers, []);
    clients.push(again);
    while ((await again.connect(here)).status === 429) again.disconnect();
    expect(again.status).toBe(200);
  });

  it('has as many as its key may have connections, over all processes and with its WebSockets', async () => {
    const { key } = await keyWith({ maxConnections: 2 });
    const headers = { 'x-api-key': key };
    const screen = await CipScreen.connect(here, `?api-key=${key}`);
    // It is counted after its handshake, and receives nothing before.
    await eventually(
      async () => post(equipment(), 1, { value: undefined, values: { temperature: 1 } }),
      () => screen.messages.length > 0,
    );
    const there = await eventually(
      async () => follow(second.baseUrl, [], headers),
      ({ status }) => status === 200,
    );

    const third = await follow(here, [], headers);
    const overThere = await follow(second.baseUrl, [], headers);

    for (const { status, refusal, answered } of [third, overThere]) {
      expect([status, refusal.code]).toEqual([429, 'too-many-connections']);
      expect(refusal.detail).toBe('Max connections (2) for this API Key reached.');
      expect(Number(answered['retry-after'])).toBeGreaterThan(0);
    }
    expect([there.isConnected, screen.isOpen]).toEqual([true, true]);
    screen.disconnect();
    const again = await eventually(
      async () => follow(second.baseUrl, [], headers),
      ({ status }) => status === 200,
    );
    expect(again.isConnected).toBe(true);
  });

  it('is answered with every fault of a query at once', async () => {
    const names = Array.from({ length: 51 }, (_, index): [string, string] => [
      'metric',
      `m${index}`,
    ]);

    const { status, refusal } = await follow(here, [
      ['equipmentId', 'live'],
      ['equipment', 'EQ-1'],
      ...names,
    ]);

    expect(status).toBe(400);
    expect(refusal.errors.map(({ code }: { code: string }) => code).toSorted()).toEqual([
      'equipment-id-reserved',
      'too-many-names',
      'unknown-property',
    ]);
  });
});
