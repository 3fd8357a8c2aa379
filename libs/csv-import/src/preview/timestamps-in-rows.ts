import { meaningsBy, type FittingFormat } from '../grammar/formats-that-fit.js';
import { DATE, TIME, TIMESTAMP, type DecimalSign } from '../grammar/import-options.js';
import type { ProposedColumn } from './fitting-proposals.js';
import type { SampledRow } from './sampled-rows.js';

/** Of the column that has them, or of the one that probably has. */
export function timestampsIn(
  columns: readonly ProposedColumn[],
  rows: readonly SampledRow[],
): readonly string[] {
  const places = placesOfTime(columns);
  if (places.length === 0) return [];
  return rows.map((row) => timestampAt(places, row)).filter((text) => text !== '');
}

/** Whether the first of the rows has something else where the others have their time, as a line of names has. */
export function beginsWithoutTime(
  columns: readonly ProposedColumn[],
  rows: readonly SampledRow[],
  formats: readonly FittingFormat[],
  nowEpochMs: number,
  decimal: DecimalSign,
): boolean {
  // A title is a single field.
  const first = rows.find(({ fields }) => fields.length > 1);
  if (!first || formats.length === 0) return false;
  const text = timestampAt(placesOfTime(columns), first);
  return formats.every(({ format }) => !meaningsBy(format, nowEpochMs, decimal)(text));
}

/** One, or those of date and time; none where nothing can be the time. */
function placesOfTime(columns: readonly ProposedColumn[]): readonly number[] {
  const placeOf = (role: string) => columns.findIndex(({ proposal }) => proposal === role);
  const timestamp = placeOf(TIMESTAMP);
  const places = timestamp >= 0 ? [timestamp] : [placeOf(DATE), placeOf(TIME)];
  return places.every((at) => at >= 0) ? places : [];
}

function timestampAt(places: readonly number[], { fields }: SampledRow): string {
  return places
    .map((at) => (fields[at] ?? '').trim())
    .join(' ')
    .trim();
}
