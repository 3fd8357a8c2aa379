import { accepted, DomainError, refused, SystemClock, WorkBudget } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { aBudget } from '../../../test/support/budgets.js';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { anInstant } from '../../../test/support/readings.js';
import { sensorDataInMemory } from '../../../test/support/sensor-data-in-memory.js';
import type { StoredBlock } from './log/block.js';
import { packRows } from './log/pack-rows.js';
import { hourOf, offsetOf } from './log/hour-time.js';
import { StampClock } from './log/stamp.js';
import type { StoredReading } from './reading.js';
import { Retention } from './retention.js';

const valid = { equipmentId: 'EQ-1', timestamp: '2023-02-15T01:30:00-05:00', value: 78.42 };

const CALLER = 'some-machine';
const HOUR_MS = 3_600_000;

/** Valid readings with the values 0, 1, 2 …, a second apart. */
function batchOf(count: number) {
  return Array.from({ length: count }, (_, value) =>
    accepted<unknown>({
      equipmentId: 'EQ-1',
      timestamp: new Date(Date.UTC(2023, 0, 1) + value * 1000).toISOString(),
      value,
    }),
  );
}

async function failureOf(promise: Promise<unknown>): Promise<DomainError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof DomainError) return error;
  throw new Error('no domain error', { cause: error });
}

describe('recording one reading', () => {
  it('gives it back as stored', async () => {
    const { standing, sensorData } = sensorDataInMemory();

    const stored = await sensorData.recordReading(valid, CALLER);

    expect(stored.timestamp).toBe('2023-02-15T06:30:00.000000000Z');
    expect(await standing()).toMatchObject([stored]);
  });

  it('refuses an invalid one with all its faults and stores nothing', async () => {
    const { blocks, sensorData } = sensorDataInMemory();

    const error = await failureOf(sensorData.recordReading({ value: 'hot' }, CALLER));

    expect(error).toMatchObject({ kind: 'invalid', code: 'invalid-reading' });
    expect(error.faults.map(({ code }) => code)).toEqual([
      'equipment-id-missing',
      'timestamp-missing',
      'value-not-a-number',
    ]);
    expect(blocks.putCalls).toEqual([]);
  });

  it.each([
    ['not-stored', 'unavailable', 'write-not-accepted'],
    ['clock-wrong', 'unavailable', 'server-clock-wrong'],
    ['unknown', 'unavailable', 'outcome-unknown'],
    ['unknown-but-landed', 'unavailable', 'outcome-unknown'],
  ] as const)('says so when its outcome stays %s', async (outcome, kind, code) => {
    const { sensorData } = sensorDataInMemory(() => outcome);

    const error = await failureOf(sensorData.recordReading(valid, CALLER));

    expect(error).toMatchObject({ kind, code, retryAfterSeconds: 1 });
  });

  it('blames the reading when the store refuses it', async () => {
    const { sensorData } = sensorDataInMemory(() => 'refused');

    const error = await failureOf(sensorData.recordReading(valid, CALLER));

    expect(error).toMatchObject({ kind: 'invalid', code: 'reading-not-storable' });
  });
});

describe('recording a batch', () => {
  it('stores up to 10,000 readings', async () => {
    const { standing, sensorData } = sensorDataInMemory();

    const verdict = await sensorData.recordBatch(batchOf(10_000), CALLER);

    expect(verdict).toEqual({ stored: 10_000, rejected: [], unconfirmed: [] });
    expect(await standing()).toHaveLength(10_000);
  });

  it('names each fault of each invalid reading and stores the rest', async () => {
    const { standing, sensorData } = sensorDataInMemory();

    const documents = [
      accepted(valid),
      accepted({ ...valid, value: null, unit: 'C' }),
      refused('json-malformed', 'The line is not valid JSON.'),
      accepted({ ...valid, equipmentId: 'EQ-2' }),
    ];
    const verdict = await sensorData.recordBatch(documents, CALLER);

    expect(verdict.stored).toBe(2);
    expect(verdict.rejected).toMatchObject([
      { index: 1, pointer: '/unit', code: 'unknown-property' },
      { index: 1, pointer: '/value', code: 'value-missing' },
      { index: 2, pointer: '', code: 'json-malformed' },
    ]);
    expect(await standing()).toHaveLength(2);
  });

  it('counts repeats of one key as stored, the last one standing', async () => {
    const { standing, sensorData } = sensorDataInMemory();

    const verdict = await sensorData.recordBatch(
      [10, 11, 12].map((value) => accepted({ ...valid, value })),
      CALLER,
    );

    expect(verdict.stored).toBe(3);
    expect((await standing()).map(({ values }) => values.get('value'))).toEqual([12]);
  });

  it('names what the store refused among the rejected, in order', async () => {
    const { sensorData } = sensorDataInMemory(({ equipmentId }) =>
      equipmentId === 'EQ-BAD' ? 'refused' : undefined,
    );
    const bad = accepted({ ...valid, equipmentId: 'EQ-BAD' });

    const verdict = await sensorData.recordBatch([bad, ...batchOf(1), accepted(null)], CALLER);

    expect(verdict.stored).toBe(1);
    expect(verdict.rejected.map(({ index, code }) => [index, code])).toEqual([
      [0, 'reading-not-storable'],
      [2, 'reading-not-an-object'],
    ]);
  });

  it('fails with the verdict when no reading is valid', async () => {
    const { sensorData } = sensorDataInMemory();

    const error = await failureOf(
      sensorData.recordBatch([accepted(null), accepted(valid.value)], CALLER),
    );

    expect(error).toMatchObject({ kind: 'invalid', code: 'no-valid-reading' });
    expect(error.extensions).toMatchObject({
      stored: 0,
      rejected: [{ index: 0 }, { index: 1 }],
      unconfirmed: [],
    });
  });

  it.each([
    ['not-stored', 'batch-unconfirmed'],
    ['unknown', 'batch-unconfirmed'],
    ['clock-wrong', 'server-clock-wrong'],
  ] as const)('fails with the verdict when the store leaves some %s', async (outcome, code) => {
    const { sensorData } = sensorDataInMemory(({ equipmentId }) =>
      equipmentId === 'EQ-AWAY' ? outcome : undefined,
    );
    const away = accepted({ ...valid, equipmentId: 'EQ-AWAY' });

    const error = await failureOf(
      sensorData.recordBatch(
        [accepted('no reading'), ...batchOf(1), away, ...batchOf(1), away],
        CALLER,
      ),
    );

    expect(error).toMatchObject({
      kind: 'unavailable',
      code,
      retryAfterSeconds: 1,
    });
    expect(error.extensions).toMatchObject({
      stored: 2,
      rejected: [{ index: 0 }],
      unconfirmed: [2, 4],
    });
  });

  it.each([
    [0, 'batch-empty'],
    [10_001, 'too-many-readings'],
  ])('refuses %i readings: %s', async (count, code) => {
    const { blocks, sensorData } = sensorDataInMemory();

    const error = await failureOf(sensorData.recordBatch(batchOf(count), CALLER));

    expect(error).toMatchObject({ kind: 'invalid', code, extensions: {} });
    expect(blocks.putCalls).toEqual([]);
  });

  it('names every rejected reading, but not every fault of a flood of them', async () => {
    const { sensorData } = sensorDataInMemory();
    const faulty = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`p${i}`, 1]));

    const error = await failureOf(
      sensorData.recordBatch(
        Array.from({ length: 10_000 }, () => accepted(faulty)),
        CALLER,
      ),
    );

    const rejected = error.extensions['rejected'];
    if (!Array.isArray(rejected)) throw new Error('no list');
    expect(rejected.length).toBeLessThanOrEqual(30_000);
    expect(new Set(rejected.map(({ index }) => index)).size).toBe(10_000);
  });
});

describe('equipment', () => {
  const timestamp = anInstant('2023-02-15T06:30:00Z');
  const list = { equipmentId: 'EQ-1', order: 'asc', limit: 10 } as const;

  it('that never sent anything is unknown to every query', async () => {
    const { sensorData } = sensorDataInMemory();
    const budget = aBudget();
    const { equipmentId } = list;

    const errors = [
      await failureOf(sensorData.latestReading(equipmentId, budget)),
      await failureOf(sensorData.latestReading(equipmentId, budget, timestamp)),
      await failureOf(sensorData.listReadings(list, budget)),
      await failureOf(sensorData.listReadings({ ...list, asOf: timestamp }, budget)),
      await failureOf(sensorData.history({ equipmentId, timestamp, limit: 10 }, budget)),
    ];

    for (const error of errors) {
      expect(error).toMatchObject({ kind: 'not-found', code: 'equipment-unknown' });
    }
  });

  it('is known by a reading that is not registered yet, also once that is removed', async () => {
    const { sensorData } = sensorDataInMemory();
    const budget = aBudget();
    await sensorData.recordReading(valid, CALLER);
    await sensorData.removeReading({ equipmentId: 'EQ-1', timestamp }, CALLER);
    const { equipmentId } = list;
    const elsewhere = { ...list, from: anInstant('2023-03-01T00:00:00Z') };
    const other = anInstant('2023-03-01T00:00:00Z');

    const page = await sensorData.listReadings(elsewhere, budget);
    const history = await sensorData.history({ equipmentId, timestamp: other, limit: 10 }, budget);
    const then = await failureOf(sensorData.latestReading(equipmentId, budget, timestamp));

    expect([page.readings, history.values]).toEqual([[], []]);
    expect(then.code).toBe('no-reading');
  });

  it('is known once it is registered, also when all of it has expired', async () => {
    const { sensorData, names } = sensorDataInMemory();
    names.names.set('EQ-1', ['value']);

    expect((await sensorData.listReadings(list, aBudget())).readings).toEqual([]);
    expect((await failureOf(sensorData.latestReading('EQ-1', aBudget()))).code).toBe('no-reading');
  });
});

describe.each(['asc', 'desc'] as const)('a list of readings: %s', (order) => {
  const secondsOf = (readings: readonly StoredReading[]) =>
    readings.map(({ values }) => values.get('value'));

  it('comes in pages that fit together, also across removed instants', async () => {
    const { sensorData } = sensorDataInMemory();
    await sensorData.recordBatch(batchOf(20), CALLER);
    const removed = [0, 4, 5, 6, 7, 8, 9, 10, 19];
    for (const second of removed) {
      const timestamp = anInstant(new Date(Date.UTC(2023, 0, 1) + second * 1000).toISOString());
      await sensorData.removeReading({ equipmentId: 'EQ-1', timestamp }, CALLER);
    }
    const range = { equipmentId: 'EQ-1', order, limit: 3 };

    const pages = [await sensorData.listReadings(range, aBudget())];
    for (let next = pages[0]?.next; next !== undefined; next = pages.at(-1)?.next) {
      pages.push(await sensorData.listReadings({ ...range, after: next }, aBudget()));
    }

    const left = [1, 2, 3, 11, 12, 13, 14, 15, 16, 17, 18];
    const expected = order === 'asc' ? left : left.toReversed();
    expect(pages.flatMap(({ readings }) => secondsOf(readings))).toEqual(expected);
    expect(pages.map(({ readings }) => readings.length)).toEqual([3, 3, 3, 2]);
  });

  it('continues when the last reading of the previous page was removed meanwhile', async () => {
    const { sensorData } = sensorDataInMemory();
    await sensorData.recordBatch(batchOf(6), CALLER);
    const range = { equipmentId: 'EQ-1', order, limit: 2 };
    const first = await sensorData.listReadings(range, aBudget());
    const last = first.readings[1];
    if (!last || first.next === undefined) throw new Error('a page of two, and more');
    await sensorData.removeReading(last, CALLER);

    const second = await sensorData.listReadings({ ...range, after: first.next }, aBudget());

    expect(secondsOf(second.readings)).toEqual(order === 'asc' ? [2, 3] : [3, 2]);
  });
});

describe('a retention', () => {
  it('hides an hour as a whole once it expires, and keeps the next', async () => {
    const { blocks, standing, clock, sensorData } = sensorDataInMemory(
      undefined,
      Retention.ofDays(30),
    );
    for (const text of ['2023-08-01T22:59:59.999999999Z', '2023-08-01T23:00:00Z']) {
      blocks.put(aBlock(text));
    }
    blocks.put(aBlock('2023-08-02T00:00:00Z'));
    const instants = async () => (await standing()).map(({ timestamp }) => timestamp.slice(0, 19));
    const newest = async () =>
      (await sensorData.latestReading('EQ-1', aBudget())).timestamp.slice(0, 19);

    // 30 days after the end of the first hour.
    clock.advance(-HOUR_MS - 1);
    const before = await instants();
    clock.advance(1);
    const after = await instants();
    const page = await sensorData.listReadings(
      { equipmentId: 'EQ-1', order: 'desc', limit: 9 },
      aBudget(),
    );
    clock.advance(HOUR_MS);

    expect(before).toEqual(['2023-08-01T22:59:59', '2023-08-01T23:00:00', '2023-08-02T00:00:00']);
    expect(after).toEqual(['2023-08-01T23:00:00', '2023-08-02T00:00:00']);
    expect(page.readings).toHaveLength(2);
    expect(await instants()).toEqual(['2023-08-02T00:00:00']);
    expect(await newest()).toBe('2023-08-02T00:00:00');
    clock.advance(HOUR_MS);
    await expect(newest()).rejects.toMatchObject({ code: 'no-reading' });
  });

  it('lets every block of an hour expire with the hour: readings and removals', async () => {
    const { blocks, sensorData } = sensorDataInMemory(undefined, Retention.ofDays(30));
    const recent = { ...valid, timestamp: '2023-08-31T10:15:00Z' };
    const identity = { equipmentId: 'EQ-1', timestamp: anInstant(recent.timestamp) };
    await sensorData.recordReading(recent, CALLER);
    await sensorData.recordBatch(
      [accepted({ ...recent, timestamp: '2023-08-31T10:59:59Z' })],
      CALLER,
    );
    await sensorData.removeReading(identity, CALLER);

    const expiry = Date.UTC(2023, 8, 30, 11) / 1000;
    const all = blocks.all('EQ-1');
    expect(all.map((block) => block.expiresAtEpochSeconds)).toEqual([expiry, expiry, expiry]);
  });

  it('refuses a reading that is too old, alone and within a batch', async () => {
    const { standing, sensorData } = sensorDataInMemory(undefined, Retention.ofDays(30));
    const kept = { ...valid, timestamp: '2023-08-05T00:00:00Z' };

    await expect(sensorData.recordReading(valid, CALLER)).rejects.toMatchObject({
      code: 'invalid-reading',
      faults: [{ pointer: '/timestamp', code: 'reading-too-old' }],
    });
    const verdict = await sensorData.recordBatch([accepted(kept), accepted(valid)], CALLER);

    expect(verdict).toMatchObject({
      stored: 1,
      rejected: [{ index: 1, code: 'reading-too-old', pointer: '/timestamp' }],
    });
    expect(await standing()).toHaveLength(1);
  });
});

describe('several messages for one instant', () => {
  const { value: _, ...identity } = valid;
  const warm = { ...identity, values: { temperature: 75.5, pressure: 2.3 }, tags: { lot: '7' } };
  const corrected = { ...identity, values: { temperature: 76 }, tags: { shift: 'a' } };
  const merged = {
    values: new Map([
      ['temperature', 76],
      ['pressure', 2.3],
    ]),
    tags: new Map([
      ['lot', '7'],
      ['shift', 'a'],
    ]),
  };

  it('merge: a correction replaces its metric and leaves the others and the tags', async () => {
    const { standing, clock, sensorData } = sensorDataInMemory();
    await sensorData.recordReading(warm, CALLER);
    clock.advance(1000);

    const shown = await sensorData.recordReading(corrected, CALLER);

    expect(shown).toMatchObject({
      values: new Map([['temperature', 76]]),
      tags: new Map([['shift', 'a']]),
      registerTime: '2023-09-01T00:00:01.000000000Z',
    });
    expect(await standing()).toMatchObject([{ ...merged, registerTime: shown.registerTime }]);
  });

  it('merge in a batch, where the later stands', async () => {
    const { standing, sensorData } = sensorDataInMemory();

    await sensorData.recordBatch(
      [warm, corrected].map((each) => accepted<unknown>(each)),
      CALLER,
    );

    expect(await standing()).toMatchObject([merged]);
  });

  it('merge when they are sent at once, one by one', async () => {
    const { standing, sensorData } = sensorDataInMemory();

    const all = Array.from({ length: 64 }, async (_unused, n) =>
      sensorData.recordReading({ ...identity, values: { [`m${n}`]: n } }, `caller-${n % 3}`),
    );
    await Promise.all(all);

    const [reading, ...others] = await standing();
    expect(others).toEqual([]);
    expect(reading?.values.size).toBe(64);
  });

  it('stay in the history, with who sent them, also once the instant was removed', async () => {
    const { clock, sensorData } = sensorDataInMemory();
    const [equipmentId, timestamp] = [valid.equipmentId, anInstant(valid.timestamp)];
    await sensorData.recordReading(warm, 'ann');
    clock.advance(1000);
    await sensorData.recordReading(corrected, 'bob');
    clock.advance(1000);
    await sensorData.removeReading({ equipmentId, timestamp }, 'eve');

    const history = await sensorData.history({ equipmentId, timestamp, limit: 100 }, aBudget());

    expect(history.values).toMatchObject([
      { metric: 'temperature', value: 76, by: 'bob', removed: true },
      { metric: 'pressure', value: 2.3, by: 'ann', removed: true },
      { metric: 'temperature', value: 75.5, by: 'ann', removed: true },
    ]);
  });
});

describe('removing a reading', () => {
  const identity = { equipmentId: 'EQ-1', timestamp: anInstant(valid.timestamp) };

  it('removes it, whatever offset it is named with, and then says that there is none', async () => {
    const { standing, sensorData } = sensorDataInMemory();
    await sensorData.recordReading({ ...valid, tags: { lot: '7' } }, CALLER);

    await sensorData.removeReading(identity, CALLER);

    expect(await standing()).toEqual([]);
    await expect(sensorData.removeReading(identity, CALLER)).rejects.toMatchObject({
      kind: 'not-found',
      code: 'no-reading',
    });
  });

  it('removes all metrics that came in several messages, and nothing of them comes back', async () => {
    const { standing, sensorData } = sensorDataInMemory();
    const { value: _, ...instant } = valid;
    await sensorData.recordReading({ ...instant, values: { a: 1 }, tags: { lot: '7' } }, CALLER);
    await sensorData.recordReading({ ...instant, values: { b: 2 } }, CALLER);

    await sensorData.removeReading(identity, CALLER);
    await sensorData.recordReading({ ...instant, values: { c: 3 } }, CALLER);

    expect(await standing()).toMatchObject([{ values: new Map([['c', 3]]), tags: new Map() }]);
  });

  it('leaves the instants beside it, to the nanosecond, and other equipment', async () => {
    const { standing, sensorData } = sensorDataInMemory();
    const at = (nanos: string, equipmentId = 'EQ-1') =>
      accepted<unknown>({ ...valid, equipmentId, timestamp: `2023-02-15T06:00:00.${nanos}Z` });
    const middle = { equipmentId: 'EQ-1', timestamp: anInstant('2023-02-15T06:00:00.000000001Z') };
    const batch = [at('0'), at('000000001'), at('000000002'), at('000000001', 'EQ-2')];
    await sensorData.recordBatch(batch, CALLER);

    await sensorData.removeReading(middle, CALLER);

    expect((await standing()).map((r) => [r.equipmentId, r.timestamp])).toEqual([
      ['EQ-1', '2023-02-15T06:00:00.000000000Z'],
      ['EQ-1', '2023-02-15T06:00:00.000000002Z'],
      ['EQ-2', '2023-02-15T06:00:00.000000001Z'],
    ]);
  });

  it.each([
    ['not-stored', 'write-not-accepted'],
    ['clock-wrong', 'server-clock-wrong'],
    ['unknown', 'outcome-unknown'],
    ['unknown-but-landed', 'outcome-unknown'],
  ] as const)('says so when its outcome stays %s', async (outcome, code) => {
    const { blocks, sensorData } = sensorDataInMemory();
    await sensorData.recordReading(valid, CALLER);
    blocks.failPuts(() => outcome);

    const error = await failureOf(sensorData.removeReading(identity, CALLER));

    expect(error).toMatchObject({ kind: 'unavailable', code, retryAfterSeconds: 1 });
  });

  it('finds nothing at the last instant of time, and at the first', async () => {
    const { sensorData } = sensorDataInMemory();
    for (const text of ['9999-12-31T23:59:59.999999999Z', '1970-01-01T00:00:00Z']) {
      const none = sensorData.removeReading({ ...identity, timestamp: anInstant(text) }, CALLER);
      await expect(none).rejects.toMatchObject({ code: 'no-reading' });
    }
  });

  it('leaves readings alone whose hour is sealed or about to be', async () => {
    const { blocks, standing, sensorData } = sensorDataInMemory(undefined, Retention.ofDays(30));
    blocks.put(aBlock('2023-08-04T23:59:59Z'));
    const old = { equipmentId: 'EQ-1', timestamp: anInstant('2023-08-04T23:59:59Z') };

    await expect(sensorData.removeReading(old, CALLER)).rejects.toMatchObject({
      kind: 'invalid',
      code: 'reading-too-old',
    });
    expect(await standing()).toHaveLength(1);
  });

  it('names the rest of a range for which its budget is too small, until nothing is left', async () => {
    const { standing, sensorData } = sensorDataInMemory();
    const readings = Array.from({ length: 300 }, (_reading, n) =>
      accepted<unknown>({
        equipmentId: 'EQ-1',
        timestamp: new Date(Date.UTC(2023, 0, 1) + n * 60_000).toISOString(),
        value: n,
      }),
    );
    for (const reading of readings) await sensorData.recordBatch([reading], CALLER);
    const to = anInstant('2023-01-02T00:00:00Z');
    const remove = async (from: string) =>
      sensorData.removeRange(
        { equipmentId: 'EQ-1', from: anInstant(from), to },
        CALLER,
        new WorkBudget(new AbortController().signal, new SystemClock(), { storeCalls: 1, ms: 1e9 }),
      );

    const first = await failureOf(remove('2023-01-01T00:00:00Z'));
    const left = (await standing()).length;
    const { from } = first.extensions['rest'] as { readonly from: string };
    const second = await failureOf(remove(from));

    expect(first).toMatchObject({
      kind: 'unavailable',
      code: 'removal-unfinished',
      retryAfterSeconds: 1,
      extensions: { rest: { to: '2023-01-02T00:00:00.000Z' } },
    });
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(300);
    expect((await standing()).length).toBeLessThan(left);
    expect(second.code).toBe('removal-unfinished');
  });

  it('removes no range that begins there, and names the first instant that can be removed', async () => {
    const { blocks, standing, sensorData } = sensorDataInMemory(undefined, Retention.ofDays(30));
    blocks.put(aBlock('2023-08-04T23:59:59Z'));
    blocks.put(aBlock('2023-08-05T00:00:00Z'));
    const to = anInstant('2023-09-01T00:00:00Z');
    const rangeFrom = (text: string) => ({ equipmentId: 'EQ-1', from: anInstant(text), to });

    const error = await failureOf(
      sensorData.removeRange(rangeFrom('2023-08-04T23:59:59Z'), CALLER),
    );
    const before = await standing();
    await sensorData.removeRange(rangeFrom('2023-08-05T00:00:00Z'), CALLER);

    expect(error).toMatchObject({ faults: [{ pointer: '/from', code: 'reading-too-old' }] });
    expect(String(error)).toContain('2023-08-05T00:00:00.000Z');
    expect(before).toHaveLength(2);
    expect(await standing()).toHaveLength(1);
  });
});

/** Of one reading, written when it was taken. */
function aBlock(text: string): StoredBlock {
  const timestamp = anInstant(text);
  const values = new Map([['value', 1]]);
  const row = { offsetNs: offsetOf(timestamp), values, tags: new Map() };
  const [packed] = packRows('EQ-1', hourOf(timestamp), {}, [row]);
  if (!packed) throw new Error('a row is a block');
  return packed.block.seal(new StampClock(new FixedClock(text)).next());
}

describe('readings of equipment with many metric names', () => {
  const names = (from: number) =>
    Object.fromEntries(Array.from({ length: 64 }, (_, n) => [`m${from + n}`, n]));
  const aWideReading = (from: number) => ({
    equipmentId: 'EQ-1',
    timestamp: new Date(Date.UTC(2023, 0, 1) + from * 1000).toISOString(),
    values: names(from),
  });
  const full = Array.from({ length: 16 }, (_, n) => aWideReading(n * 64));

  it('are refused one by one beyond the limit, and stored below it', async () => {
    const { standing, sensorData } = sensorDataInMemory();
    for (const reading of full) await sensorData.recordReading(reading, CALLER);

    const failure = await failureOf(sensorData.recordReading(aWideReading(1024), CALLER));

    expect(failure).toMatchObject({
      kind: 'invalid',
      code: 'invalid-reading',
      faults: [{ pointer: '/values', code: 'too-many-metric-names' }],
    });
    expect(await standing()).toHaveLength(16);
  });

  it('are rejected in their place in a batch; the order of the others stays', async () => {
    const { standing, sensorData } = sensorDataInMemory();
    const corrected = { ...aWideReading(0), values: { m0: 7 } };
    const batch = [...full, aWideReading(1024), corrected].map((each) => accepted<unknown>(each));

    const verdict = await sensorData.recordBatch(batch, CALLER);

    expect(verdict).toMatchObject({
      stored: 17,
      rejected: [{ index: 16, pointer: '/values', code: 'too-many-metric-names' }],
    });
    expect((await standing())[0]?.values.get('m0')).toBe(7);
  });

  it('are unconfirmed, and the others stored, while the registry does not answer', async () => {
    const { standing, names: registered, sensorData } = sensorDataInMemory();
    registered.failQuestions(new Error('away'));
    const batch = full.slice(0, 2).map((each) => accepted<unknown>(each));

    const failure = await failureOf(sensorData.recordBatch(batch, CALLER));
    const single = await failureOf(sensorData.recordReading(aWideReading(64), CALLER));

    expect(failure).toMatchObject({
      code: 'batch-unconfirmed',
      extensions: { stored: 1, rejected: [], unconfirmed: [1] },
    });
    expect(single).toMatchObject({ kind: 'unavailable', code: 'metric-names-unknown' });
    expect(await standing()).toHaveLength(1);
  });
});

describe('readings with more new metric names than a caller may bring in a minute', () => {
  const plant = Array.from({ length: 400 }, (_, n) => ({
    equipmentId: `EQ-${n}`,
    timestamp: '2023-01-01T00:00:00Z',
    values: Object.fromEntries(Array.from({ length: 64 }, (_unused, i) => [`m${i}`, n])),
  }));
  const batch = (readings: readonly unknown[]) => readings.map((each) => accepted<unknown>(each));

  it('are unconfirmed in a batch, which says when to send it again, until all are stored', async () => {
    const { standing, clock, sensorData } = sensorDataInMemory();
    const failures: DomainError[] = [];

    for (let left = plant; left.length > 0;) {
      const answer = sensorData.recordBatch(batch(left), CALLER);
      const failure = await answer.then(
        () => undefined,
        (error: unknown) => error,
      );
      if (!(failure instanceof DomainError)) break;
      failures.push(failure);
      const unconfirmed = new Set(Object(failure.extensions['unconfirmed']));
      left = left.filter((_, index) => unconfirmed.has(index));
      clock.advance((failure.retryAfterSeconds ?? Infinity) * 1000);
    }

    expect(failures.length).toBeGreaterThan(0);
    expect(failures.length).toBeLessThan(4);
    expect(failures[0]).toMatchObject({
      kind: 'throttled',
      code: 'too-many-new-metric-names',
      extensions: { rejected: [] },
    });
    expect(failures[0]?.retryAfterSeconds).toBeLessThanOrEqual(60);
    expect(await standing()).toHaveLength(plant.length);
  });

  it('are refused one by one, and stored when they are sent again', async () => {
    const { standing, clock, sensorData } = sensorDataInMemory();
    await failureOf(sensorData.recordBatch(batch(plant), CALLER));
    const stored = (await standing()).length;

    const failure = await failureOf(sensorData.recordReading(plant.at(-1), CALLER));
    await sensorData.recordReading(plant.at(-1), 'another machine');
    clock.advance((failure.retryAfterSeconds ?? Infinity) * 1000);
    await sensorData.recordReading(plant.at(-2), CALLER);

    expect(failure).toMatchObject({ kind: 'throttled', code: 'too-many-new-metric-names' });
    expect(await standing()).toHaveLength(stored + 2);
  });
});
