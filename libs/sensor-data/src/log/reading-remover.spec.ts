import { DomainError, SystemClock, WorkBudget, type Instant } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryBlockStore } from '../../../../test/support/in-memory-block-store.js';
import { anInstant } from '../../../../test/support/readings.js';
import type { PutOutcome } from './block-store.js';
import type { StoredBlock } from './block.js';
import { hourOf, offsetOf } from './hour-time.js';
import { LogReader } from './log-reader.js';
import { packRows } from './pack-rows.js';
import { instantRange, ReadingRemover, type BlockWriter } from './reading-remover.js';
import { StampClock, type Stamp } from './stamp.js';

const EQUIPMENT = 'EQ-1';
const ADMIN = 'ann';
const EXPIRES_AT = 1_900_000_000;
const REMOVED = { removed: true, rest: undefined };
const NOTHING = { removed: false, rest: undefined };

function start(outcomes: (PutOutcome | Error)[] = [], onWrite: () => void = () => undefined) {
  const store = new InMemoryBlockStore();
  const clock = new FixedClock('2026-11-30T12:00:00Z');
  const stamps = new StampClock(clock);
  const reader = new LogReader(store);
  const sent: StoredBlock[] = [];
  const writer: BlockWriter = {
    async writeBlocks(blocks) {
      sent.push(...blocks);
      onWrite();
      const outcome = outcomes.shift() ?? 'stored';
      if (outcome instanceof Error) throw outcome;
      if (outcome === 'stored') await store.putAll(blocks);
      return blocks.map(() => ({ outcome }));
    },
  };
  const remover = new ReadingRemover(reader, writer, stamps, () => EXPIRES_AT);
  /** Of another process. */
  const other = new ReadingRemover(reader, writer, new StampClock(clock), () => EXPIRES_AT);
  const write = (
    text: string,
    values: Readonly<Record<string, number>>,
    stamp?: Stamp,
    tags: Readonly<Record<string, string>> = {},
  ) => {
    const timestamp = anInstant(text);
    const row = {
      offsetNs: offsetOf(timestamp),
      values: new Map(Object.entries(values)),
      tags: new Map(Object.entries(tags)),
    };
    for (const { block } of packRows(EQUIPMENT, hourOf(timestamp), {}, [row])) {
      store.put(block.seal(stamp ?? stamps.next()));
    }
  };
  const standing = async () => {
    const found: (readonly [
      Instant,
      Readonly<Record<string, number>>,
      Readonly<Record<string, string>>,
    ])[] = [];
    for await (const { readings } of reader.read({ equipmentId: EQUIPMENT, order: 'asc' })) {
      for (const { timestamp, values, tags } of readings) {
        found.push([timestamp, Object.fromEntries(values), Object.fromEntries(tags)]);
      }
    }
    return found;
  };
  return { clock, stamps, remover, other, write, standing, sent };
}

describe('removing readings', () => {
  it('removes one instant, and no nanosecond beside it', async () => {
    const { remover, write, standing, sent } = start();
    write('2026-11-30T08:00:00.000000001Z', { value: 1 });
    write('2026-11-30T08:00:00.000000002Z', { value: 2 });
    write('2026-11-30T08:00:00.000000003Z', { value: 3 });
    const instant = instantRange(anInstant('2026-11-30T08:00:00.000000002Z'));

    expect(await remover.remove({ equipmentId: EQUIPMENT, ...instant }, ADMIN)).toEqual(REMOVED);

    expect((await standing()).map(([, { value }]) => value)).toEqual([1, 3]);
    expect(sent).toMatchObject([{ by: ADMIN, expiresAtEpochSeconds: EXPIRES_AT }]);
  });

  it('removes one metric of an instant, and leaves the others', async () => {
    const { remover, write, standing } = start();
    write('2026-11-30T08:00:00Z', { temperature: 1, pressure: 2 });
    const instant = instantRange(anInstant('2026-11-30T08:00:00Z'));
    const range = { equipmentId: EQUIPMENT, ...instant, metric: 'temperature' };

    expect(await remover.remove(range, ADMIN)).toEqual(REMOVED);
    expect(await remover.remove(range, ADMIN)).toEqual(NOTHING);

    expect((await standing()).map(([, values]) => values)).toEqual([{ pressure: 2 }]);
  });

  it('removes a range over hours, its end excluded, by one block for each hour that has something', async () => {
    const { remover, write, standing, sent } = start();
    for (const minute of [10, 20, 70, 250, 300]) {
      write(new Date(Date.UTC(2026, 10, 30, 6, minute)).toISOString(), { value: minute });
    }
    const range = {
      equipmentId: EQUIPMENT,
      from: anInstant('2026-11-30T06:20:00Z'),
      to: anInstant('2026-11-30T11:00:00Z'),
    };

    expect(await remover.remove(range, ADMIN)).toEqual(REMOVED);

    expect((await standing()).map(([, { value }]) => value)).toEqual([10, 300]);
    expect(sent.map(({ key }) => key.slice(0, 13))).toEqual([
      '2026-11-30T06',
      '2026-11-30T07',
      '2026-11-30T10',
    ]);
  });

  it('writes nothing where there is nothing to remove', async () => {
    const { remover, write, sent } = start();
    write('2026-11-30T08:00:00Z', { value: 1 });
    const elsewhere = instantRange(anInstant('2026-11-30T08:00:01Z'));

    expect(await remover.remove({ equipmentId: EQUIPMENT, ...elsewhere }, ADMIN)).toEqual(NOTHING);
    expect(sent).toEqual([]);
  });

  it('outranks what a process with a faster clock wrote, and not what comes later', async () => {
    const { clock, stamps, remover, write, standing } = start();
    const aheadMicros = (clock.nowEpochMs() + 900) * 1000;
    write('2026-11-30T08:00:00Z', { value: 1 }, { epochMicros: aheadMicros, source: 'z' });
    const range = { equipmentId: EQUIPMENT, ...instantRange(anInstant('2026-11-30T08:00:00Z')) };

    await remover.remove(range, ADMIN);
    const whileRemoved = await standing();
    write('2026-11-30T08:00:00Z', { value: 2 }, stamps.next());

    expect(whileRemoved).toEqual([]);
    expect((await standing()).map(([, { value }]) => value)).toEqual([2]);
  });

  it('removes tags, too, even if the value that came with them was removed earlier', async () => {
    const { clock, stamps, remover, other, write, standing } = start();
    const ahead = { epochMicros: (clock.nowEpochMs() + 900) * 1000, source: 'z' };
    const range = { equipmentId: EQUIPMENT, ...instantRange(anInstant('2026-11-30T08:00:00Z')) };
    write('2026-11-30T08:00:00Z', { temperature: 1 }, ahead, { lot: '7' });
    write('2026-11-30T08:00:00Z', { pressure: 2 });
    await other.remove({ ...range, metric: 'temperature' }, ADMIN);

    await remover.remove(range, ADMIN);
    write('2026-11-30T08:00:00Z', { pressure: 3 }, stamps.next());

    expect(await standing()).toEqual([[range.from, { pressure: 3 }, {}]]);
  });

  it('removes nothing whose stamp is over a minute ahead', async () => {
    const { clock, remover, write, sent } = start();
    const aheadMicros = (clock.nowEpochMs() + 61_000) * 1000;
    write('2026-11-30T08:00:00Z', { value: 1 }, { epochMicros: aheadMicros, source: 'z' });
    const range = { equipmentId: EQUIPMENT, ...instantRange(anInstant('2026-11-30T08:00:00Z')) };

    await expect(remover.remove(range, ADMIN)).rejects.toMatchObject({ code: 'clock-behind' });
    expect(sent).toEqual([]);
  });

  describe('more than its budget allows', () => {
    /** Spent after its first call. */
    const aSmallBudget = (signal = new AbortController().signal) =>
      new WorkBudget(signal, new SystemClock(), { storeCalls: 1, ms: Infinity });
    const range = {
      equipmentId: EQUIPMENT,
      from: anInstant('2026-11-30T06:00:00Z'),
      to: anInstant('2026-11-30T09:00:00Z'),
    };
    const all = Array.from({ length: 300 }, (_, n) => n);
    const writeAll = (write: ReturnType<typeof start>['write']) => {
      for (const n of all) {
        write(new Date(Date.UTC(2026, 10, 30, 6) + n * 30_000).toISOString(), { value: n });
      }
    };

    it('removes what it has read and names the rest, so that repeating it removes everything', async () => {
      const { remover, write, standing } = start();
      writeAll(write);
      const left: number[] = [];

      for (let rest = range; ;) {
        const outcome = await remover.remove(rest, ADMIN, aSmallBudget());
        left.push((await standing()).length);
        expect(outcome.removed).toBe(true);
        if (outcome.rest === undefined) break;
        const [first] = (await standing())[0] ?? [];
        expect(first !== undefined && first >= outcome.rest).toBe(true);
        rest = { ...rest, from: outcome.rest };
      }

      expect(left.length).toBeGreaterThan(2);
      expect(left.at(-1)).toBe(0);
    });

    it('writes nothing more for a client that has gone', async () => {
      const client = new AbortController();
      const { remover, write, standing, sent } = start([], () => client.abort());
      writeAll(write);
      const budget = new WorkBudget(client.signal, new SystemClock());

      await expect(remover.remove(range, ADMIN, budget)).rejects.toMatchObject({
        name: 'AbortError',
      });

      expect(sent).toHaveLength(1);
      expect((await standing()).length).toBe(all.length - 120);
    });
  });

  const OVERLOADED = new DomainError('overloaded', 'overloaded', 'None of it is stored.', {
    retryAfterSeconds: 3,
  });
  const UP_TO_NINE = 'Everything before 2026-11-30T09:00Z was removed; nothing from there on';

  it.each([
    [['not-stored'], 'write-not-accepted', 'nothing was removed'],
    [['clock-wrong'], 'server-clock-wrong', 'Nothing was removed'],
    [['unknown'], 'outcome-unknown', 'it may have happened'],
    [[OVERLOADED], 'overloaded', 'None of it is stored.'],
    [['stored', 'not-stored'], 'outcome-unknown', UP_TO_NINE],
    [['stored', 'unknown'], 'outcome-unknown', 'whether that hour was removed is not known'],
    [['stored', 'clock-wrong'], 'server-clock-wrong', UP_TO_NINE],
    [['stored', OVERLOADED], 'overloaded', UP_TO_NINE],
  ] as const)(
    'says what is known when the store does not confirm: %j',
    async (outcomes, code, detail) => {
      const { remover, write } = start([...outcomes]);
      write('2026-11-30T08:00:00Z', { value: 1 });
      write('2026-11-30T09:00:00Z', { value: 1 });

      await expect(remover.remove(TWO_HOURS, ADMIN)).rejects.toMatchObject({
        code,
        message: expect.stringContaining(detail),
      });
    },
  );

  it('says what is removed already when a later hour has a stamp over a minute ahead', async () => {
    const { clock, remover, write } = start();
    const aheadMicros = (clock.nowEpochMs() + 61_000) * 1000;
    write('2026-11-30T08:00:00Z', { value: 1 });
    write('2026-11-30T09:00:00Z', { value: 1 }, { epochMicros: aheadMicros, source: 'z' });

    await expect(remover.remove(TWO_HOURS, ADMIN)).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'clock-behind',
      message: expect.stringContaining(UP_TO_NINE),
      retryAfterSeconds: 10,
    });
  });
});

const TWO_HOURS = {
  equipmentId: EQUIPMENT,
  from: anInstant('2026-11-30T08:00:00Z'),
  to: anInstant('2026-11-30T10:00:00Z'),
};
