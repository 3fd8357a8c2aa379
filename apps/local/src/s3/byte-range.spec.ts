import { describe, expect, it } from 'vitest';
import { readByteRange } from './byte-range.js';

describe('a byte range', () => {
  it.each([
    ['bytes=0-4', { first: 0, last: 4 }],
    ['bytes=3-', { first: 3, last: 9 }],
    ['bytes=-3', { first: 7, last: 9 }],
    ['bytes=-99', { first: 0, last: 9 }],
    ['bytes=9-99', { first: 9, last: 9 }],
  ])('%s of ten bytes is read', (header, range) => {
    expect(readByteRange(header, 10)).toEqual(range);
  });

  it.each(['bytes=10-', 'bytes=10-12', 'bytes=-0'])('%s of ten bytes is refused', (header) => {
    expect(readByteRange(header, 10)).toBe('unsatisfiable');
  });

  it.each([undefined, '', 'bytes=-', 'bytes=4-2', 'bytes=0-1,3-4', 'lines=1-2', 'bytes=a-b'])(
    '%s is ignored',
    (header) => {
      expect(readByteRange(header, 10)).toBe('whole');
    },
  );

  it('never fits an empty object', () => {
    expect(readByteRange('bytes=0-', 0)).toBe('unsatisfiable');
  });
});
