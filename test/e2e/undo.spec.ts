import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import {
  aggregatedHours,
  allReadings,
  importEnd,
  importFile,
  undoneImport,
  uploadFile,
} from '../support/sensorflow.js';

const HEAD = 'equipmentId,timestamp,value\n';
const FIRST_HOUR_EPOCH_MS = Date.parse('2023-02-15T00:00:00Z');
const MONTH = { from: '2023-02-01T00:00:00Z', to: '2023-03-01T00:00:00Z' };

let api: ApiClient;

beforeAll(async () => {
  const stack = inject('stack');
  api = (await ApiClient.connect(stack.baseUrl)).withToken(await machineToken(stack));
  // Hours of the past are closed, so that what is shown of them are cells.
  await anHourIsClosed();
});

async function anHourIsClosed(): Promise<void> {
  const equipmentId = anEquipment();
  await send(equipmentId, 0, 1);
  const query = { from: MONTH.from, to: '2023-02-16T00:00:00Z', equipmentId };
  await eventually(
    async () => (await api.get('/sensor-data/aggregated/verify', query)).body,
    ({ checked, openHours = 0 }) => checked > 0 && openHours === 0,
  );
}

function anEquipment(): string {
  return `EQ-${randomUUID()}`;
}

const instant = (hour: number, minute = 0): string =>
  new Date(FIRST_HOUR_EPOCH_MS + hour * 3_600_000 + minute * 60_000).toISOString();

async function send(equipmentId: string, hour: number, value: number): Promise<void> {
  const reading = { equipmentId, timestamp: instant(hour), value };
  expect((await api.post('/sensor-data', reading)).status).toBe(201);
}

/** Ten readings of each of some equipment in each hour. */
function csvOf(equipmentIds: readonly string[], hours: number, value: number): string {
  const rows = Array.from({ length: hours * 10 }, (_, n) =>
    equipmentIds.map((id) => `${id},${instant(Math.floor(n / 10), n % 10)},${value}\n`),
  );
  return HEAD + rows.flat().join('');
}

/** Totals by hour of the day 2023-02-15, and what a verification of them finds. */
async function shownOf(equipmentId: string) {
  const { items } = await aggregatedHours(api, { ...MONTH, equipmentId });
  return items.map(({ total }) => total);
}

async function differencesOf(equipmentId: string): Promise<unknown> {
  const query = { from: MONTH.from, to: '2023-02-20T00:00:00Z', equipmentId };
  const { status, body } = await api.get('/sensor-data/aggregated/verify', query);
  return [status, body.differences];
}

describe('an import of past hours', () => {
  it('says completed when the aggregates of its equipment are right, and not before', async () => {
    const ids = [anEquipment(), anEquipment(), anEquipment()];

    const done = await importFile(api, 'past.csv', csvOf(ids, 48, 0.1));
    const shown = await Promise.all(ids.map(shownOf));
    const differences = [];
    for (const id of ids) differences.push(await differencesOf(id));

    expect(done).toMatchObject({ status: 'completed', rows: { total: 1440, accepted: 1440 } });
    expect(shown).toEqual(ids.map(() => Array(48).fill('1')));
    expect(differences).toEqual(ids.map(() => [200, []]));
  });

  it('says so again when it corrects what another one brought', async () => {
    const id = anEquipment();
    await importFile(api, 'first.csv', csvOf([id], 24, 1));

    await importFile(api, 'second.csv', csvOf([id], 12, 2));

    expect(await shownOf(id)).toEqual([...Array(12).fill('20'), ...Array(12).fill('10')]);
  });
});

describe('an import that is taken back', () => {
  it('leaves what it replaced and what came later, in readings and aggregates at once', async () => {
    const id = anEquipment();
    await send(id, 0, 7);
    await importFile(api, 'first.csv', csvOf([id], 3, 1));
    const { uploadId } = await importFile(api, 'wrong.csv', csvOf([id], 5, 2));
    await send(id, 2, 9);

    const undone = await undoneImport(api, uploadId);
    const shown = await shownOf(id);

    expect(shown).toEqual(['10', '10', '18']);
    expect(undone).toMatchObject({ status: 'undone', undo: { total: 5, done: 5, sealed: 0 } });
    expect(await differencesOf(id)).toEqual([200, []]);
    const history = await api.get(`/sensor-data/${id}/${instant(0)}/history`);
    expect(history.body.items.map(({ value }: { value: number }) => value)).toEqual([1, 7]);
    expect((await api.send('DELETE', `/sensor-data/uploads/${uploadId}`)).status).toBe(204);
  });

  it('has its row in the audit trail', async () => {
    const { uploadId } = await importFile(api, 'x.csv', csvOf([anEquipment()], 1, 1));

    await undoneImport(api, uploadId);

    const { body } = await api.get('/audit', { action: 'import.undo' });
    const row = body.items.find(({ target }: { target: string }) => target === uploadId);
    expect(row).toMatchObject({ action: 'import.undo', outcome: 'succeeded' });
  });

  it('is cancelled while it runs, and ends with nothing of it', async () => {
    const ids = Array.from({ length: 20 }, anEquipment);
    const uploadId = await uploadFile(api, 'large.csv', csvOf(ids, 600, 1));
    await eventually(
      async () => (await api.get(`/sensor-data/uploads/${uploadId}`)).body.status,
      (status) => status === 'importing',
      30_000,
      20,
    );

    const undone = await undoneImport(api, uploadId);

    expect(undone.rows.total).toBeLessThanOrEqual(120_000);
    for (const id of ids) {
      const gone = await api.get(`/sensor-data/${id}/latest`);
      expect([gone.status, await hoursOrNone(id)]).toEqual([404, []]);
    }
  });

  it('is cancelled before its file comes, and stays so when it comes', async () => {
    const id = anEquipment();
    const file = csvOf([id], 1, 1);
    const opened = await api.post('/sensor-data/upload-csv', {
      fileName: 'late.csv',
      size: Buffer.byteLength(file),
    });
    const { uploadId, url, headers } = opened.body;
    await undoneImport(api, uploadId);

    const late = await fetch(url, { method: 'PUT', headers, body: file });
    const after = await importFile(api, 'after.csv', csvOf([anEquipment()], 1, 1));

    expect([late.status, after.status]).toEqual([200, 'completed']);
    expect((await api.get(`/sensor-data/uploads/${uploadId}`)).body.status).toBe('undone');
    expect((await api.get(`/sensor-data/${id}/latest`)).status).toBe(404);
  });

  it('can be imported again, and counts then', async () => {
    const id = anEquipment();
    const { uploadId } = await importFile(api, 'x.csv', csvOf([id], 2, 1));
    await undoneImport(api, uploadId);

    const again = await uploadFile(api, 'x.csv', csvOf([id], 2, 1));
    await importEnd(api, again);

    expect(await shownOf(id)).toEqual(['10', '10']);
    expect(await allReadings(api, id)).toHaveLength(20);
  });
});

/** Equipment that never had a reading is unknown. */
async function hoursOrNone(equipmentId: string): Promise<readonly unknown[]> {
  const { status, body } = await api.get('/sensor-data/aggregated', { ...MONTH, equipmentId });
  return status === 404 ? [] : body.items;
}
