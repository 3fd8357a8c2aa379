import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import { ReadScheduler } from './read-scheduler.js';

const LIMITS = {
  capacity: 10,
  reservedForLight: 4,
  lightWeight: 1.5,
  perCaller: 5,
  waiting: 6,
  waitingPerCaller: 4,
  longestWaitMs: 100,
  passableMs: 30,
  small: { atOnce: 20, waiting: 60, waitingPerCaller: 30, longestWaitMs: 100 },
};

/** A read that runs until the test ends it. */
interface HeldRead {
  readonly result: Promise<string>;
  readonly end: () => void;
  readonly client: AbortController;
  readonly budget: WorkBudget;
}

describe('reads', () => {
  let scheduler: ReadScheduler;
  let begun: string[];

  beforeEach(() => {
    scheduler = new ReadScheduler(LIMITS);
    begun = [];
  });

  function read(caller: string, weight: number, name = caller): HeldRead {
    const client = new AbortController();
    const budget = new WorkBudget(client.signal, new SystemClock());
    const held = Promise.withResolvers<string>();
    // What is refused after its test has ended must not begin something in the next one.
    const beganHere = begun;
    const result = scheduler.run({ caller, weight, budget }, async () => {
      beganHere.push(name);
      return held.promise;
    });
    // Handled here; the rejection is still seen by those who await it.
    result.catch(() => undefined);
    return { result, end: () => held.resolve(name), client, budget };
  }

  async function settled(): Promise<readonly string[]> {
    await new Promise((resolve) => setImmediate(resolve));
    return begun;
  }

  it('run side by side up to the capacity, and then one after the other', async () => {
    const [first] = [read('a', 3), read('b', 3), read('c', 3)];
    expect(await settled()).toEqual(['a', 'b']);

    first?.end();

    expect(await first?.result).toBe('a');
    expect(await settled()).toEqual(['a', 'b', 'c']);
  });

  it('that are light use what is kept for them', async () => {
    for (const caller of ['a', 'b', 'c']) read(caller, 3);
    read('d', 1.5);

    expect(await settled()).toEqual(['a', 'b', 'd']);
  });

  it('of one call wait only for each other', async () => {
    for (const caller of ['a', 'b', 'c']) read(caller, 5);
    for (let i = 0; i < 30; i += 1) read('c', 1, 'one call');

    expect((await settled()).filter((name) => name === 'one call')).toHaveLength(20);
  });

  it('of one caller leave room for others, and those of all callers take turns', async () => {
    const running = read('busy', 5, 'busy 1');
    for (const name of ['busy 2', 'busy 3', 'busy 4']) read('busy', 5, name);
    const light = read('other', 1.5, 'other 1');
    read('late', 5, 'late 1');
    expect(await settled()).toEqual(['busy 1', 'other 1']);

    light.end();
    running.end();
    await settled();

    expect(begun.slice(2)).toEqual(['busy 2']);
    expect(begun).not.toContain('busy 3');
  });

  it('do not wait behind those that only wait for others of their own caller', async () => {
    scheduler = new ReadScheduler({ ...LIMITS, capacity: 20 });
    for (const name of ['busy 1', 'busy 2']) read('busy', 5, name);

    read('other', 5);

    expect(await settled()).toEqual(['busy 1', 'other']);
  });

  it('take turns by caller, whatever the order of arrival', async () => {
    const holder = read('holder', 5);
    const names = ['a 1', 'a 2', 'a 3', 'b 1', 'c 1'];
    const reads = names.map((name) => read(name.slice(0, 1), 5, name));
    const order: string[] = [];
    let current: HeldRead | undefined = holder;
    for (let turn = 0; turn < names.length; turn += 1) {
      current?.end();
      await settled();
      const name = begun.at(-1) ?? '';
      order.push(name);
      current = reads[names.indexOf(name)];
    }

    expect(order).toEqual(['a 1', 'b 1', 'c 1', 'a 2', 'a 3']);
  });

  it('that are large do not pass a larger one that waits, light ones do', async () => {
    const first = read('a', 3);
    read('b', 3);
    read('large', 5);
    read('c', 3);
    read('light', 1.5);
    expect(await settled()).toEqual(['a', 'b', 'light']);

    first.end();
    await first.result;

    expect(await settled()).toEqual(['a', 'b', 'light']);
  });

  it('that are light continue in their own part while a large one waits for long', async () => {
    read('a', 5);
    read('large', 5);
    await new Promise((resolve) => setTimeout(resolve, 40));

    for (const caller of ['b', 'c']) read(caller, 1.5, 'light');
    read('d', 1.5, 'one too many');

    expect(await settled()).toEqual(['a', 'light', 'light']);
  });

  it('that are large are not passed for long, however many light ones come', async () => {
    const light = ['a', 'b', 'c', 'd', 'e'].map((caller) => read(caller, 1.5));
    const large = read('large', 5);
    await new Promise((resolve) => setTimeout(resolve, 40));

    for (const one of light) {
      read(`after ${one.budget.cost.storeCalls}`, 1.5, 'later');
      one.end();
      await settled();
    }

    expect(begun.slice(5, 7)).toEqual(['large', 'later']);
    large.end();
  });

  it('weigh what they turn out to cost', async () => {
    const { budget } = read('a', 2);
    for (let call = 0; call < 4; call += 1) await budget.call(async () => Promise.resolve());
    read('b', 3);

    expect(await settled()).toEqual(['a']);
  });

  it('that one caller has too many of are refused to that caller', async () => {
    for (let i = 0; i < 5; i += 1) read('a', 5);

    await expect(read('a', 5).result).rejects.toMatchObject({
      kind: 'throttled',
      code: 'too-many-reads',
      retryAfterSeconds: 2,
    });
  });

  it('that all callers have too many of are refused', async () => {
    for (const caller of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) read(caller, 5);

    const overloaded = { kind: 'overloaded', code: 'reads-overloaded', retryAfterSeconds: 5 };
    await expect(read('i', 5).result).rejects.toMatchObject(overloaded);
  });

  it('that wait too long are refused, and make room', async () => {
    const running = read('a', 5);
    const waiting = read('b', 5);

    await expect(waiting.result).rejects.toMatchObject({ code: 'reads-overloaded' });
    running.end();

    expect(await settled()).toEqual(['a']);
    read('b', 5, 'b again');
    expect(await settled()).toEqual(['a', 'b again']);
  });

  it('whose client disconnects stop waiting', async () => {
    const running = read('a', 5);
    const gone = read('b', 5, 'gone');
    const next = read('c', 5, 'next');
    gone.client.abort();
    await expect(gone.result).rejects.toBe(gone.client.signal.reason);

    running.end();

    expect(await settled()).toEqual(['a', 'next']);
    next.end();
    expect(await next.result).toBe('next');
  });

  it('that fail make room like all others', async () => {
    const failing = scheduler.run(
      { caller: 'a', weight: 5, budget: read('z', 1).budget },
      async () => Promise.reject(new Error('store')),
    );
    read('b', 5);

    await expect(failing).rejects.toThrow('store');

    expect(await settled()).toContain('b');
  });
});
