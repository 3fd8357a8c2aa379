import { array, assert, asyncProperty, constantFrom, integer, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitRecords } from '../../../../test/support/split-records.js';

const LIMITS = { maxRowBytes: 1000, maxBlockRows: 2 };

interface SeenRecord {
  readonly line: number;
  readonly text: string;
  readonly fault: string | undefined;
}

async function split(
  text: string,
  cuts: readonly number[],
  maxRowBytes = 1000,
  maxBlockRows = Infinity,
) {
  const seen: SeenRecord[] = [];
  let last = { offset: 0, line: 1 };
  async function* pieces(): AsyncGenerator<Buffer> {
    const bytes = Buffer.from(text);
    for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
      await Promise.resolve();
      const size = cuts[cut % cuts.length] ?? bytes.length;
      yield bytes.subarray(at, at + size);
      at += size;
    }
  }
  for await (const block of splitRecords(pieces(), last, ',', { maxRowBytes, maxBlockRows })) {
    expect(block.records.length).toBeLessThanOrEqual(maxBlockRows);
    for (const { start, end, line, fault, excerpt } of block.records) {
      seen.push({ line, text: (excerpt ?? block.bytes.subarray(start, end)).toString(), fault });
    }
    expect(block.next.offset).toBeGreaterThan(last.offset);
    last = block.next;
  }
  return { seen, last };
}

describe('splitting records', () => {
  it('ends lines with LF, CRLF and CR, and leaves out blank ones', async () => {
    const { seen, last } = await split('a\r\nb\rc\n\r\n  \nd', [4]);

    expect(seen.map(({ line, text }) => [line, text])).toEqual([
      [1, 'a'],
      [2, 'b'],
      [3, 'c'],
      [6, 'd'],
    ]);
    expect(last).toEqual({ offset: 13, line: 7 });
  });

  it('takes a quoted line end for part of a record only when the quote is properly closed', async () => {
    const { seen } = await split('"a\nb",1\n"c\nd\n"e"x\n', [1000]);

    expect(seen).toEqual([
      { line: 1, text: '"a\nb",1', fault: 'embedded-newline' },
      { line: 3, text: '"c', fault: 'unclosed-quote' },
      { line: 4, text: 'd', fault: undefined },
      { line: 5, text: '"e"x', fault: 'quote-malformed' },
    ]);
  });

  it('skips a row over the limit in one piece', async () => {
    const { seen, last } = await split(`a\n${'x'.repeat(5000)}\nb\n`, [64], 100);

    expect(seen.map(({ line, fault }) => [line, fault])).toEqual([
      [1, undefined],
      [2, 'row-too-long'],
      [3, undefined],
    ]);
    expect(last).toEqual({ offset: 5005, line: 4 });
  });

  it('finds the same records however the bytes are cut and however many are in a block', async () => {
    const texts = string({
      unit: constantFrom(
        'a',
        'b',
        ',',
        '"',
        '"',
        '\n',
        '\r',
        '\r\n',
        ' ',
        '",',
        '"\n',
        ',"',
        'aaaa',
      ),
      maxLength: 60,
    });
    const cuts = array(integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 });

    await assert(
      asyncProperty(
        texts,
        cuts,
        integer({ min: 1, max: 40 }),
        integer({ min: 1, max: 4 }),
        async (text, sizes, limit, rows) => {
          const whole = await split(text, [], limit);
          const cut = await split(text, sizes, limit, rows);
          expect(cut.seen.map(brief)).toEqual(whole.seen.map(brief));
          expect(cut.last).toEqual(whole.last);
        },
      ),
      {
        numRuns: 5000,
        // Both failed once: what a quote behind the limit means hung on the bytes at hand.
        examples: [
          ['"\n","', [1], 2, 4],
          ['a"\n"\n","', [1], 2, 4],
        ],
      },
    );
  });

  it('goes on at any of its places as if it had never stopped', async () => {
    const text = 'a,1\n"b\nc",2\r\n\n"open,3\nd,4\r"e" ,5\nf';
    const whole = await split(text, []);
    const places: { offset: number; line: number }[] = [];
    async function* bytewise(): AsyncGenerator<Buffer> {
      for (const byte of Buffer.from(text)) {
        await Promise.resolve();
        yield Buffer.from([byte]);
      }
    }
    for await (const { next } of splitRecords(bytewise(), { offset: 0, line: 1 }, ',', LIMITS)) {
      places.push(next);
    }

    for (const place of places) {
      const rest: number[] = [];
      async function* tail(): AsyncGenerator<Buffer> {
        await Promise.resolve();
        yield Buffer.from(text).subarray(place.offset);
      }
      for await (const block of splitRecords(tail(), place, ',', LIMITS)) {
        rest.push(...block.records.map(({ line }) => line));
      }
      expect(rest).toEqual(whole.seen.map(({ line }) => line).filter((line) => line >= place.line));
    }
    expect(places.length).toBeGreaterThan(4);
  });
});

/** How much of a long row is kept for the report may differ. */
function brief({ line, text, fault }: SeenRecord) {
  return fault === 'row-too-long' ? { line, fault } : { line, text, fault };
}
