import { DomainError } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { decodeCursor, encodeCursor } from './cursor.js';

const query = { equipmentId: 'EQ-1', from: null, order: 'asc' };

describe('a cursor', () => {
  it('gives its position back to the query that it was made for', () => {
    const cursor = encodeCursor(query, ['2023-02-15T06', 'EQ-1']);

    expect(decodeCursor(cursor, { order: 'asc', from: null, equipmentId: 'EQ-1' })).toEqual([
      '2023-02-15T06',
      'EQ-1',
    ]);
  });

  it('is refused by another query', () => {
    const cursor = encodeCursor(query, ['x']);

    expect(() => decodeCursor(cursor, { ...query, order: 'desc' })).toThrow(DomainError);
  });

  it.each(['', 'x', '!!!', 'e30', 'WzFd', 'W10', 'A'.repeat(5000)])(
    'is refused when it is none of ours: %s',
    (cursor) => {
      expect(() => decodeCursor(cursor, query)).toThrow(/cursor/i);
    },
  );
});
