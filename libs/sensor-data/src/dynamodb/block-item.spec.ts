import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { describe, expect, it } from 'vitest';
import { itemSize, writeUnits } from '../../../../test/support/dynamodb-item-size.js';
import { longest, series, usual, wide } from '../../../../test/support/log-rows.js';
import type { LogRow } from '../log/block-builder.js';
import { MAX_BLOCK_BYTES } from '../log/block-size.js';
import type { StoredBlock } from '../log/block.js';
import { packRows } from '../log/pack-rows.js';
import { blockItemJson } from './block-item.js';

const EQUIPMENT = 'LINE-1:PUMP-0042';
const HOUR = '2026-11-30T08';
const STAMP = { epochMicros: 1_764_489_600_123_456, source: '0123456789' };
const USER = { by: '6d0e9c1a-0000-4000-8000-1234567890ab' };
const MINUTE_NS = 60e9;

describe('what DynamoDB bills for a block', () => {
  it.each([
    ['60 readings of usual length, one a minute', series(60, MINUTE_NS, usual), 1],
    ['50 of 17 digits, one a second', series(50, 1e9, longest), 1],
    ['50 of 17 digits at irregular milliseconds', series(50, 1_002e6 + 7e6, longest, 13e6), 1],
    ['one reading', series(1, 1, usual), 1],
    ['one reading of 64 metrics of usual names and length', [wide(64, 10)], 2],
  ])('fits into as few write units as it should: %s', (_name, rows, units) => {
    const blocks = packed(rows, USER);

    expect(blocks).toHaveLength(1);
    expect(writeUnits(sizeOf(blocks[0]))).toBe(units);
  });

  it('holds at most four kilobytes, and one where it spans more than three minutes', () => {
    const dense = packed(series(3000, 100e6, longest), USER);
    const wideBlocks = packed(series(1800, 2e9, longest), USER);

    expect(Math.max(...dense.map(sizeOf))).toBeLessThanOrEqual(MAX_BLOCK_BYTES);
    expect(dense.every(({ key }) => key.includes('#m#'))).toBe(true);
    expect(dense.length).toBeLessThan(20);
    const spanning = wideBlocks.filter(({ key }) => key.includes('#h#'));
    expect(Math.max(...spanning.map(sizeOf), 0)).toBeLessThanOrEqual(1024);
  });

  it('is at most a kilobyte, or four, for the blocks of an import too', () => {
    const importId = '0190a0a0-0000-7000-8000-000000000001';
    const part = { run: 12, sequence: 1_234_567 };
    const stamp = { ...STAMP, source: importId };
    const sizes = (everyNs: number, jitterNs: number) => {
      const rows = series(400, everyNs, usual, jitterNs).map((row, index) =>
        // Far apart and irregular, as in a file of many equipment.
        Object.assign(row, { place: 1_000_000 + index * 5000 + (index % 7) }),
      );
      return packRows(EQUIPMENT, HOUR, { ...USER, importId }, rows).map(({ block }) =>
        sizeOf(block.seal(stamp, 1_900_000_000, part)),
      );
    };

    for (const jitterNs of [0, 1_234_567, 123_456_789]) {
      expect(Math.max(...sizes(8e9, jitterNs))).toBeLessThanOrEqual(1024);
      expect(Math.max(...sizes(400e6 + 1, jitterNs))).toBeLessThanOrEqual(MAX_BLOCK_BYTES);
    }
  });

  it.each([usual, longest])('is at most four kilobytes, whatever the instants', (valueOf) => {
    for (const jitterNs of [0, 1, 1_000, 13e6, 7e9]) {
      const blocks = packed(series(400, 8e9, valueOf, jitterNs), USER);

      expect(Math.max(...blocks.map(sizeOf))).toBeLessThanOrEqual(MAX_BLOCK_BYTES);
    }
  });
});

function packed(rows: readonly LogRow[], origin: { readonly by?: string }): readonly StoredBlock[] {
  return packRows(EQUIPMENT, HOUR, origin, rows).map(({ block }) => block.seal(STAMP));
}

function sizeOf(block: StoredBlock | undefined): number {
  if (!block) throw new RangeError('no block');
  const item: Record<string, AttributeValue> = JSON.parse(blockItemJson(block));
  return itemSize(item);
}
