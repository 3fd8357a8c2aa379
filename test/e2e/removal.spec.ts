import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { aggregatedHours, allReadings, knownEquipment } from '../support/sensorflow.js';

let anyone: ApiClient;
let api: ApiClient;

beforeAll(async () => {
  const stack = inject('stack');
  anyone = await ApiClient.connect(stack.baseUrl);
  api = anyone.withToken(await machineToken(stack));
});

const DAY = { from: '2023-02-15T00:00:00Z', to: '2023-02-16T00:00:00Z' };
const at = (minute: number) => `2023-02-15T06:0${minute}:00.000Z`;

/** Equipment and a metric of the test's own, so that its fleet is the whole fleet. */
function aSubject() {
  return { equipmentId: `EQ-${randomUUID()}`, metric: `m-${randomUUID()}` };
}

type Subject = ReturnType<typeof aSubject>;

async function send({ equipmentId, metric }: Subject, minute: number, value: number) {
  const reading = { equipmentId, timestamp: at(minute), values: { [metric]: value } };
  expect((await api.post('/sensor-data', reading)).status).toBe(201);
}

async function remove({ equipmentId }: Subject, timestamp: string) {
  return api.send('DELETE', `/sensor-data/${equipmentId}/${encodeURIComponent(timestamp)}`);
}

/** What the equipment's hours and the fleet's summary say of the metric, once both say this. */
async function aggregatesBecome({ equipmentId, metric }: Subject, totals: readonly string[]) {
  const ask = async () => {
    const own = await aggregatedHours(api, { ...DAY, metric, equipmentId });
    const fleet = await aggregatedHours(api, { ...DAY, metric });
    return { own, fleet };
  };
  const both = await eventually(
    ask,
    ({ own, fleet }) =>
      [own, fleet].every(({ items }) => items.map(({ total }) => total).join() === totals.join()) &&
      fleet.totalCount === own.totalCount &&
      fleet.average === own.average,
  );
  return both.fleet;
}

describe('a reading that is removed', () => {
  it('leaves the aggregates of its equipment and of the fleet, and its hour when it was the last', async () => {
    const subject = aSubject();
    await send(subject, 1, 0.1);
    await send(subject, 2, 1e15);
    await aggregatesBecome(subject, ['1000000000000000.1']);

    expect((await remove(subject, at(2))).status).toBe(204);
    const one = await aggregatesBecome(subject, ['0.1']);
    expect((await remove(subject, '2023-02-15T01:01:00-05:00')).status).toBe(204);
    const none = await aggregatesBecome(subject, []);

    expect([one.totalCount, one.average]).toEqual([1, 0.1]);
    expect([none.totalCount, none.average]).toEqual([0, null]);
    expect(await allReadings(api, subject.equipmentId)).toEqual([]);
  });

  it('is there once: the second removal, and one of what never was, answer 404', async () => {
    const subject = aSubject();
    await send(subject, 1, 5);

    const answers = [await remove(subject, at(1)), await remove(subject, at(1))];

    expect(answers.map(({ status }) => status)).toEqual([204, 404]);
    expect(answers[1]?.body).toMatchObject({ code: 'no-reading' });
    expect((await remove(subject, at(2))).body).toMatchObject({ code: 'no-reading' });
  });

  it('can be sent again, and counts again', async () => {
    const subject = aSubject();
    await send(subject, 1, 5);
    await remove(subject, at(1));
    await send(subject, 1, 7);

    const fleet = await aggregatesBecome(subject, ['7']);

    expect(fleet.totalCount).toBe(1);
  });

  it('is removed by administrators only', async () => {
    const subject = aSubject();
    await send(subject, 1, 5);
    const url = `/sensor-data/${subject.equipmentId}/${at(1)}`;
    const others = 'sensorflow/read sensorflow/write sensorflow/import';
    const operator = anyone.withToken(await machineToken(inject('stack'), others));

    expect((await anyone.send('DELETE', url)).status).toBe(401);
    expect((await operator.send('DELETE', url)).body).toMatchObject({ code: 'insufficient-scope' });
    expect(await allReadings(api, subject.equipmentId)).toHaveLength(1);
  });

  it('is named by what a reading can be, or the request is refused', async () => {
    const refusals = await Promise.all(
      [
        'aggregated/2023-02-15T06:00:00Z',
        'EQ-1/yesterday',
        'EQ-1/2023-02-15T06:00:00.1234567891Z',
        '%00/%00',
      ].map(async (path) => api.send('DELETE', `/sensor-data/${path}`)),
    );

    expect(refusals.map(({ status }) => status)).toEqual([400, 400, 400, 400]);
    expect(refusals.map(({ body }) => body.errors[0].code)).toEqual([
      'equipment-id-reserved',
      'timestamp-malformed',
      'timestamp-too-precise',
      'equipment-id-invalid',
    ]);
  });

  it('is neither what is only read nor an import', async () => {
    const latest = await api.send('DELETE', '/sensor-data/EQ-1/latest');
    const upload = await api.send('DELETE', '/sensor-data/uploads/2023-02-15T06:00:00Z');

    expect(latest.status).toBe(405);
    expect([upload.status, upload.body.code]).toEqual([404, 'import-not-found']);
  });
});

describe('a range that is removed', () => {
  it('leaves readings and aggregates, hour by hour, and can be sent again', async () => {
    const subject = aSubject();
    const { equipmentId, metric } = subject;
    for (const minute of [1, 2, 3]) await send(subject, minute, minute);
    for (const hour of ['07', '09']) {
      const timestamp = `2023-02-15T${hour}:00:00Z`;
      const reading = { equipmentId, timestamp, values: { [metric]: 100, other: 1 } };
      expect((await api.post('/sensor-data', reading)).status).toBe(201);
    }
    await aggregatesBecome(subject, ['6', '100', '100']);
    const url = `/sensor-data/${equipmentId}`;
    const query = { from: at(2), to: '2023-02-15T09:00:00Z' };

    const answers = [
      await api.send('DELETE', url, { query }),
      await api.send('DELETE', url, { query }),
      await api.send('DELETE', url, {
        query: { ...DAY, from: '2023-02-15T09:00:00Z', metric },
      }),
    ];

    expect(answers.map(({ status }) => status)).toEqual([204, 404, 204]);
    await aggregatesBecome(subject, ['1']);
    expect(await allReadings(api, equipmentId)).toMatchObject([
      { timestamp: at(1), values: { [metric]: 1 } },
      { timestamp: '2023-02-15T09:00:00.000Z', values: { other: 1 } },
    ]);
  });

  it('names both of its ends, and is removed by administrators only', async () => {
    const subject = aSubject();
    await send(subject, 1, 5);
    const url = `/sensor-data/${subject.equipmentId}`;
    const operator = anyone.withToken(await machineToken(inject('stack'), 'sensorflow/write'));

    expect((await api.send('DELETE', url)).body.errors).toMatchObject([
      { pointer: '/from', code: 'bound-missing' },
      { pointer: '/to', code: 'bound-missing' },
    ]);
    expect((await operator.send('DELETE', url, { query: DAY })).status).toBe(403);
    expect(await allReadings(api, subject.equipmentId)).toHaveLength(1);
  });
});

describe('what was corrected or removed', () => {
  it('stays in the history, and can be seen as it stood', async () => {
    const subject = aSubject();
    const { equipmentId, metric } = subject;
    const query = { equipmentId, metric, ...DAY };
    await send(subject, 1, 5);
    const asOf = (await api.get(`/sensor-data/${equipmentId}/latest`)).body.registerTime;
    await eventually(
      async () => Date.now(),
      (now) => now > Date.parse(asOf),
    );
    await send(subject, 1, 7);
    await remove(subject, at(1));

    const { body: history } = await api.get(`/sensor-data/${equipmentId}/${at(1)}/history`);
    const then = await api.get('/sensor-data/aggregated', { ...query, asOf });

    expect(history.items).toMatchObject([
      { metric, value: 7, removed: true, uploadId: null },
      { metric, value: 5, removed: true, acceptedAt: asOf },
    ]);
    expect((await api.get(`/sensor-data/${equipmentId}/latest`)).status).toBe(404);
    expect((await api.get(`/sensor-data/${equipmentId}/latest`, { asOf })).body).toMatchObject({
      values: { [metric]: 5 },
      registerTime: asOf,
    });
    expect((await api.get(`/sensor-data/${equipmentId}`, { asOf })).body.items).toHaveLength(1);
    expect(then.body).toMatchObject({ totalCount: 1, items: [{ total: '5' }] });
  });
});

/** A cursor of the right list with a position that no key can have. */
function forged(cursor: string): string {
  const [digest] = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  return Buffer.from(JSON.stringify([digest, 'x'.repeat(1200)])).toString('base64url');
}

describe('known equipment', () => {
  it('has its metrics and its first and last reading, right after each removal, and is gone without any', async () => {
    const subject = aSubject();
    const { equipmentId, metric } = subject;
    for (const minute of [3, 1, 2]) await send(subject, minute, minute);
    const listed = async () =>
      (await knownEquipment(api)).find((equipment) => equipment.equipmentId === equipmentId);
    await eventually(listed, (equipment) => equipment !== undefined);

    const shown = [await listed()];
    for (const minute of [3, 1, 2]) {
      await remove(subject, at(minute));
      shown.push(await listed());
    }

    const between = (first: number, last: number) => ({
      equipmentId,
      metrics: [metric],
      firstTimestamp: at(first),
      lastTimestamp: at(last),
    });
    expect(shown).toEqual([between(1, 3), between(1, 2), between(2, 2), undefined]);
  });

  it('is listed by id, page by page, with a cursor that no other list takes', async () => {
    const ids = [`A-${randomUUID()}`, `a-${randomUUID()}`, `Z-${randomUUID()}`];
    for (const equipmentId of ids) {
      await api.post('/sensor-data', { equipmentId, timestamp: at(1), value: 1 });
    }
    const all = await eventually(
      async () => knownEquipment(api),
      (equipment) => ids.every((id) => equipment.some(({ equipmentId }) => equipmentId === id)),
    );

    const inPages = await knownEquipment(api, 2);

    const paged = inPages.map(({ equipmentId }) => equipmentId);
    expect(paged).toEqual([...new Set(paged)].toSorted((a, b) => (a < b ? -1 : 1)));
    expect(paged).toEqual(expect.arrayContaining(all.map(({ equipmentId }) => equipmentId)));
    const { nextCursor } = (await api.get('/equipment', { limit: 1 })).body;
    expect((await api.get('/sensor-data/uploads', { cursor: nextCursor })).status).toBe(400);
    for (const cursor of ['bm90aGluZw', forged(nextCursor)]) {
      expect((await api.get('/equipment', { cursor })).body.code).toBe('cursor-invalid');
    }
  });

  it.each([{ limit: 0 }, { limit: 1001 }, { limit: 'ten' }, { order: 'desc' }])(
    'is not listed for %j',
    async (query) => {
      expect((await api.get('/equipment', query)).body).toMatchObject({
        status: 400,
        code: 'invalid-request',
      });
    },
  );
});
