import { setImmediate as immediate } from 'node:timers/promises';
import { DomainError } from './domain-error.js';
import { SharedRoom } from './shared-room.js';

/** Long enough that waiting in between costs little, short enough that nobody notices a slice. */
const SLICE_MS = 10;
/** Each may hold megabytes while it waits; of those that take no more than a slice, none does. */
const MAX_JOBS = 32;

const jobs = new SharedRoom(MAX_JOBS);
let lastTurn: Promise<unknown> = Promise.resolve();

/** Of all who wait, one goes on in each round of the event loop: many at a time hold it no longer than one. */
export function nextTurn(): Promise<unknown> {
  lastTurn = lastTurn.then(() => immediate());
  return lastTurn;
}

/**
 * Does long work item by item and lets the event loop serve others every few milliseconds. What takes
 * less is done at once. Ends with the first error that `items` or `work` throws, and with DomainError
 * `overloaded` when 32 others are under way, or as many of the same caller as it leaves free: one alone
 * gets half, so that there is always room for another.
 */
export async function forEachInSlices<T>(
  items: Iterable<T>,
  work: (item: T) => void,
  callerId: string,
): Promise<void> {
  const remaining = Iterator.from(items);
  if (workForASlice(remaining, work)) return;
  if (!jobs.take(callerId, 1)) throw overloaded();
  try {
    do await nextTurn();
    while (!workForASlice(remaining, work));
  } finally {
    jobs.release(callerId, 1);
  }
}

/** Whether nothing remains. */
function workForASlice<T>(remaining: Iterator<T>, work: (item: T) => void): boolean {
  const end = performance.now() + SLICE_MS;
  for (let next = remaining.next(); next.done !== true; next = remaining.next()) {
    work(next.value);
    if (performance.now() >= end) return false;
  }
  return true;
}

function overloaded(): DomainError {
  return new DomainError(
    'overloaded',
    'overloaded',
    'Too many large requests are being read; nothing of this one was done. Send it again.',
    { retryAfterSeconds: 1 },
  );
}
