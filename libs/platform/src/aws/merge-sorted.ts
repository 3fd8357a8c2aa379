interface Source<T> {
  readonly iterator: AsyncIterator<readonly T[]>;
  readonly page: readonly T[];
}

/**
 * One sorted sequence of pages from several, each sorted and without equals between them. Holds one
 * page of each source, and fetches the next pages of exhausted ones at the same time.
 */
export async function* mergeSorted<T>(
  sources: readonly AsyncIterable<readonly T[]>[],
  compare: (a: T, b: T) => number,
): AsyncGenerator<readonly T[]> {
  const opened = sources.map((source) => ({ iterator: source[Symbol.asyncIterator](), page: [] }));
  let live: readonly Source<T>[] = await refill<T>(opened);
  while (live.length > 0) {
    // Nothing that is still to be fetched comes before the smallest of the pages' last elements.
    const bound = live
      .flatMap(({ page }) => page.slice(-1))
      .reduce((a, b) => (compare(a, b) <= 0 ? a : b));
    const split = live.map(({ iterator, page }) => {
      const end = countUpTo(page, bound, compare);
      return { iterator, taken: page.slice(0, end), page: page.slice(end) };
    });
    yield split.flatMap(({ taken }) => taken).sort(compare);
    live = await refill(split);
  }
}

/** The sources that have something left, with a page of it. */
async function refill<T>(sources: readonly Source<T>[]): Promise<readonly Source<T>[]> {
  const refilled = await Promise.all(
    sources.map(async ({ iterator, page }) => ({
      iterator,
      page: page.length > 0 ? page : await nextPage(iterator),
    })),
  );
  return refilled.filter(({ page }) => page.length > 0);
}

/** Skips pages without elements, which DynamoDB gives when a filter or a limit cuts them. */
async function nextPage<T>(iterator: AsyncIterator<readonly T[]>): Promise<readonly T[]> {
  for (;;) {
    const { done, value } = await iterator.next();
    if (done === true) return [];
    if (value.length > 0) return value;
  }
}

function countUpTo<T>(page: readonly T[], bound: T, compare: (a: T, b: T) => number): number {
  const beyond = page.findIndex((element) => compare(element, bound) > 0);
  return beyond === -1 ? page.length : beyond;
}
