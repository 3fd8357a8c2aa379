import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { ApiProcess } from '../support/api-process.js';

const stack = inject('stack');
let second: ApiProcess;
let admin: ApiClient;
let anyone: ApiClient;

beforeAll(async () => {
  second = await ApiProcess.start(stack, inject('stackDataDir'));
  anyone = await ApiClient.connect(stack.baseUrl);
  admin = anyone.withToken(await machineToken(stack));
});

afterAll(async () => {
  second.child.kill('SIGTERM');
  await second.exit();
});

describe('a key for some equipment', () => {
  it('has that equipment listed, page by page, and no other', async () => {
    const readings = ['LST-1:a', 'LST-1:b', 'LST-1:c', 'LST-2:a', 'LST-3'].map((equipmentId) => ({
      equipmentId,
      timestamp: '2023-02-15T06:30:00Z',
      value: 1,
    }));
    expect((await admin.post('/sensor-data/batch', readings)).status).toBe(201);
    const wish = { name: 'list', scopes: ['sensorflow/read'], equipmentIds: ['LST-1:*', 'LST-3'] };
    const headers = { 'x-api-key': (await admin.post('/api-keys', wish)).body.key };
    const list = async () => {
      const found: string[] = [];
      const cursors: string[] = [];
      let cursor: string | undefined;
      do {
        const query = { limit: 2, cursor };
        const { body } = await anyone.send('GET', '/equipment', { headers, query });
        found.push(...body.items.map((item: any) => item.equipmentId));
        cursor = body.nextCursor ?? undefined;
        cursors.push(Buffer.from(cursor ?? '', 'base64url').toString());
      } while (cursor !== undefined);
      return { found, cursors };
    };

    const listed = await eventually(list, ({ found }) => found.length === 4);

    expect(listed.found).toEqual(['LST-1:a', 'LST-1:b', 'LST-1:c', 'LST-3']);
    expect(listed.cursors.join(' ')).not.toContain('LST-2');
  });
});

describe('a device with an API key', () => {
  it('sends readings, by whichever header it knows, in any process, until it is revoked', async () => {
    const wish = { name: 'press', scopes: ['sensorflow/write', 'sensorflow/read'] };
    const { status, body } = await admin.post('/api-keys', wish);
    expect(status).toBe(201);
    const send = async (headers: Record<string, string>, at = anyone) =>
      at.post(
        '/sensor-data',
        { equipmentId: 'EQ-KEY', timestamp: '2023-02-15T06:30:00Z', value: 1 },
        { headers },
      );
    const there = await ApiClient.connect(second.baseUrl);
    const inHeader = { 'x-api-key': body.key };

    expect((await send(inHeader)).status).toBe(201);
    expect((await send({ 'api-key': body.key })).status).toBe(201);
    expect((await send({ authorization: `Bearer ${body.key}` })).status).toBe(201);
    await eventually(
      async () => send(inHeader, there),
      (answer) => answer.status === 201,
      10_000,
    );
    const readings = await anyone.send('GET', '/sensor-data/EQ-KEY', { headers: inHeader });
    expect(readings.body.items).toHaveLength(1);

    expect((await admin.send('DELETE', `/api-keys/${body.keyId}`)).status).toBe(204);
    expect((await send(inHeader)).body.code).toBe('api-key-revoked');
    await eventually(
      async () => send(inHeader, there),
      (answer) => answer.body.code === 'api-key-revoked',
      10_000,
    );
  });
});
