import type { FileColumns } from './file-columns.js';

/** What a column of a file holds. One of a metric has the metric's number, from 0. */
export const ROLE = {
  EQUIPMENT: -1,
  TIMESTAMP: -2,
  LEFT_OUT: -3,
  DATE: -4,
  TIME: -5,
  METRIC: -6,
  VALUE: -7,
} as const;

/** In the order of the file. */
export function rolesOf({
  fieldCount,
  equipment,
  timestampAt,
  metrics,
  long,
}: FileColumns): Int16Array {
  const roles = new Int16Array(fieldCount).fill(ROLE.LEFT_OUT);
  for (const [number, { at }] of metrics.entries()) roles[at] = number;
  if ('at' in equipment) roles[equipment.at] = ROLE.EQUIPMENT;
  const [first, second] = timestampAt;
  roles[first] = second === undefined ? ROLE.TIMESTAMP : ROLE.DATE;
  if (second !== undefined) roles[second] = ROLE.TIME;
  if (long) {
    roles[long.metricAt] = ROLE.METRIC;
    roles[long.valueAt] = ROLE.VALUE;
  }
  return roles;
}
