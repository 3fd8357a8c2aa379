import { describe, expect, it } from 'vitest';
import { KeyLock } from './key-lock.js';

describe('work of one key', () => {
  it('runs in the order of its arrival, one after the other, failures included', async () => {
    const lock = new KeyLock();
    const events: string[] = [];
    const work = (name: string, fails = false) =>
      lock.run('key', async () => {
        events.push(`${name} begins`);
        await new Promise((resolve) => setImmediate(resolve));
        events.push(`${name} ends`);
        if (fails) throw new Error(name);
        return name;
      });

    const results = await Promise.allSettled([work('a'), work('b', true), work('c')]);

    expect(events).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('does not wait for work of another key', async () => {
    const lock = new KeyLock();
    const never = lock.run('one', () => new Promise(() => undefined));

    expect(await lock.run('other', async () => 'done')).toBe('done');
    expect(never).toBeInstanceOf(Promise);
  });

  it('is refused when twenty are waiting, and taken again when they are through', async () => {
    const lock = new KeyLock();
    const running = Array.from({ length: 21 }, () => lock.run('key', async () => 'done'));

    expect(lock.run('key', async () => 'done')).toBeUndefined();
    await running.at(-1);
    expect(await lock.run('key', async () => 'done')).toBe('done');
  });
});
