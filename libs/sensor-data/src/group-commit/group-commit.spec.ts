import { SystemClock } from '@sensorflow/kernel';
import { stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryBlockStore } from '../../../../test/support/in-memory-block-store.js';
import { aReading } from '../../../../test/support/readings.js';
import { GROUP_COMMIT_OPTIONS, type GroupCommitOptions } from './group-commit-options.js';
import { BlockBuilder } from '../log/block-builder.js';
import type { BlockStore, PutOutcome } from '../log/block-store.js';
import type { ReadingsBlock, StoredBlock } from '../log/block.js';
import { LogReader } from '../log/log-reader.js';
import { readBlock } from '../log/read-block.js';
import { sealRemoval, undoneMark } from '../log/seal-removal.js';
import type { Reading } from '../reading.js';
import { GroupCommit } from './group-commit.js';

const NOW = '2023-09-01T12:00:00.000Z';
const HOUR = '2023-01-01T00';

function start() {
  const store = new InMemoryBlockStore();
  const clock = new FixedClock(NOW);
  return { store, clock, writer: new GroupCommit(store, clock) };
}

function startHeld(options: Partial<GroupCommitOptions> = {}) {
  const store = new HeldStore();
  const clock = new FixedClock(NOW);
  const writer = new GroupCommit(store, clock, {
    options: { ...GROUP_COMMIT_OPTIONS, ...options },
  });
  return { store, clock, writer };
}

/** One after the other, a second apart: of one hour, if they are no more than 3,600. */
function ofOneEquipment(count: number, equipmentId = 'EQ-1'): readonly Reading[] {
  return Array.from({ length: count }, (_, i) =>
    aReading({
      equipmentId,
      timestamp: new Date(Date.UTC(2023, 0, 1) + i * 1000).toISOString(),
      value: i,
    }),
  );
}

/** Each of another equipment: as many blocks. */
function ofManyEquipment(count: number, name = 'EQ'): readonly Reading[] {
  return Array.from({ length: count }, (_, i) =>
    aReading({ equipmentId: `${name}-${i}`, timestamp: '2023-01-01T00:00:00Z', value: i }),
  );
}

/** So long that a block holds two of them. */
function withLongTags(count: number): readonly Reading[] {
  return ofOneEquipment(count).map(({ equipmentId, timestamp, values }, i) => {
    const tags = new Map([['note', String(i).padEnd(1_500, 'x')]]);
    return { equipmentId, timestamp, values, tags };
  });
}

function outcomesOf(answers: readonly { readonly outcome: PutOutcome }[]): readonly PutOutcome[] {
  return answers.map(({ outcome }) => outcome);
}

function allStored(count: number): readonly PutOutcome[] {
  return Array.from({ length: count }, () => 'stored');
}

async function shown(store: BlockStore, equipmentId = 'EQ-1') {
  const { readings } = await new LogReader(store).page({ equipmentId, order: 'asc' }, 10_000);
  return readings.map(({ timestamp, values, tags, registerTime }) => ({
    timestamp,
    values: Object.fromEntries(values),
    tags: Object.fromEntries(tags),
    registerTime,
  }));
}

async function valuesShown(store: BlockStore, equipmentId = 'EQ-1') {
  const readings = await shown(store, equipmentId);
  return readings.map(({ values }) => values['value']);
}

function valuesIn(block: StoredBlock): readonly number[] {
  return [...((readBlock(block) as ReadingsBlock).columns.get('value') as number[])];
}

/** A store whose calls wait until they are let go, one after the other. */
class HeldStore extends InMemoryBlockStore {
  readonly held: (() => void)[] = [];
  readonly arrived: (readonly StoredBlock[])[] = [];

  override async putAll(blocks: readonly StoredBlock[]): Promise<readonly PutOutcome[]> {
    this.arrived.push(blocks);
    await new Promise<void>((resolve) => this.held.push(resolve));
    return super.putAll(blocks);
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
  it('answers with the instant at which the block was sealed, which is what readers see', async () => {
    const { store, writer } = start();

    const [answer] = await writer.write([aReading({ tags: { lot: '1' } })]);

    const registerTime = '2023-09-01T12:00:00.000000000Z';
    expect(answer).toEqual({ outcome: 'stored', registerTime });
    expect(await shown(store, 'EQ-12495')).toEqual([
      {
        timestamp: '2023-02-15T06:30:00.000000000Z',
        values: { value: 78.42 },
        tags: { lot: '1' },
        registerTime,
      },
    ]);
  });

  it('has nothing to do for no readings', async () => {
    const { store, writer } = start();

    expect(await writer.write([])).toEqual([]);
    expect(await writer.writeBlocks([])).toEqual([]);
    expect(store.putCalls).toEqual([]);
  });

  it('packs 60 readings of one equipment and hour into one block', async () => {
    const { store, writer } = start();

    const answers = await writer.write(ofOneEquipment(60));

    expect(outcomesOf(answers)).toEqual(allStored(60));
    expect(store.putCalls).toEqual([1]);
    expect(await valuesShown(store)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });

  it('writes 500 readings of 10 equipment as 10 blocks in one call', async () => {
    const { store, writer } = start();
    const interleaved = ofOneEquipment(50).flatMap((reading) =>
      Array.from({ length: 10 }, (_, i) => ({ ...reading, equipmentId: `EQ-${i}` })),
    );

    const answers = await writer.write(interleaved);

    expect(outcomesOf(answers)).toEqual(allStored(500));
    expect(store.putCalls).toEqual([10]);
    expect(await valuesShown(store, 'EQ-9')).toHaveLength(50);
  });

  it('writes a block for each hour', async () => {
    const { store, writer } = start();
    const hours = ['00', '01', '23'].map((hour) =>
      aReading({ equipmentId: 'EQ-1', timestamp: `2023-01-01T${hour}:59:59Z` }),
    );

    await writer.write(hours);

    expect(store.all('EQ-1').map(({ key }) => key.slice(0, 13))).toEqual([
      '2023-01-01T00',
      '2023-01-01T01',
      '2023-01-01T23',
    ]);
  });

  it('goes to the store in calls of 25 blocks', async () => {
    const { store, writer } = start();

    const answers = await writer.write(ofManyEquipment(60));

    expect(outcomesOf(answers)).toEqual(allStored(60));
    expect(store.putCalls).toEqual([25, 25, 10]);
  });

  it('goes to the store in calls of 25 blocks also when they are all of one hour', async () => {
    const { store, writer } = start();

    const answers = await writer.write(withLongTags(100));

    expect(outcomesOf(answers)).toEqual(allStored(100));
    expect(store.putCalls).toEqual([25, 25]);
    expect(await valuesShown(store)).toEqual(Array.from({ length: 100 }, (_, i) => i));
  });

  it('answers each of 2,000 readings of one hour, which are too many to wait together', async () => {
    const { store, writer } = start();
    const before = ofOneEquipment(2_000);
    const corrected = before.map((reading, i) => ({
      ...reading,
      values: new Map([['value', 10_000 + i]]),
    }));

    const answers = await writer.write([...before, ...corrected]);

    expect(outcomesOf(answers)).toEqual(allStored(4_000));
    expect(await valuesShown(store)).toEqual(Array.from({ length: 2_000 }, (_, i) => 10_000 + i));
  });

  it('lets metrics of one instant from several readings stand beside each other', async () => {
    const { store, writer } = start();

    await writer.write([
      aReading({ equipmentId: 'EQ-1', values: { temperature: 1 }, tags: { lot: '1' } }),
      aReading({ equipmentId: 'EQ-1', values: { humidity: 2 } }),
    ]);

    expect(await shown(store)).toMatchObject([
      { values: { temperature: 1, humidity: 2 }, tags: { lot: '1' } },
    ]);
  });

  it('passes on when the store may delete the readings of an hour', async () => {
    const store = new InMemoryBlockStore();
    const writer = new GroupCommit(store, new FixedClock(NOW), {
      expiresAtEpochSeconds: (hour) => (hour === HOUR ? 1_700_000_000 : undefined),
    });

    await writer.write([
      ...ofOneEquipment(1),
      aReading({ equipmentId: 'EQ-2', timestamp: '2023-01-01T01:00:00Z' }),
    ]);

    expect(store.all('EQ-1')).toMatchObject([{ expiresAtEpochSeconds: 1_700_000_000 }]);
    expect(store.all('EQ-2')[0]).not.toHaveProperty('expiresAtEpochSeconds');
  });
});

describe('a correction', () => {
  const [first, second] = [1, 2].map((value) => aReading({ equipmentId: 'EQ-1', value }));
  if (!first || !second) throw new Error('two readings');

  it('replaces an earlier value of the same call', async () => {
    const { store, writer } = start();

    const answers = await writer.write([first, ...ofOneEquipment(1, 'EQ-2'), second]);

    expect(outcomesOf(answers)).toEqual(allStored(3));
    expect(await valuesShown(store)).toEqual([2]);
  });

  it('replaces a value of an earlier call, also of another caller', async () => {
    const { store, writer } = start();

    await writer.write([first], 'A');
    await writer.write([second], 'B');

    expect(await valuesShown(store)).toEqual([2]);
  });

  it('replaces a value that the same caller sent just before', async () => {
    const { store, writer } = start();

    await Promise.all([writer.write([first]), writer.write([second])]);

    expect(await valuesShown(store)).toEqual([2]);
  });

  it('stands although the earlier value is retried and stored last', async () => {
    const { store, writer } = startHeld();
    store.failPuts((block, call) =>
      valuesIn(block)[0] === 1 && call <= 2 ? 'not-stored' : undefined,
    );

    const early = writer.write([first]);
    await settled();
    const late = writer.write([second]);
    await store.letGoOfAll();
    await Promise.all([early, late]);

    expect(store.arrived.map(([block]) => block && valuesIn(block)[0])).toEqual([1, 2, 1]);
    expect(await valuesShown(store)).toEqual([2]);
  });

  it('stands although an attempt to write the earlier value succeeds after the answer', async () => {
    const { store, writer } = startHeld({ budgetMs: 100 });
    store.failPuts((block) => (valuesIn(block)[0] === 1 ? 'unknown' : undefined));
    const early = writer.write([first]);
    await store.letGoOfAll();
    const [lost] = await early;

    const late = writer.write([second]);
    await store.letGoOfAll();
    await late;
    for (const zombie of store.arrived[0] ?? []) store.put(zombie);

    expect(lost).toEqual({ outcome: 'unknown' });
    expect(store.all('EQ-1')).toHaveLength(2);
    expect(await valuesShown(store)).toEqual([2]);
  });

  it('stands although the clock was set back since', async () => {
    const { store, clock, writer } = start();

    await writer.write([first]);
    clock.advance(-3_600_000);
    await writer.write([second]);

    expect(await valuesShown(store)).toEqual([2]);
  });
});

describe('a store that does not confirm', () => {
  it('is asked again only for what it left over', async () => {
    const { store, writer } = start();
    store.failPuts((block, call) =>
      call < 3 && (valuesIn(block)[0] ?? 0) >= 20 ? 'not-stored' : undefined,
    );

    const answers = await writer.write(ofManyEquipment(25));

    expect(outcomesOf(answers)).toEqual(allStored(25));
    expect(store.putCalls).toEqual([25, 5, 5]);
  });

  it('is asked again with the very same block, whatever has arrived since', async () => {
    const { store, clock, writer } = startHeld();
    store.failPuts((_, call) => (call === 1 ? 'not-stored' : undefined));

    const early = writer.write(ofOneEquipment(1));
    await settled();
    clock.advance(1_000);
    const late = writer.write(ofOneEquipment(2));
    await store.letGoOfAll();

    expect(outcomesOf([...(await early), ...(await late)])).toEqual(allStored(3));
    expect(store.arrived[2]).toEqual(store.arrived[0]);
  });

  it('is asked again when the outcome is unknown', async () => {
    const { store, writer } = start();
    store.failPuts((_, call) => (call === 1 ? 'unknown-but-landed' : undefined));

    const answers = await writer.write(ofOneEquipment(1));

    expect(outcomesOf(answers)).toEqual(['stored']);
    expect(store.all('EQ-1')).toHaveLength(1);
  });

  it.each(['not-stored', 'unknown'] as const)(
    'gets two seconds, then the answer is %s',
    async (outcome) => {
      const { store, clock, writer } = start();
      store.failPuts(() => outcome);

      const answers = await writer.write(ofOneEquipment(3));

      expect(outcomesOf(answers)).toEqual([outcome, outcome, outcome]);
      expect(clock.nowEpochMs() - Date.parse(NOW)).toBeLessThan(2_000);
      expect(store.putCalls.length).toBeGreaterThan(3);
      expect(store.all('EQ-1')).toEqual([]);
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

  it.each([
    [[], 'clock-wrong'],
    [['unknown'], 'unknown'],
    [['not-stored'], 'clock-wrong'],
  ] as const)(
    'answers at once when the clock of this machine is wrong, after %j: %s',
    async (before, outcome) => {
      const { store, writer, clock } = start();
      const startedAt = clock.nowEpochMs();
      store.failPuts((_, call) => before[call - 1] ?? 'clock-wrong');

      const answers = await writer.write([aReading()]);

      expect(outcomesOf(answers)).toEqual([outcome]);
      expect(clock.nowEpochMs() - startedAt).toBeLessThan(100);
      expect(store.putCalls).toHaveLength(before.length + 1);
    },
  );

  it('answers unknown to a caller whose block is sent again only because others wait for it', async () => {
    const { store, clock, writer } = startHeld({ random: () => 0.99 });
    store.failPuts((_, call) => (call <= 3 ? 'not-stored' : undefined));
    // Two calls in flight make others wait for company.
    const busy = [...ofManyEquipment(2, 'BUSY')].map((reading) => writer.write([reading]));
    await settled();
    const early = writer.write(ofOneEquipment(1));
    clock.advance(1_990);
    const late = writer.write(ofOneEquipment(2).slice(1));
    await store.letGoOfAll();
    await Promise.all(busy);

    expect(outcomesOf(await early)).toEqual(['unknown']);
    expect(outcomesOf(await late)).toEqual(['stored']);
  });

  it('is not asked again for what it refuses, and others are not affected', async () => {
    const { store, writer } = start();
    store.failPuts(({ equipmentId }) => (equipmentId === 'EQ-3' ? 'refused' : undefined));

    const answers = await writer.write(ofManyEquipment(5));

    expect(outcomesOf(answers)).toEqual(['stored', 'stored', 'stored', 'refused', 'stored']);
    expect(store.putCalls).toEqual([5]);
  });

  it('gets more time for a batch of many blocks, ten seconds at most', async () => {
    const { store, clock, writer } = start();
    store.failPuts(() => 'not-stored');

    const answers = await writer.write(ofManyEquipment(10_000));

    expect(new Set(outcomesOf(answers))).toEqual(new Set(['not-stored']));
    expect(clock.nowEpochMs() - Date.parse(NOW)).toBeLessThan(10_000);
    expect(clock.nowEpochMs() - Date.parse(NOW)).toBeGreaterThan(5_000);
  });

  it('is asked again after it broke its contract', async () => {
    const { store, writer } = start();
    store.failPuts((_, call) => {
      if (call === 1) throw new Error('a bug');
      return undefined;
    });

    const answers = await Promise.all(
      ofManyEquipment(20).map((reading) => writer.write([reading])),
    );

    expect(outcomesOf(answers.flat())).toEqual(allStored(20));
    expect(writer.counters).toMatchObject({ calls: 2, blocks: 40, retries: 20 });
  });
});

describe('many calls', () => {
  it('share blocks and calls to the store', async () => {
    const { store, writer } = start();
    const readings = [...ofManyEquipment(60), ...ofManyEquipment(60)];

    await Promise.all(readings.map((reading) => writer.write([reading])));

    expect(store.putCalls).toEqual([25, 25, 10]);
    expect(writer.counters).toEqual({
      queued: 0,
      inFlight: 0,
      calls: 3,
      blocks: 60,
      retries: 0,
      unknown: 0,
      shed: 0,
    });
  });

  it('that arrive together share a call, however soon one could have left', async () => {
    const { store, writer } = startHeld();
    const all = ofManyEquipment(3).map((reading) => writer.write([reading]));

    await store.letGoOfAll();
    await Promise.all(all);

    expect(store.arrived).toHaveLength(1);
  });

  it('join one block while much is in flight', async () => {
    const { store, writer } = startHeld();
    const early = ofManyEquipment(75).map((reading) => writer.write([reading]));
    await settled();

    const late = [];
    for (const reading of ofOneEquipment(50, 'LATE')) {
      late.push(writer.write([reading]));
      await settled();
    }
    await store.letGoOfAll();
    await Promise.all([...early, ...late]);

    const blocks = store.arrived.flat().filter(({ equipmentId }) => equipmentId === 'LATE');
    expect(blocks.map((block) => valuesIn(block).length)).toEqual([50]);
  });

  it('wait for company until they are a fifth of what is in flight', async () => {
    const { store, writer } = startHeld();
    const write = async (readings: readonly Reading[]) => {
      const all = readings.map((reading) => writer.write([reading]));
      await settled();
      return all;
    };
    const early = await write(ofManyEquipment(50));

    const late = await write(ofManyEquipment(9, 'LATE'));
    const whileFew = store.arrived.length;
    late.push(...(await write([aReading()])));
    const whenEnough = store.arrived.length;
    await store.letGoOfAll();
    await Promise.all([...early, ...late]);

    expect([whileFew, whenEnough]).toEqual([2, 3]);
    expect(store.arrived[2]).toHaveLength(10);
  });

  it('hardly wait while little is in flight, but never take more than eight calls that are not full', async () => {
    const { store, writer } = startHeld();
    const all = [];
    for (const reading of ofManyEquipment(20)) {
      all.push(writer.write([reading]));
      await settled();
    }
    const sizes = store.arrived.map((blocks) => blocks.length);

    await store.letGoOfAll();
    await Promise.all(all);

    expect(sizes).toEqual([1, 1, 1, 1, 1, 1, 2, 2]);
  });

  it('take their turns in order of arrival', async () => {
    const { store, writer } = startHeld();
    const all = ofManyEquipment(60).map((reading) => writer.write([reading]));

    await store.letGoOfAll();
    await Promise.all(all);

    expect(store.arrived.flat().flatMap(valuesIn)).toEqual(Array.from({ length: 60 }, (_, i) => i));
  });

  it('of one instant do not wait for each other', async () => {
    const { store, writer } = startHeld();
    const all = [];
    for (const value of [1, 2]) {
      all.push(writer.write([aReading({ value })]));
      await settled();
    }
    const arrivedAtOnce = store.arrived.flat().flatMap(valuesIn);

    await store.letGoOfAll();
    await Promise.all(all);

    expect(arrivedAtOnce).toEqual([1, 2]);
  });
});

describe('several callers', () => {
  it('never share a block, and each block says whose it is', async () => {
    const { store, writer } = start();

    await Promise.all(
      ofOneEquipment(6).map((reading, i) => writer.write([reading], i % 2 === 0 ? 'A' : 'B')),
    );

    expect(store.putCalls).toEqual([2]);
    const blocks = store.all('EQ-1').map((block) => [block.by, valuesIn(block)]);
    expect(new Map(blocks as [string, number[]][])).toEqual(
      new Map([
        ['A', [0, 2, 4]],
        ['B', [1, 3, 5]],
      ]),
    );
  });

  it('share calls to the store, and take turns block by block', async () => {
    const { store, writer } = startHeld();
    const large = writer.write(withLongTags(200), 'A');
    const small = writer.write(ofManyEquipment(10), 'B');

    await store.letGoOfAll();
    await Promise.all([large, small]);

    expect(store.arrived[0]?.filter(({ by }) => by === 'B')).toHaveLength(10);
  });

  it('name no sender when none is given', async () => {
    const { store, writer } = start();

    await writer.write(ofOneEquipment(1));

    expect(store.all('EQ-1')[0]).not.toHaveProperty('by');
  });
});

describe('blocks that were sealed elsewhere', () => {
  const stamp = { epochMicros: Date.parse(NOW) * 1_000 + 1, source: 'elsewhere' };

  function importedBlock(sequence: number, equipmentId = 'EQ-1'): StoredBlock {
    const block = new BlockBuilder(equipmentId, HOUR, { importId: 'i-1' });
    block.add({ offsetNs: 0, values: new Map([['value', 7]]), tags: new Map(), place: sequence });
    return block.seal(stamp, undefined, { run: 1, sequence });
  }

  it('are written as they are, beside readings', async () => {
    const { store, writer } = start();
    const blocks = [importedBlock(1, 'EQ-2'), undoneMark('EQ-1', HOUR, 'i-2', 'someone')];

    const [answers] = await Promise.all([
      writer.writeBlocks(blocks),
      writer.write(ofOneEquipment(1)),
    ]);

    expect(outcomesOf(answers)).toEqual(['stored', 'stored']);
    expect(store.putCalls).toEqual([3]);
    expect(store.all('EQ-2')).toEqual([blocks[0]]);
    expect(store.all('EQ-1')).toContainEqual(blocks[1]);
  });

  it('take effect by their own stamps', async () => {
    const { store, writer } = start();
    await writer.write(ofOneEquipment(3));

    const range = { hour: HOUR, firstNs: 0, lastNs: 1e9 };
    await writer.writeBlocks([sealRemoval('EQ-1', range, {}, stamp)]);

    expect(await valuesShown(store)).toEqual([2]);
  });

  it('are never twice in one call, as marks that two people set at once', async () => {
    const { store, writer } = start();
    const mark = (by: string) => undoneMark('EQ-1', HOUR, 'i-1', by);

    const answers = await Promise.all([
      writer.writeBlocks([mark('A'), mark('A')], 'A'),
      writer.writeBlocks([mark('B')], 'B'),
    ]);

    expect(outcomesOf(answers.flat())).toEqual(allStored(3));
    expect(store.putCalls).toEqual([1, 1, 1]);
  });

  it('are sent again until their deadline, and answered one by one', async () => {
    const { store, writer } = start();
    store.failPuts(({ equipmentId }, call) => {
      if (equipmentId === 'EQ-1') return call < 3 ? 'unknown' : undefined;
      return equipmentId === 'EQ-2' ? 'not-stored' : 'refused';
    });

    const answers = await writer.writeBlocks(
      ['EQ-1', 'EQ-2', 'EQ-3'].map((equipmentId, i) => importedBlock(i + 1, equipmentId)),
    );

    expect(outcomesOf(answers)).toEqual(['stored', 'not-stored', 'refused']);
  });
});

describe('a full queue', () => {
  it.each([
    ['readings', { maxReadings: 18 }, 3],
    ['bytes', { maxBytes: 4_500 }, 3],
  ])('refuses a call as a whole by its %s, and lets smaller ones in', async (_, options, size) => {
    const { store, writer } = startHeld(options);
    const admitted = writer.write(ofOneEquipment(8));

    const refusal = writer.write(ofOneEquipment(size, 'EQ-2'));
    const smaller = writer.write(ofOneEquipment(1, 'EQ-2'));

    await expect(refusal).rejects.toMatchObject({ kind: 'overloaded', code: 'overloaded' });
    await store.letGoOfAll();
    expect(outcomesOf([...(await admitted), ...(await smaller)])).toEqual(allStored(9));
    expect(writer.counters.shed).toBe(size);
  });

  it('asks to come back in one or two seconds', async () => {
    const randoms = [0.2, 0.8];
    const { store, writer } = startHeld({ maxReadings: 1, random: () => randoms.shift() ?? 0 });
    const admitted = writer.write([aReading()]);

    const refusals = [writer.write(ofOneEquipment(1)), writer.write(ofOneEquipment(1))];

    await expect(refusals[0]).rejects.toMatchObject({ retryAfterSeconds: 1 });
    await expect(refusals[1]).rejects.toMatchObject({ retryAfterSeconds: 2 });
    await store.letGoOfAll();
    await admitted;
  });

  it('admits a call of any size while it is empty', async () => {
    const { store, writer } = startHeld({ maxReadings: 10, maxBytes: 100 });
    const all = writer.write(ofManyEquipment(60));

    await store.letGoOfAll();

    expect(outcomesOf(await all)).toEqual(allStored(60));
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
    const { store, writer } = startHeld();
    const admitted = writer.write(ofManyEquipment(30));

    let isClosed = false;
    const closed = writer.close().finally(() => {
      isClosed = true;
    });
    await settled();
    const wasClosedTooSoon = isClosed;
    await store.letGoOfAll();
    await closed;

    expect(wasClosedTooSoon).toBe(false);
    expect(outcomesOf(await admitted)).toEqual(allStored(30));
  });
});

describe('a writer whose process is to end', () => {
  it('answers within the time that is left, however large the call', async () => {
    const writer = new GroupCommit(new HeldStore(), new SystemClock());
    const startedAt = performance.now();
    writer.answerWithin(100);

    const answers = await writer.write(ofManyEquipment(1000));

    expect(new Set(outcomesOf(answers))).toEqual(new Set(['unknown', 'not-stored']));
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});

describe('a store whose calls take long', () => {
  const options = { ...GROUP_COMMIT_OPTIONS, firstCalls: 4, minCalls: 1, slowCallMs: 40 };
  const readings = ofManyEquipment(4 * 25);

  it('gets fewer of them at a time', async () => {
    const store = new WitnessedStore(() => delay(80));
    const writer = new GroupCommit(store, new SystemClock(), { options });
    await writer.write(readings);

    await writer.write(readings);

    expect(store.mostAtATime).toBeLessThan(4);
  });

  it('is told from a process that was busy when its answers came', async () => {
    const store = new WitnessedStore(() => stat('.'));
    const writer = new GroupCommit(store, new SystemClock(), { options });
    const written = writer.write(readings);
    await Promise.resolve();
    sleepSync(80);
    await written;

    await writer.write(readings);

    expect(store.mostAtATime).toBe(4);
  });
});

/** Counts the calls that it has at a time, in the second of two rounds of four. */
class WitnessedStore extends InMemoryBlockStore {
  mostAtATime = 0;
  private calls = 0;
  private now = 0;

  constructor(private readonly work: () => Promise<unknown>) {
    super();
  }

  override async putAll(blocks: readonly StoredBlock[]): Promise<readonly PutOutcome[]> {
    this.calls += 1;
    this.now += 1;
    if (this.calls > 4) this.mostAtATime = Math.max(this.mostAtATime, this.now);
    await this.work();
    this.now -= 1;
    return super.putAll(blocks);
  }
}

function sleepSync(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
