import { array, assert, asyncProperty, integer } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UnreadText } from './unread-text.js';

async function* chunksOf(sizes: readonly number[], error?: Error): AsyncGenerator<Buffer> {
  let next = 0;
  for (const size of sizes) {
    await Promise.resolve();
    yield Buffer.from(Array.from({ length: size }, () => next++ % 251));
  }
  if (error) throw error;
}

describe('text that was not read yet', () => {
  it('comes in pieces, however it arrives and whatever of it is used', async () => {
    const sizes = array(integer({ min: 0, max: 40 }), { maxLength: 12 });
    const uses = array(integer({ min: 0, max: 30 }), { minLength: 1 });

    await assert(
      asyncProperty(sizes, integer({ min: 1, max: 20 }), uses, async (chunks, piece, counts) => {
        const text = new UnreadText(chunksOf(chunks), piece);
        const seen: number[] = [];
        for (let turn = 0; !text.isLast; turn += 1) {
          const { length } = text.bytes;
          await text.read();
          const added = text.bytes.length - length;
          expect(text.isLast ? added <= piece : added === piece).toBe(true);
          const used = Math.min(counts[turn % counts.length] ?? 0, text.bytes.length);
          seen.push(...text.bytes.subarray(0, used));
          text.use(used);
        }

        seen.push(...text.bytes);
        expect(Buffer.from(seen)).toEqual(Buffer.concat(await Array.fromAsync(chunksOf(chunks))));
      }),
      { numRuns: 500 },
    );
  });

  it('ends with the fault of its source, behind what came before', async () => {
    const text = new UnreadText(chunksOf([3, 2], new Error('torn')), 4);

    await text.read();
    await text.read();

    expect([...text.bytes]).toEqual([0, 1, 2, 3, 4]);
    expect(text.isLast).toBe(false);
    await expect(text.read()).rejects.toThrow('torn');
  });
});
