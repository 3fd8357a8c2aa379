import { AuditTrail } from '@sensorflow/auth/audit/audit-trail.js';
import { EquipmentRegistry } from '@sensorflow/equipment';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInProcessApi, type InProcessApi } from '../support/in-process-api.js';

const SCOPES = ['sensorflow/read', 'sensorflow/write', 'sensorflow/import'];
const FORBIDDEN = [403, 'equipment-forbidden'];

let api: InProcessApi;
let restricted: Record<string, string>;
let everything: Record<string, string>;

beforeAll(async () => {
  api = await startInProcessApi();
  everything = { authorization: `Bearer ${api.machineToken}` };
  const payload = { name: 'line 1', scopes: SCOPES, equipmentIds: ['EQ-1', 'LINE-1:*'] };
  const made = await ask('POST', '/api-keys', everything, payload);
  restricted = { 'x-api-key': made.body.key };
  for (const equipmentId of ['EQ-1', 'EQ-2', 'LINE-1:a', 'LINE-10:a', 'ZZ']) {
    await ask('POST', '/sensor-data', everything, reading(equipmentId));
  }
});

afterAll(async () => {
  await api.close();
});

async function ask(method: string, url: string, headers: Record<string, string>, body?: object) {
  const payload = body === undefined ? {} : { payload: body };
  const answer = await api.app.inject({ method: method as 'GET', url, headers, ...payload });
  return { status: answer.statusCode, body: answer.json(), text: answer.body };
}

function reading(equipmentId: string) {
  return { equipmentId, timestamp: '2023-02-15T06:30:00Z', value: 1 };
}

async function verdictOf(method: string, url: string, body?: object): Promise<unknown> {
  const answer = await ask(method, url, restricted, body);
  return answer.status === 403 ? [answer.status, answer.body.code] : answer.status;
}

describe('a key for some equipment', () => {
  it('is made in a world with more equipment', async () => {
    for (const id of ['EQ-2', 'LINE-10:a']) {
      expect((await ask('GET', `/sensor-data/${id}/latest`, everything)).status).toBe(200);
    }
  });

  it('reads that equipment alone, wherever a path or a query names it', async () => {
    const range = 'from=2023-02-15T00:00:00Z&to=2023-02-16T00:00:00Z';
    for (const id of ['EQ-1', 'LINE-1:a']) {
      expect(await verdictOf('GET', `/sensor-data/${id}`)).toBe(200);
      expect(await verdictOf('GET', `/sensor-data/${encodeURIComponent(id)}/latest`)).toBe(200);
      expect(await verdictOf('GET', `/sensor-data/aggregated?equipmentId=${id}&${range}`)).toBe(
        200,
      );
    }
    for (const id of ['EQ-2', 'LINE-10:a', 'eq-1', 'EQ-1%20', 'EQ%2D2', 'EQ-1/../EQ-2']) {
      const path = id.includes('/') ? encodeURIComponent(id) : id;
      expect(await verdictOf('GET', `/sensor-data/${path}`), id).toEqual(FORBIDDEN);
      expect(await verdictOf('GET', `/sensor-data/${path}/latest`), id).toEqual(FORBIDDEN);
      expect(await verdictOf('GET', `/equipment/${path}/metrics`), id).toEqual(FORBIDDEN);
      expect(
        await verdictOf('GET', `/sensor-data/aggregated?equipmentId=${path}&${range}`),
        id,
      ).toEqual(FORBIDDEN);
    }
  });

  describe('sees', () => {
    interface Listed {
      readonly equipmentId: string;
    }
    const idsIn = ({ body }: { body: { items: readonly Listed[] } }) =>
      body.items.map(({ equipmentId }) => equipmentId);

    beforeAll(async () => {
      const ids = ['EQ-1', 'EQ-2', 'LINE-1:a', 'LINE-10:a', 'ZZ'];
      const sent = ids.map((equipmentId) => ({ equipmentId, metric: 'value' }));
      await api.app.get(EquipmentRegistry).add(sent);
    });

    it.each([
      '/equipment',
      '/equipment/overview',
      '/equipment/overview?trend=true',
      '/equipment/overview?sort=equipmentId',
      '/equipment/overview?state=unknown',
    ])('that equipment alone in %s', async (url) => {
      expect(idsIn(await ask('GET', url, everything))).toEqual(
        expect.arrayContaining(['EQ-1', 'EQ-2', 'LINE-1:a', 'LINE-10:a', 'ZZ']),
      );

      const seen = await ask('GET', url, restricted);
      const page = await ask('GET', `${url}${url.includes('?') ? '&' : '?'}limit=1`, restricted);

      expect(idsIn(seen)).toEqual(['EQ-1', 'LINE-1:a']);
      expect(seen.text).not.toMatch(/EQ-2|LINE-10|ZZ/);
      expect(idsIn(page)).toEqual(['EQ-1']);
    });

    it('how much of that equipment alone is in which state', async () => {
      const { body } = await ask('GET', '/equipment/overview?sort=state', restricted);

      expect(body).toMatchObject({
        counts: { 'on-time': 0, late: 0, silent: 0, unknown: 2 },
        pending: 0,
        nextCursor: null,
      });
    });
  });

  it('gets no aggregates of the fleet, nor of two that it names at once', async () => {
    for (const query of ['interval=24h', 'interval=24h&equipmentId=EQ-1&equipmentId=EQ-2']) {
      const { status, body } = await ask('GET', `/sensor-data/aggregated?${query}`, restricted);
      expect([status, body.code]).toEqual(FORBIDDEN);
      expect(body.detail).toContain('add equipmentId to the query');
    }
  });

  it('writes single readings of that equipment alone', async () => {
    expect(await verdictOf('POST', '/sensor-data', reading('LINE-1:b'))).toBe(201);

    const { status, body } = await ask('POST', '/sensor-data', restricted, reading('LINE-2:b'));

    expect([status, body.code]).toEqual(FORBIDDEN);
    expect(body.detail).toContain('"LINE-2:b"');
    expect((await ask('GET', '/sensor-data/LINE-2:b', everything)).text).not.toContain('06:30');
  });

  it('has other readings of a batch rejected one by one', async () => {
    const ids = ['LINE-1:c', 'LINE-2:c', 'EQ-1', 'EQ-2'];

    const answer = await ask('POST', '/sensor-data/batch', restricted, ids.map(reading));

    expect([answer.status, answer.body.stored]).toEqual([207, 2]);
    expect(answer.body.rejected).toMatchObject([
      { index: 1, code: 'equipment-forbidden', pointer: '/equipmentId' },
      { index: 3, code: 'equipment-forbidden', pointer: '/equipmentId' },
    ]);
    expect((await ask('GET', '/sensor-data/LINE-2:c', everything)).text).not.toContain('06:30');
    const none = await ask('POST', '/sensor-data/batch', restricted, [reading('EQ-2')]);
    expect([none.status, none.body.code]).toEqual([400, 'no-valid-reading']);
  });

  it('opens imports, and sees only its own', async () => {
    const file = { fileName: 'a.csv', size: 1 };
    const others = await ask('POST', '/sensor-data/upload-csv', everything, file);

    expect(await verdictOf('POST', '/sensor-data/upload-csv', file)).toBe(201);
    expect((await ask('GET', '/sensor-data/uploads', restricted)).body.items).toHaveLength(1);
    const { uploadId } = others.body;
    for (const method of ['GET', 'DELETE']) {
      expect(await verdictOf(method, `/sensor-data/uploads/${uploadId}`)).toBe(404);
    }
  });

  it('leaves a row in the audit trail where other equipment was refused, wherever it was named', async () => {
    await ask('GET', '/sensor-data/EQ-2', restricted);
    await ask('POST', '/sensor-data', restricted, reading('EQ-2'));
    await ask('POST', '/api/sensor_data', restricted, { id_sensor: 'EQ-2', temperature: 1 });
    await ask('GET', '/sensor-data/live?equipmentId=EQ-2', restricted);
    await api.app.get(AuditTrail, { strict: false }).flush();

    const { body } = await ask('GET', '/audit?action=request&limit=1000', everything);
    const refused = body.items
      .filter(({ outcome }: { outcome: string }) => outcome === 'equipment-forbidden')
      .map(({ target }: { target: string }) => target);
    expect([...new Set(refused)]).toEqual(
      expect.arrayContaining([
        'GET /sensor-data/:equipmentId',
        'POST /sensor-data',
        'POST /api/sensor_data',
        'GET /sensor-data/live',
      ]),
    );
  });

  it('is told by /auth/me who it is, as any key', async () => {
    expect((await ask('GET', '/auth/me', restricted)).body).toMatchObject({ kind: 'key' });
  });
});
