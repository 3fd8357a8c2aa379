import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  blockKeyText,
  keysOfSpan,
  marksOf,
  parseBlockKey,
  parseUndoneMarkKey,
  SPANS,
  spanOf,
  timeCoveredBy,
  undoneMarkKey,
  type BlockKey,
} from './block-key.js';
import { HOUR_NS } from './hour-time.js';
import { compareStamps } from './stamp.js';

const anOffset = fc.oneof(
  fc.integer({ min: 0, max: HOUR_NS - 1 }),
  fc.integer({ min: 0, max: 3599 }).map((seconds) => seconds * 1e9),
  fc.constantFrom(0, 1, 100, 10e6, 500e6, 738e9, 738e9 + 1, 738e9 + 100, 738e9 + 120),
);
const aKey: fc.Arbitrary<BlockKey> = fc
  .record({
    hour: fc.constantFrom('1970-01-01T00', '2026-11-30T08', '2026-11-30T09', '9999-12-31T23'),
    span: fc.constantFrom(...SPANS),
    lastNs: anOffset,
    stamp: fc.record({
      epochMicros: fc.oneof(fc.nat(), fc.integer({ min: 1e15, max: 1e15 + 9 })),
      source: fc.constantFrom('0', 'a', '0190a0a0-0000-7000-8000-000000000001'),
    }),
    part: fc.option(fc.record({ run: fc.integer({ min: 1, max: 30 }), sequence: fc.nat() }), {
      nil: undefined,
    }),
  })
  .map(({ part, ...key }) => (part ? Object.assign(key, { part }) : key));

describe('the key of a block', () => {
  it('says all that it was made of', () => {
    fc.assert(
      fc.property(aKey, (key) => {
        expect(parseBlockKey(blockKeyText(key))).toEqual(key);
      }),
    );
  });

  it('sorts as text by hour, span with the wide first, last instant and stamp', () => {
    fc.assert(
      fc.property(aKey, aKey, (a, b) => {
        const order = compareKeys(a, b);
        fc.pre(order !== 0);

        expect(blockKeyText(a) < blockKeyText(b)).toBe(order < 0);
      }),
      { numRuns: 5000 },
    );
  });

  it('is in the range of its span exactly when its last instant is', () => {
    fc.assert(
      fc.property(aKey, anOffset, anOffset, (key, fromNs, toNs) => {
        const { from, to } = keysOfSpan(key.hour, key.span, fromNs, toNs);
        const text = blockKeyText(key);

        expect(text >= from && text < to).toBe(key.lastNs >= fromNs && key.lastNs < toNs);
      }),
      { numRuns: 2000 },
    );
  });

  it('is legible', () => {
    const stamp = { epochMicros: 0, source: 'abc' };

    const text = blockKeyText({ hour: '2026-11-30T08', span: 's', lastNs: 738_250_000_000, stamp });

    expect(text).toBe('2026-11-30T08#s#12:18.25#00000000000abc');
  });

  it.each([
    '',
    '2026-11-30T08',
    '2026-11-30T24#s#12:18#00000000000abc',
    '2026-11-30T08#x#12:18#00000000000abc',
    '2026-11-30T08#s#12:60#00000000000abc',
    '2026-11-30T08#s#12:18#0000000000',
    '2026-11-30T08#s#12:18#00000000000ABC',
    '2026-11-30T08#s#12:18#00000000000abc#',
    '2026-11-30T08#s#12:18#00000000000abc.0.1',
  ])('is not made up from other text: %s', (text) => {
    expect(parseBlockKey(text)).toBeUndefined();
  });
});

describe('the key of the mark of an undone import', () => {
  it('sorts before all blocks of its hour, among the marks', () => {
    const key = undoneMarkKey('2026-11-30T08', 'an-import');
    const { from, to } = marksOf('2026-11-30T08');

    expect(key >= from && key < to).toBe(true);
    expect(key < keysOfSpan('2026-11-30T08', 'h', 0, HOUR_NS).from).toBe(true);
    expect(parseUndoneMarkKey(key)).toEqual({ hour: '2026-11-30T08', importId: 'an-import' });
    expect(parseBlockKey(key)).toBeUndefined();
  });
});

describe('the time that a key covers', () => {
  it.each([
    ['2026-11-30T08#s#12:18.5#00000000000abc', '12:17.500000000', '12:18.500000000'],
    ['2026-11-30T08#m#12:18#00000000000abc', '09:18.000000000', '12:18.000000000'],
    ['2026-11-30T08#m#02:00#00000000000abc', '00:00.000000000', '02:00.000000000'],
    ['2026-11-30T08#h#59:59#00000000000abc', '00:00.000000000', '59:59.000000000'],
    ['2026-11-30T08#!undone#an-import', '00:00.000000000', '59:59.999999999'],
  ])('holds every instant that a block under it can have: %s', (key, first, last) => {
    expect(timeCoveredBy(key)).toEqual({
      first: `2026-11-30T08:${first}Z`,
      last: `2026-11-30T08:${last}Z`,
    });
  });

  it('is none for other text', () => {
    expect(timeCoveredBy('2026-11-30T08:12:18.000000000Z')).toBeUndefined();
  });
});

describe('the span of a block', () => {
  it.each([
    [0, 's'],
    [1e9, 's'],
    [1e9 + 1, 'm'],
    [180e9, 'm'],
    [180e9 + 1, 'h'],
    [HOUR_NS - 1, 'h'],
  ] as const)('is that of %d ns between its first and its last instant: %s', (spannedNs, span) => {
    expect(spanOf(0, spannedNs)).toBe(span);
  });
});

function compareKeys(a: BlockKey, b: BlockKey): number {
  if (a.hour !== b.hour) return a.hour < b.hour ? -1 : 1;
  if (a.span !== b.span) return SPANS.indexOf(a.span) - SPANS.indexOf(b.span);
  return a.lastNs - b.lastNs || compareStamps(a.stamp, b.stamp);
}
