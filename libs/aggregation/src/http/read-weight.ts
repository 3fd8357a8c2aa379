import { LIST_LIMITS } from '@sensorflow/kernel';
import { hoursBetween, type HourRange } from '../hours/hour.js';

/** Hours of one answer of the store. */
const HOURS_PER_CALL = 512;
const HOURS_PER_DAY = 24;
/** Days that a page of a fleet usually looks at; one that looks at more weighs more as it goes. */
const USUAL_DAYS = 8;

/** How many calls to the store an answer about these hours may take. */
export function readWeightOf({ from, to }: HourRange, equipmentId: string | undefined): number {
  const hours = from < to ? hoursBetween(from, to) : 0;
  const summary = Math.ceil(hours / HOURS_PER_CALL);
  if (equipmentId !== undefined) return summary;
  const days = Math.ceil(hours / HOURS_PER_DAY) + 1;
  return Math.min(summary + 1 + Math.min(days, USUAL_DAYS), LIST_LIMITS.storeCalls);
}
