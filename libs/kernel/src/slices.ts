import { setImmediate as immediate } from 'node:timers/promises';

/** Long enough that waiting in between costs little, short enough that nobody notices a slice. */
const SLICE_MS = 10;

let lastTurn: Promise<unknown> = Promise.resolve();

/** Of all who wait, one goes on in each round of the event loop: many at a time hold it no longer than one. */
function nextTurn(): Promise<unknown> {
  lastTurn = lastTurn.then(() => immediate());
  return lastTurn;
}

/**
 * Does long work item by item and lets the event loop serve others every few milliseconds. What takes
 * less is done at once. Ends with the first error that `items` or `work` throws.
 */
export async function forEachInSlices<T>(
  items: Iterable<T>,
  work: (item: T) => void,
): Promise<void> {
  let sliceEnd = performance.now() + SLICE_MS;
  for (const item of items) {
    work(item);
    if (performance.now() < sliceEnd) continue;
    await nextTurn();
    sliceEnd = performance.now() + SLICE_MS;
  }
}
