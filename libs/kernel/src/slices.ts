import { setImmediate as immediate } from 'node:timers/promises';
import { DomainError } from './domain-error.js';
import { SharedRoom } from './shared-room.js';

/** Long enough that the pauses cost little, short enough that other requests do not notice a slice. */
const SLICE_MS = 10;
/** A job may hold megabytes while it waits. Jobs that end within one slice are not counted. */
const MAX_JOBS = 32;

const jobs = new SharedRoom(MAX_JOBS);
let lastTurn: Promise<unknown> = Promise.resolve();

/** Resolves in order, one caller in each round of the event loop, so that many block it no longer than one. */
export function nextTurn(): Promise<unknown> {
  lastTurn = lastTurn.then(() => immediate());
  return lastTurn;
}

/**
 * Does long work item by item and lets the event loop serve others every few milliseconds. Shorter work is done at
 * once. Throws the first error of `items` or `work`, and DomainError `overloaded` when 32 jobs are running or the
 * caller's share is used up (see SharedRoom).
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
