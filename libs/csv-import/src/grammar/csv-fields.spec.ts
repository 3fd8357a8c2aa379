import { assert, asyncProperty, constantFrom, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readFields } from './csv-fields.js';
import { splitRecords } from '../../../../test/support/split-records.js';

const LIMITS = { maxRowBytes: 1000, maxBlockRows: Infinity };

async function blocksOf(text: string, delimiter: string) {
  async function* pieces(): AsyncGenerator<Buffer> {
    await Promise.resolve();
    yield Buffer.from(text);
  }
  const blocks = [];
  for await (const block of splitRecords(pieces(), { offset: 0, line: 1 }, delimiter, LIMITS)) {
    blocks.push(block);
  }
  return blocks;
}

describe('the fields of records', () => {
  it.each([
    [
      'a,b\r\nc,d\r',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
    [
      '"a,1","b""2"\n"" , x\n',
      [
        ['a,1', 'b"2'],
        ['', ' x'],
      ],
    ],
    ['a,"b"  ', [['a', 'b']]],
    ['\ufeffa,b', [['\ufeffa', 'b']]],
    ['a"b,c', [['a"b', 'c']]],
  ])('of %j', async (text, expected) => {
    const blocks = await blocksOf(text, ',');

    const fields = blocks.flatMap((block) => readFields(block, ','));

    expect(fields).toEqual(expected.map((row) => ({ ok: true, fields: row })));
  });

  it('are the same whether a block is read at once or record by record', async () => {
    const units = [
      'a',
      '1',
      ',',
      '"',
      '"',
      '\n',
      '\r',
      ' ',
      '",',
      '"\n',
      ',"',
      '""',
      '\ufeff',
      ';',
      '\t',
    ];
    const texts = string({ unit: constantFrom(...units), maxLength: 40 });

    await assert(
      asyncProperty(texts, constantFrom(',', ';', '\t'), async (text, delimiter) => {
        for (const block of await blocksOf(text, delimiter)) {
          const alone = block.records.flatMap((record) =>
            readFields({ ...block, records: [record] }, delimiter),
          );
          expect(readFields(block, delimiter)).toEqual(alone);
        }
      }),
      { numRuns: 20_000 },
    );
  });
});
