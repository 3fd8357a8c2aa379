import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SmallReads } from './small-reads.js';

const LIMITS = { atOnce: 2, waiting: 8, waitingPerCaller: 3, longestWaitMs: 10_000 };

/** A read that runs until the test ends it. */
interface HeldRead {
  readonly result: Promise<string>;
  readonly end: () => void;
  readonly client: AbortController;
}

describe('small reads', () => {
  let reads: SmallReads;
  let begun: string[];

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    reads = new SmallReads(LIMITS);
    begun = [];
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  /** Named by its caller and a number: `a 1`. */
  function read(name: string): HeldRead {
    const client = new AbortController();
    const budget = new WorkBudget(client.signal, new SystemClock());
    const held = Promise.withResolvers<string>();
    const result = reads.run({ caller: name.slice(0, 1), weight: 1, budget }, async () => {
      begun.push(name);
      return held.promise;
    });
    // Handled here; the rejection is still seen by those who await it.
    result.catch(() => undefined);
    return { result, end: () => held.resolve(name), client };
  }

  function readAll(...names: readonly string[]): ReadonlyMap<string, HeldRead> {
    return new Map(names.map((name) => [name, read(name)]));
  }

  async function settled(): Promise<readonly string[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return begun;
  }

  /** Ends them in the order in which they began, one after the other, and answers that order. */
  async function drain(all: ReadonlyMap<string, HeldRead>): Promise<readonly string[]> {
    for (let ended = 0; ended < (await settled()).length; ended += 1) {
      all.get(begun[ended] ?? '')?.end();
    }
    return begun;
  }

  it('of one caller alone use all the room at once, and the others wait', async () => {
    readAll('a 1', 'a 2', 'a 3');

    expect(await settled()).toEqual(['a 1', 'a 2']);
  });

  it('begin without waiting for anything while there is room', () => {
    read('a 1');

    expect(begun).toEqual(['a 1']);
  });

  it('take turns by caller, whatever their number and order of arrival', async () => {
    const all = readAll('a 1', 'a 2', 'a 3', 'a 4', 'a 5', 'b 1', 'b 2', 'c 1');

    const turns = 'a 1, a 2, a 3, b 1, c 1, a 4, b 2, a 5';
    expect(await drain(all)).toEqual(turns.split(', '));
  });

  it('of a caller that never stops sending do not starve others', async () => {
    const all = new Map(readAll('a 0', 'a 1', 'a 2', 'a 3', 'b 0'));

    for (let i = 4; !(await settled()).includes('b 0') && i < 20; i += 1) {
      all.get(begun.at(-1) ?? '')?.end();
      all.set(`a ${i}`, read(`a ${i}`));
    }

    expect(begun.indexOf('b 0')).toBe(3);
  });

  it('that one caller has too many of are refused to that caller alone', async () => {
    readAll('a 1', 'a 2', 'a 3', 'a 4', 'a 5');

    await expect(read('a 6').result).rejects.toMatchObject({
      kind: 'throttled',
      code: 'too-many-reads',
      retryAfterSeconds: 2,
    });
    const other = read('b 1');
    other.client.abort();
    await expect(other.result).rejects.toBe(other.client.signal.reason);
  });

  it('of several callers that send too many leave room for another one', async () => {
    const names = ['a', 'b', 'c'].flatMap((caller) =>
      [1, 2, 3, 4, 5, 6].map((i) => `${caller} ${i}`),
    );
    const all = readAll(...names, 'd 1');

    await expect(all.get('c 6')?.result).rejects.toMatchObject({ code: 'too-many-reads' });
    expect(await drain(all)).toContain('d 1');
  });

  it('that waited too long are refused, and make room for others', async () => {
    const all = new Map(readAll('a 1', 'a 2', 'a 3'));

    vi.advanceTimersByTime(10_000);

    const overloaded = { code: 'reads-overloaded', retryAfterSeconds: 5 };
    await expect(all.get('a 3')?.result).rejects.toMatchObject(overloaded);
    all.set('b 1', read('b 1'));
    expect(await drain(all)).toEqual(['a 1', 'a 2', 'b 1']);
  });

  it('whose client disconnects while they wait are skipped, without costing a turn', async () => {
    const all = new Map(readAll('a 1', 'a 2', 'b 1', 'c 1', 'b 2'));
    const gone = all.get('b 1');

    gone?.client.abort();

    await expect(gone?.result).rejects.toBe(gone?.client.signal.reason);
    expect(await drain(all)).toEqual(['a 1', 'a 2', 'b 2', 'c 1']);
  });

  it.each(['before its turn', 'in the moment of its turn'])(
    'lose no room when a client goes %s',
    async (when) => {
      for (let round = 0; round < 5; round += 1) {
        begun = [];
        const all = readAll('a 1', 'a 2', 'b 1');
        if (when === 'before its turn') all.get('b 1')?.client.abort();
        all.get('a 1')?.end();
        await all.get('a 1')?.result;
        all.get('b 1')?.client.abort();
        await drain(all);
      }

      begun = [];
      readAll('a 1', 'b 1', 'c 1');
      expect(await settled()).toEqual(['a 1', 'b 1']);
    },
  );

  it('that fail make room like all others', async () => {
    const budget = new WorkBudget(new AbortController().signal, new SystemClock());
    const failing = Array.from({ length: 2 }, async () =>
      reads.run({ caller: 'a', weight: 1, budget }, async () => Promise.reject(new Error('store'))),
    );
    read('b 1');

    await Promise.allSettled(failing);

    expect(await settled()).toEqual(['b 1']);
  });
});
