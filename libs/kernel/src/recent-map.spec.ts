import { describe, expect, it } from 'vitest';
import { RecentMap } from './recent-map.js';

describe('a map of what is recent', () => {
  it('keeps what is asked for, and forgets the rest', () => {
    const map = new RecentMap<string, number>(10);
    map.set('kept', 1);
    map.set('forgotten', 2);

    for (let n = 0; n < 100; n += 1) {
      map.set(`other-${n}`, n);
      map.get('kept');
    }

    expect([map.get('kept'), map.get('forgotten')]).toEqual([1, undefined]);
  });

  it('holds at most two generations, whatever is asked for', () => {
    const map = new RecentMap<number, number>(10);
    for (let n = 0; n < 1000; n += 1) {
      map.set(n, n);
      for (let asked = 0; asked <= n; asked += 1) map.get(asked);
    }

    const held = Array.from({ length: 1000 }, (_, n) => n).filter((n) => map.get(n) !== undefined);

    expect(held.length).toBeLessThanOrEqual(20);
  });

  it('weighs what it holds, also what grew', () => {
    const map = new RecentMap<string, { size: number }>(10, ({ size }) => size);
    map.set('a', { size: 1 });
    map.weighMore(9);
    map.set('b', { size: 10 });

    expect(map.get('a')).toBeUndefined();
    expect(map.get('b')).toEqual({ size: 10 });
  });

  it('forgets what is deleted in either generation', () => {
    const map = new RecentMap<string, number>(2);
    map.set('old', 1);
    map.set('older', 1);
    map.set('young', 1);

    map.delete('old');
    map.delete('young');

    expect([map.get('old'), map.get('young'), map.get('older')]).toEqual([undefined, undefined, 1]);
  });
});
