import { expect, it } from 'vitest';
import { sparklinePath } from './sparkline-path.ts';

const SIZE = { width: 40, height: 10 };

it.each([
  ['nothing', [null, null], ''],
  ['one value', [5], 'M0 5h0'],
  ['a flat line', [5, 5], 'M0 5L40 5'],
  ['a rise', [0, 1, 2], 'M0 10L20 5L40 0'],
  ['a gap, which is never drawn over', [0, 1, null, 1, 2], 'M0 10L10 5M30 5L40 0'],
  ['a value between gaps', [0, null, 2, null, 0], 'M0 10h0M20 0h0M40 10h0'],
])('%s becomes a path', (_, values, path) => {
  expect(sparklinePath(values, SIZE)).toBe(path);
});
