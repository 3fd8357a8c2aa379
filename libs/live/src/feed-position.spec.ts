import { describe, expect, it } from 'vitest';
import { parsePosition, positionText } from './feed-position.js';

describe('a place in a feed', () => {
  it.each([
    { messageId: '6f0c1bd7-6a0f-4d3b-8a52-0d2f6b3d0a11', untoldSince: undefined },
    { messageId: 'm2', untoldSince: 'm1' },
  ])('is read as it was written: %j', (position) => {
    expect(parsePosition(positionText(position))).toEqual(position);
  });

  it.each(['', '~', 'm1~', '~m1', 'm1~m2~m3', 'a b', 'ü', 'x'.repeat(65), 'm1\nm2'])(
    'is no other text: %j',
    (text) => {
      expect(parsePosition(text)).toBeUndefined();
    },
  );
});
