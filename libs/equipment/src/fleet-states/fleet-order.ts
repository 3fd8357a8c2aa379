import type { Punctuality } from '../punctuality.js';
import type { RecentInstants } from './recent-instants.js';

/** What equipment can be listed by. */
export const SORTS = ['equipmentId', 'state', 'lastTimestamp', 'usualGap'] as const;
export type Sort = (typeof SORTS)[number];

/** A place in a list. */
export interface Place {
  /** What it is sorted by; the same for all in the order of ids. */
  readonly key: number;
  readonly equipmentId: string;
}

/** The worst first. */
const RANKS: readonly Punctuality[] = ['silent', 'late', 'on-time', 'unknown'];

/** Of equipment without a usual gap, behind all others. */
export function keyOf(recent: RecentInstants, sort: Sort, state: Punctuality): number {
  if (sort === 'state') return RANKS.indexOf(state);
  if (sort === 'lastTimestamp') return recent.lastEpochMs;
  return sort === 'usualGap' ? (recent.usualGapMs ?? Number.MAX_VALUE) : 0;
}

/** Equipment with equal keys stands in the order of its ids, whichever way round the keys are. */
export function comparePlaces(sort: Sort, isDescending: boolean): (a: Place, b: Place) => number {
  const direction = isDescending ? -1 : 1;
  const directionOfIds = sort === 'equipmentId' ? direction : 1;
  return (a, b) => {
    if (a.key !== b.key) return a.key < b.key ? -direction : direction;
    if (a.equipmentId === b.equipmentId) return 0;
    return a.equipmentId < b.equipmentId ? -directionOfIds : directionOfIds;
  };
}
