import { describe, expect, it } from 'vitest';
import { SharedRoom } from './shared-room.js';

describe('shared room', () => {
  it('gives half of itself to a caller alone', () => {
    const room = new SharedRoom(8);

    expect([room.take('a', 3), room.take('a', 1), room.take('a', 1)]).toEqual([true, true, false]);
    expect(room.heldByCaller('a')).toBe(4);
  });

  it('has some for each further caller, however much the others try to hold', () => {
    const room = new SharedRoom(1000);
    const callers = ['a', 'b', 'c', 'd', 'e'];

    const held = callers.map((caller) => {
      while (room.take(caller, 1));
      return room.heldByCaller(caller);
    });

    expect(held).toEqual([500, 250, 125, 63, 31]);
  });

  it('is as it was once all of it is released', () => {
    const room = new SharedRoom(8);

    for (let round = 0; round < 3; round += 1) {
      expect([room.take('a', 4), room.take('b', 2)]).toEqual([true, true]);
      room.release('a', 4);
      room.release('b', 2);
    }

    expect(room.heldByCaller('a')).toBe(0);
  });
});
