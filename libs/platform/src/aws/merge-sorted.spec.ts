import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeSorted } from './merge-sorted.js';

async function* pagesOf(pages: readonly (readonly number[])[]): AsyncGenerator<readonly number[]> {
  for (const page of pages) {
    await Promise.resolve();
    yield page;
  }
}

async function merged(sources: readonly (readonly (readonly number[])[])[]): Promise<number[]> {
  const elements: number[] = [];
  for await (const page of mergeSorted(sources.map(pagesOf), (a, b) => a - b)) {
    elements.push(...page);
  }
  return elements;
}

function cutIntoPages(elements: readonly number[], size: number): number[][] {
  const pages: number[][] = [];
  for (let at = 0; at < elements.length; at += size) pages.push(elements.slice(at, at + size));
  return pages;
}

describe('merging sorted pages', () => {
  it('of several sources gives one sorted sequence', async () => {
    const sources = [[[1, 4], [9]], [[2], [3, 10]], [[5, 6, 7, 8]]];

    expect(await merged(sources)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it('continues after pages without elements', async () => {
    expect(await merged([[[], [1], [], [3]], [[], [], [2]], [], [[]]])).toEqual([1, 2, 3]);
  });

  it('of no sources gives nothing', async () => {
    expect(await merged([])).toEqual([]);
  });

  it('loses and reorders nothing, however the elements are spread and paged', async () => {
    const spread = fc.array(fc.tuple(fc.nat({ max: 4 }), fc.nat({ max: 3 })), { maxLength: 60 });

    await fc.assert(
      fc.asyncProperty(spread, fc.integer({ min: 1, max: 7 }), async (places, pageSize) => {
        const numbers = places.map(([shard], index) => ({ shard, index }));
        const sources = [0, 1, 2, 3, 4].map((shard) =>
          cutIntoPages(
            numbers.filter((n) => n.shard === shard).map((n) => n.index),
            pageSize,
          ),
        );

        expect(await merged(sources)).toEqual(numbers.map((n) => n.index));
      }),
      { seed: 7 },
    );
  });
});
