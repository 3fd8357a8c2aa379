/** Does the work for each, so many at once. Throws what one throws; the others end what they have begun. */
export async function inParallel<T>(
  all: Iterable<T>,
  concurrency: number,
  work: (one: T) => Promise<void>,
): Promise<void> {
  const items = [...all];
  const remaining = items.values();
  const worker = async (): Promise<void> => {
    for (const one of remaining) await work(one);
  };
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, worker));
}
