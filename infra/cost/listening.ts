import { HOURS } from './design.ts';
import { PRICES } from './prices.ts';
import { markdown } from './tables.ts';

/** What people and screens that follow live readings cost: it depends on them alone, and is in no other line. */

/** A process with constant traffic receives and deletes once in 150 ms plus the time of the calls. */
const QUEUE_REQUESTS_PER_SECOND = 13;
/** Of the lease of a place: a connection of a key with `maxConnections` has one, for a write unit each time. */
const LEASE_WRITES_PER_HOUR = 240;

/** Dollars a month of a process that has live feeds all the time, on a fleet that never rests. */
export function listeningProcessCost(): number {
  return QUEUE_REQUESTS_PER_SECOND * 3600 * HOURS * PRICES.fifoQueueRequest;
}

/** Dollars a month of a live connection whose key has `maxConnections`. */
export function limitedConnectionCost(): number {
  return LEASE_WRITES_PER_HOUR * HOURS * PRICES.writeUnit;
}

export function listeningTable(): string {
  return markdown([
    ['live, for as long as clients listen', '$ a month'],
    ['a process that has live feeds, at most', listeningProcessCost().toFixed(2)],
    ['a live connection of a key with `maxConnections`', limitedConnectionCost().toFixed(2)],
  ]);
}
