import { LIST_LIMITS, type Instant } from '@sensorflow/kernel';
import { hoursBetween, type HourRange } from '../hours/hour.js';

/** Of the fleet's sums, and of the cells of one equipment, which are read by their keys. */
const FLEET_HOURS_PER_CALL = 512;
const CELLS_PER_CALL = 100;
const HOURS_PER_DAY = 24;
/** Days that a page of a fleet usually looks at; one that looks at more weighs more as it goes. */
const USUAL_DAYS = 8;

/** For a day of readings, one a minute. */
const CALLS_PER_PAST_DAY = 4;

/** How many calls to the store an answer about these hours, or about what they were, may take. */
export function readWeightOf(
  { from, to }: HourRange,
  equipmentId: string | undefined,
  asOf?: Instant,
): number {
  const hours = from < to ? hoursBetween(from, to) : 0;
  if (asOf !== undefined) return Math.ceil((hours * CALLS_PER_PAST_DAY) / HOURS_PER_DAY);
  if (equipmentId !== undefined) return Math.ceil(hours / CELLS_PER_CALL);
  const summary = Math.ceil(hours / FLEET_HOURS_PER_CALL);
  const days = Math.ceil(hours / HOURS_PER_DAY) + 1;
  return Math.min(summary + 1 + Math.min(days, USUAL_DAYS), LIST_LIMITS.storeCalls);
}
