import { SystemClock } from '@sensorflow/kernel';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../test/support/fixed-clock.js';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { aReading } from '../../../test/support/readings.js';
import { GROUP_COMMIT_OPTIONS, type GroupCommitOptions } from './group-commit-options.js';
import { GroupCommit } from './group-commit.js';
import type { PutOutcome } from './reading-store.js';
import type { Reading, StoredReading } from './reading.js';

const NOW = '2023-09-01T12:00:00.000Z';

function start() {
  const store = new InMemoryReadingStore();
  const clock = new FixedClock(NOW);
  return { store, clock, writer: new GroupCommit(store, clock) };
}

function manyReadings(count: number, equipmentId = 'EQ-1') {
  return Array.from({ length: count }, (_, i) =>
    aReading({
      equipmentId,
      timestamp: new Date(Date.UTC(2023, 0, 1) + i * 1000).toISOString(),
      value: i,
    }),
  );
}

function outcomesOf(answers: readonly { readonly outcome: PutOutcome }[]): readonly PutOutcome[] {
  return answers.map(({ outcome }) => outcome);
}

/** A store whose calls wait until they are let go, one after the other. */
class HeldStore extends InMemoryReadingStore {
  readonly held: (() => void)[] = [];
  readonly arrived: (readonly StoredReading[])[] = [];

  override async putAll(readings: readonly StoredReading[]): Promise<readonly PutOutcome[]> {
    this.arrived.push(readings);
    await new Promise<void>((resolve) => this.held.push(resolve));
    return super.putAll(readings);
  }

  async letGoOfAll(): Promise<void> {
    for (await settled(); this.held.length > 0; await settled()) this.held.shift()?.();
  }
}

/** Lets everything run that can run without the store or the clock. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

describe('writing readings', () => {
  it('answers with the reading as stored, registered at the instant of its receipt', async () => {
    const { store, writer } = start();

    const [answer] = await writer.write([aReading()]);

    const registered = { ...aReading(), registerTime: '2023-09-01T12:00:00.000000000Z' };
    expect(answer).toEqual({ outcome: 'stored', reading: registered });
    expect(store.all()).toEqual([registered]);
  });

  it('has nothing to do for no readings', async () => {
    const { store, writer } = start();

    expect(await writer.write([])).toEqual([]);
    expect(store.putCalls).toEqual([]);
  });

  it('goes to the store in chunks of 25', async () => {
    const { store, writer } = start();

    const answers = await writer.write(manyReadings(60));

    expect(outcomesOf(answers)).toEqual(Array.from({ length: 60 }, () => 'stored'));
    expect(store.putCalls).toEqual([25, 25, 10]);
    expect(store.all()).toHaveLength(60);
  });

  it('lets the last reading of a key stand, and answers all of them', async () => {
    const { store, writer } = start();
    const first = aReading({ value: 1, tags: { lot: '1' } });
    const other = aReading({ equipmentId: 'EQ-2' });
    const last = aReading({ value: 2, timestamp: '2023-02-15T06:30:00Z' });

    const answers = await writer.write([first, other, last]);

    expect(outcomesOf(answers)).toEqual(['stored', 'stored', 'stored']);
    expect(store.putCalls).toEqual([2]);
    expect(store.all()[0]).toMatchObject({ values: last.values, tags: new Map() });
    expect(answers[0]).toEqual(answers[2]);
  });

  it('keeps one item of a reading that is sent 100 times', async () => {
    const { store, writer } = start();

    const answers = await Promise.all(
      Array.from({ length: 100 }, () => writer.write([aReading()])),
    );

    expect(answers.flat().every(({ outcome }) => outcome === 'stored')).toBe(true);
    expect(store.all()).toHaveLength(1);
  });
});

describe('a store that does not confirm', () => {
  it('is asked again for what it left over, and for that only', async () => {
    const { store, writer } = start();
    store.failPuts((reading, call) =>
      call < 3 && (reading.values.get('value') ?? 0) >= 20 ? 'not-stored' : undefined,
    );

    const answers = await writer.write(manyReadings(25));

    expect(new Set(outcomesOf(answers))).toEqual(new Set(['stored']));
    expect(store.putCalls).toEqual([25, 5, 5]);
  });

  it('is asked again when nobody knows what it did', async () => {
    const { store, writer } = start();
    store.failPuts((_, call) => (call === 1 ? 'unknown-but-landed' : undefined));

    const answers = await writer.write([aReading()]);

    expect(outcomesOf(answers)).toEqual(['stored']);
    expect(store.all()).toHaveLength(1);
  });

  it.each(['not-stored', 'unknown'] as const)(
    'gets two seconds, then the answer is %s',
    async (outcome) => {
      const { store, clock, writer } = start();
      store.failPuts(() => outcome);

      const answers = await writer.write([aReading()]);

      expect(outcomesOf(answers)).toEqual([outcome]);
      expect(clock.nowEpochMs() - Date.parse(NOW)).toBeLessThan(2_000);
      expect(store.putCalls.length).toBeGreaterThan(3);
      expect(store.all()).toEqual([]);
    },
  );

  it('waits longer from time to time, at most 800 ms', async () => {
    const { store, writer } = start();
    store.failPuts(() => 'not-stored');
    const callsOfManyTries: number[] = [];

    for (let i = 0; i < 50; i += 1) {
      const before = store.putCalls.length;
      await writer.write([aReading()]);
      callsOfManyTries.push(store.putCalls.length - before);
    }

    // Ceilings of 25, 50, 100, 200, 400, 800, 800 … ms with full jitter fill 2 s with about ten calls.
    expect(Math.max(...callsOfManyTries)).toBeLessThan(30);
  });

  it('leaves an outcome unknown that was unknown once', async () => {
    const { store, writer } = start();
    store.failPuts((_, call) => (call === 1 ? 'unknown' : 'not-stored'));

    const answers = await writer.write([aReading()]);

    expect(outcomesOf(answers)).toEqual(['unknown']);
  });

  it('is not asked again for what it refuses, nor do others suffer', async () => {
    const { store, writer } = start();
    store.failPuts((reading) => (reading.values.get('value') === 3 ? 'refused' : undefined));

    const answers = await writer.write(manyReadings(5));

    expect(outcomesOf(answers)).toEqual(['stored', 'stored', 'stored', 'refused', 'stored']);
    expect(store.putCalls).toEqual([5]);
  });

  it('gets more time for a large batch, ten seconds at most', async () => {
    const { store, clock, writer } = start();
    store.failPuts(() => 'not-stored');

    const answers = await writer.write(manyReadings(10_000));

    expect(new Set(outcomesOf(answers))).toEqual(new Set(['not-stored']));
    expect(clock.nowEpochMs() - Date.parse(NOW)).toBeLessThan(10_000);
    expect(clock.nowEpochMs() - Date.parse(NOW)).toBeGreaterThan(5_000);
  });

  it('leaves 24 neighbours of a reading it can never hold alone', async () => {
    const { store, writer } = start();
    store.failPuts((reading) => (reading.values.get('value') === 13 ? 'refused' : undefined));

    const answers = await Promise.all(manyReadings(25).map((reading) => writer.write([reading])));

    const expected = manyReadings(25).map((_, i) => [i === 13 ? 'refused' : 'stored']);
    expect(answers.map(outcomesOf)).toEqual(expected);
    expect(store.putCalls).toEqual([25]);
  });

  it('is asked again after it broke its contract', async () => {
    const { store, writer } = start();
    store.failPuts((_, call) => {
      if (call === 1) throw new Error('a bug');
      return undefined;
    });

    const answers = await Promise.all(manyReadings(20).map((reading) => writer.write([reading])));

    expect(outcomesOf(answers.flat())).toEqual(Array(20).fill('stored'));
    expect(writer.counters).toMatchObject({ batches: 2, items: 40, retries: 20 });
  });
});

describe('many callers', () => {
  it('share a call', async () => {
    const { store, writer } = start();

    await Promise.all(manyReadings(60).map((reading) => writer.write([reading])));

    expect(store.putCalls).toEqual([25, 25, 10]);
    expect(writer.counters).toEqual({
      queued: 0,
      inFlight: 0,
      batches: 3,
      items: 60,
      retries: 0,
      unknown: 0,
      shed: 0,
    });
  });

  it('wait for company when two calls are in flight, until a batch is full', async () => {
    const store = new HeldStore();
    const writer = new GroupCommit(store, new FixedClock(NOW));
    const write = async (readings: readonly Reading[]) => {
      const all = readings.map((reading) => writer.write([reading]));
      await settled();
      return all;
    };
    const early = [];
    for (const reading of manyReadings(2)) early.push(...(await write([reading])));

    const late = await write(manyReadings(24, 'EQ-2'));
    const whileNotFull = store.arrived.length;
    late.push(...(await write([aReading()])));
    const whenFull = store.arrived.length;
    await store.letGoOfAll();
    await Promise.all([...early, ...late]);

    expect([whileNotFull, whenFull]).toEqual([2, 3]);
    expect(store.arrived[2]).toHaveLength(25);
  });

  it('take their turns in order of arrival', async () => {
    const store = new HeldStore();
    const writer = new GroupCommit(store, new FixedClock(NOW));
    const all = manyReadings(60).map((reading) => writer.write([reading]));

    await store.letGoOfAll();
    await Promise.all(all);

    expect(store.arrived.flat().map((reading) => reading.values.get('value'))).toEqual(
      Array.from({ length: 60 }, (_, i) => i),
    );
  });

  it('take effect on one key in order of arrival, even if the first must be tried again', async () => {
    const { store, writer } = start();
    store.failPuts((reading, call) =>
      reading.values.get('value') === 1 && call <= 2 ? 'unknown' : undefined,
    );

    await Promise.all([1, 2, 3].map((value) => writer.write([aReading({ value })])));

    expect(store.all()[0]?.values.get('value')).toBe(3);
  });

  it('do not wait for others that write other keys', async () => {
    const store = new HeldStore();
    const writer = new GroupCommit(store, new FixedClock(NOW));
    const all = [
      writer.write([aReading({ value: 1 })]),
      writer.write([aReading({ value: 2 })]),
      writer.write([aReading({ equipmentId: 'EQ-2' })]),
    ];

    await settled();
    const arrivedAtOnce = store.arrived.flat().map(({ equipmentId }) => equipmentId);
    await store.letGoOfAll();
    await Promise.all(all);

    expect(arrivedAtOnce).toEqual(['EQ-12495', 'EQ-2']);
    expect(store.all()[0]?.values.get('value')).toBe(2);
  });

  it('share a put of equal readings that has not left, registered at the later receipt', async () => {
    const store = new HeldStore();
    const clock = new FixedClock(NOW);
    const writer = new GroupCommit(store, clock);
    const other = writer.write([aReading({ value: 1 })]);
    await settled();

    const first = writer.write([aReading({ value: 2 })]);
    clock.advance(1_000);
    const second = writer.write([aReading({ value: 2 })]);
    await store.letGoOfAll();
    await other;

    expect(await first).toEqual(await second);
    expect(store.arrived).toHaveLength(2);
    expect(store.all()[0]?.registerTime).toBe('2023-09-01T12:00:01.000000000Z');
  });

  it('do not share one of other tags', async () => {
    const { store, writer } = start();

    await Promise.all([
      writer.write([aReading({ tags: { lot: '1' } })]),
      writer.write([aReading({ tags: { lot: '2' } })]),
    ]);

    expect(store.putCalls).toEqual([1, 1]);
    expect(store.all()[0]?.tags).toEqual(new Map([['lot', '2']]));
  });
});

describe('a full queue', () => {
  function startSmall(options: Partial<GroupCommitOptions>) {
    const store = new HeldStore();
    const writer = new GroupCommit(store, new FixedClock(NOW), {
      ...GROUP_COMMIT_OPTIONS,
      ...options,
    });
    return { store, writer };
  }

  it.each([
    ['readings', { maxReadings: 18 }, 3],
    ['bytes', { maxBytes: 4_500 }, 3],
  ])('refuses a call as a whole by its %s, and lets smaller ones in', async (_, options, size) => {
    const { store, writer } = startSmall(options);
    const admitted = writer.write(manyReadings(8));

    const refusal = writer.write(manyReadings(size, 'EQ-2'));
    const smaller = writer.write(manyReadings(1, 'EQ-2'));

    await expect(refusal).rejects.toMatchObject({ kind: 'overloaded', code: 'overloaded' });
    await store.letGoOfAll();
    expect(outcomesOf([...(await admitted), ...(await smaller)])).toEqual(Array(9).fill('stored'));
    expect(writer.counters.shed).toBe(size);
  });

  it('asks to come back in one or two seconds', async () => {
    const randoms = [0.2, 0.8];
    const { store, writer } = startSmall({ maxReadings: 1, random: () => randoms.shift() ?? 0 });
    const admitted = writer.write([aReading()]);

    const refusals = [writer.write(manyReadings(1)), writer.write(manyReadings(1))];

    await expect(refusals[0]).rejects.toMatchObject({ retryAfterSeconds: 1 });
    await expect(refusals[1]).rejects.toMatchObject({ retryAfterSeconds: 2 });
    await store.letGoOfAll();
    await admitted;
  });

  it('admits a call of any size while it is empty', async () => {
    const { store, writer } = startSmall({ maxReadings: 10, maxBytes: 100 });
    const all = writer.write(manyReadings(60));

    await store.letGoOfAll();

    expect(outcomesOf(await all)).toEqual(Array(60).fill('stored'));
  });
});

describe('closing', () => {
  it('is over at once when nothing is under way', async () => {
    const { writer } = start();

    await writer.close();

    await expect(writer.write([aReading()])).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'shutting-down',
      retryAfterSeconds: 1,
    });
  });

  it('waits for what was admitted', async () => {
    const store = new HeldStore();
    const writer = new GroupCommit(store, new FixedClock(NOW));
    const admitted = writer.write(manyReadings(30));

    let isClosed = false;
    const closed = writer.close().finally(() => {
      isClosed = true;
    });
    await settled();
    const wasClosedTooSoon = isClosed;
    await store.letGoOfAll();
    await closed;

    expect(wasClosedTooSoon).toBe(false);
    expect(outcomesOf(await admitted)).toEqual(Array(30).fill('stored'));
  });
});

describe('a writer whose process is to end', () => {
  it('answers within the time that is left, however large the call', async () => {
    const writer = new GroupCommit(new HeldStore(), new SystemClock());
    const startedAt = performance.now();
    writer.answerWithin(100);

    const answers = await writer.write(manyReadings(1000));

    expect(new Set(outcomesOf(answers))).toEqual(new Set(['unknown', 'not-stored']));
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});

describe('a store whose calls take long', () => {
  const options = { ...GROUP_COMMIT_OPTIONS, firstCalls: 4, minCalls: 1, slowCallMs: 40 };
  const readings = manyReadings(4 * 25);

  it('gets fewer of them at a time', async () => {
    const store = new WitnessedStore(() => delay(80));
    const writer = new GroupCommit(store, new SystemClock(), options);
    await writer.write(readings);

    await writer.write(readings);

    expect(store.mostAtATime).toBeLessThan(4);
  });

  it('is told from a process that was busy when its answers came', async () => {
    const store = new WitnessedStore(() => stat('.'));
    const writer = new GroupCommit(store, new SystemClock(), options);
    const written = writer.write(readings);
    await Promise.resolve();
    sleepSync(80);
    await written;

    await writer.write(readings);

    expect(store.mostAtATime).toBe(4);
  });
});

/** Counts the calls that it has at a time, in the second of two rounds of four. */
class WitnessedStore extends InMemoryReadingStore {
  mostAtATime = 0;
  private calls = 0;
  private now = 0;

  constructor(private readonly work: () => Promise<unknown>) {
    super();
  }

  override async putAll(readings: readonly StoredReading[]): Promise<readonly PutOutcome[]> {
    this.calls += 1;
    this.now += 1;
    if (this.calls > 4) this.mostAtATime = Math.max(this.mostAtATime, this.now);
    await this.work();
    this.now -= 1;
    return super.putAll(readings);
  }
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
