import { accepted, DomainError, refused } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryMetricNames } from '../../../test/support/in-memory-metric-names.js';
import {
  InMemoryReadingStore,
  type PutFault,
} from '../../../test/support/in-memory-reading-store.js';
import { anInstant, aStoredReading } from '../../../test/support/readings.js';
import { GroupCommit } from './group-commit.js';
import { MetricNameLimit } from './metric-name-limit.js';
import type { StoredReading } from './reading.js';
import { Retention } from './retention.js';
import { SensorData } from './sensor-data.js';

const valid = { equipmentId: 'EQ-1', timestamp: '2023-02-15T01:30:00-05:00', value: 78.42 };

/** The store while another process corrects the reading just before it is removed, so many times. */
class ContestedStore extends InMemoryReadingStore {
  corrections = 0;
  /** The first attempt lands without an answer; the client's second one finds nothing. */
  losesAnswers = false;

  override async removeExactly(reading: StoredReading): Promise<'removed' | 'changed'> {
    if (this.corrections > 0) {
      this.corrections -= 1;
      await this.putAll([{ ...reading, values: new Map([['value', 1000 + this.corrections]]) }]);
    }
    if (this.losesAnswers) await super.removeExactly(reading);
    return super.removeExactly(reading);
  }
}

function start(fault: PutFault = () => undefined, retention = Retention.FOREVER) {
  const store = new ContestedStore();
  store.failPuts(fault);
  const clock = new FixedClock('2023-09-01T00:00:00Z');
  const names = new InMemoryMetricNames();
  const limit = new MetricNameLimit(names, clock);
  const sensorData = new SensorData(store, new GroupCommit(store, clock), clock, retention, limit);
  return { store, names, clock, sensorData };
}

const CALLER = 'some-machine';

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
    const { store, sensorData } = start();

    const stored = await sensorData.recordReading(valid, CALLER);

    expect(stored.timestamp).toBe('2023-02-15T06:30:00.000000000Z');
    expect(store.all()).toEqual([stored]);
  });

  it('refuses an invalid one with all its faults and stores nothing', async () => {
    const { store, sensorData } = start();

    const error = await failureOf(sensorData.recordReading({ value: 'hot' }, CALLER));

    expect(error).toMatchObject({ kind: 'invalid', code: 'invalid-reading' });
    expect(error.faults.map(({ code }) => code)).toEqual([
      'equipment-id-missing',
      'timestamp-missing',
      'value-not-a-number',
    ]);
    expect(store.putCalls).toEqual([]);
  });

  it.each([
    ['not-stored', 'unavailable', 'write-not-accepted'],
    ['unknown', 'unavailable', 'outcome-unknown'],
    ['unknown-but-landed', 'unavailable', 'outcome-unknown'],
  ] as const)('says so when its outcome stays %s', async (outcome, kind, code) => {
    const { sensorData } = start(() => outcome);

    const error = await failureOf(sensorData.recordReading(valid, CALLER));

    expect(error).toMatchObject({ kind, code, retryAfterSeconds: 1 });
  });

  it('blames the reading when the store refuses it', async () => {
    const { sensorData } = start(() => 'refused');

    const error = await failureOf(sensorData.recordReading(valid, CALLER));

    expect(error).toMatchObject({ kind: 'invalid', code: 'reading-not-storable' });
  });
});

describe('recording a batch', () => {
  it('stores up to 10,000 readings', async () => {
    const { store, sensorData } = start();

    const verdict = await sensorData.recordBatch(batchOf(10_000), CALLER);

    expect(verdict).toEqual({ stored: 10_000, rejected: [], unconfirmed: [] });
    expect(store.all()).toHaveLength(10_000);
  });

  it('names each fault of each invalid reading and stores the rest', async () => {
    const { store, sensorData } = start();

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
      { index: 1, pointer: '/value', code: 'value-not-a-number' },
      { index: 2, pointer: '', code: 'json-malformed' },
    ]);
    expect(store.all()).toHaveLength(2);
  });

  it('counts repeats of one key as stored, the last one standing', async () => {
    const { store, sensorData } = start();

    const verdict = await sensorData.recordBatch(
      [10, 11, 12].map((value) => accepted({ ...valid, value })),
      CALLER,
    );

    expect(verdict.stored).toBe(3);
    expect(store.all().map(({ values }) => values.get('value'))).toEqual([12]);
  });

  it('names what the store refused among the rejected, in order', async () => {
    const { sensorData } = start((reading) =>
      reading.values.get('value') === 0 ? 'refused' : undefined,
    );

    const verdict = await sensorData.recordBatch([...batchOf(2), accepted(null)], CALLER);

    expect(verdict.stored).toBe(1);
    expect(verdict.rejected.map(({ index, code }) => [index, code])).toEqual([
      [0, 'reading-not-storable'],
      [2, 'reading-not-an-object'],
    ]);
  });

  it('fails with the verdict when no reading is valid', async () => {
    const { sensorData } = start();

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

  it.each(['not-stored', 'unknown'] as const)(
    'fails with the verdict when the store leaves some %s',
    async (outcome) => {
      const { sensorData } = start((reading) =>
        (reading.values.get('value') ?? 0) % 2 === 1 ? outcome : undefined,
      );

      const error = await failureOf(
        sensorData.recordBatch([accepted('no reading'), ...batchOf(4)], CALLER),
      );

      expect(error).toMatchObject({
        kind: 'unavailable',
        code: 'batch-unconfirmed',
        retryAfterSeconds: 1,
      });
      expect(error.extensions).toMatchObject({
        stored: 2,
        rejected: [{ index: 0 }],
        unconfirmed: [2, 4],
      });
    },
  );

  it.each([
    [0, 'batch-empty'],
    [10_001, 'too-many-readings'],
  ])('refuses %i readings: %s', async (count, code) => {
    const { store, sensorData } = start();

    const error = await failureOf(sensorData.recordBatch(batchOf(count), CALLER));

    expect(error).toMatchObject({ kind: 'invalid', code, extensions: {} });
    expect(store.putCalls).toEqual([]);
  });

  it('names every rejected reading, but not every fault of a flood of them', async () => {
    const { sensorData } = start();
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

describe('the newest reading', () => {
  it('is none for unknown equipment', async () => {
    const { sensorData } = start();

    const error = await failureOf(sensorData.latestReading('EQ-1'));

    expect(error).toMatchObject({ kind: 'not-found', code: 'no-reading' });
  });
});

describe('a retention', () => {
  it('refuses a reading that is too old, alone and within a batch', async () => {
    const { store, sensorData } = start(undefined, Retention.ofDays(30));
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
    expect(store.all()).toHaveLength(1);
  });
});

describe('removing a reading', () => {
  const identity = { equipmentId: 'EQ-1', timestamp: anInstant(valid.timestamp) };

  it('removes it, whatever offset it is named with, and then says that there is none', async () => {
    const { store, sensorData } = start();
    await sensorData.recordReading(valid, CALLER);

    await sensorData.removeReading(identity);

    expect(store.all()).toEqual([]);
    await expect(sensorData.removeReading(identity)).rejects.toMatchObject({
      kind: 'not-found',
      code: 'no-reading',
    });
  });

  it('removes the reading that took the place of the one it saw', async () => {
    const { store, sensorData } = start();
    await sensorData.recordReading(valid, CALLER);
    store.corrections = 1;

    await sensorData.removeReading(identity);

    expect(store.all()).toEqual([]);
  });

  it('has removed a reading that vanished under its hands: its answer may have been lost', async () => {
    const { store, sensorData } = start();
    await sensorData.recordReading(valid, CALLER);
    store.losesAnswers = true;

    await sensorData.removeReading(identity);

    expect(store.all()).toEqual([]);
  });

  it('gives up after five corrections of others, without having done anything', async () => {
    const { store, sensorData } = start();
    await sensorData.recordReading(valid, CALLER);
    store.corrections = 5;

    await expect(sensorData.removeReading(identity)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'reading-busy',
    });
    expect(store.all()).toHaveLength(1);
  });

  it('leaves readings alone whose hour is sealed or about to be', async () => {
    const { store, sensorData } = start(undefined, Retention.ofDays(30));
    const old = { equipmentId: 'EQ-1', timestamp: anInstant('2023-08-04T23:59:59Z') };
    await store.putAll([aStoredReading({ equipmentId: 'EQ-1', timestamp: old.timestamp })]);

    await expect(sensorData.removeReading(old)).rejects.toMatchObject({
      kind: 'invalid',
      code: 'reading-too-old',
    });
    expect(store.all()).toHaveLength(1);
  });
});

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
    const { store, sensorData } = start();
    for (const reading of full) await sensorData.recordReading(reading, CALLER);

    const failure = await failureOf(sensorData.recordReading(aWideReading(1024), CALLER));

    expect(failure).toMatchObject({
      kind: 'invalid',
      code: 'invalid-reading',
      faults: [{ pointer: '/values', code: 'too-many-metric-names' }],
    });
    expect(store.all()).toHaveLength(16);
  });

  it('are rejected in their place in a batch; the order of the others stays', async () => {
    const { store, sensorData } = start();
    const corrected = { ...aWideReading(0), values: { m0: 7 } };
    const batch = [...full, aWideReading(1024), corrected].map((each) => accepted<unknown>(each));

    const verdict = await sensorData.recordBatch(batch, CALLER);

    expect(verdict).toMatchObject({
      stored: 17,
      rejected: [{ index: 16, pointer: '/values', code: 'too-many-metric-names' }],
    });
    expect(store.all()[0]?.values).toEqual(new Map([['m0', 7]]));
  });

  it('are unconfirmed, and the others stored, while the registry does not answer', async () => {
    const { store, names: registered, sensorData } = start();
    registered.failQuestions(new Error('away'));
    const batch = full.slice(0, 2).map((each) => accepted<unknown>(each));

    const failure = await failureOf(sensorData.recordBatch(batch, CALLER));
    const single = await failureOf(sensorData.recordReading(aWideReading(64), CALLER));

    expect(failure).toMatchObject({
      code: 'batch-unconfirmed',
      extensions: { stored: 1, rejected: [], unconfirmed: [1] },
    });
    expect(single).toMatchObject({ kind: 'unavailable', code: 'metric-names-unknown' });
    expect(store.all()).toHaveLength(1);
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
    const { store, clock, sensorData } = start();
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
    expect(store.all()).toHaveLength(plant.length);
  });

  it('are refused one by one, and stored when they are sent again', async () => {
    const { store, clock, sensorData } = start();
    await failureOf(sensorData.recordBatch(batch(plant), CALLER));
    const stored = store.all().length;

    const failure = await failureOf(sensorData.recordReading(plant.at(-1), CALLER));
    await sensorData.recordReading(plant.at(-1), 'another machine');
    clock.advance((failure.retryAfterSeconds ?? Infinity) * 1000);
    await sensorData.recordReading(plant.at(-2), CALLER);

    expect(failure).toMatchObject({ kind: 'throttled', code: 'too-many-new-metric-names' });
    expect(store.all()).toHaveLength(stored + 2);
  });
});
