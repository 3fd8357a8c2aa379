import type { SampledRow } from './sampled-rows.js';

/** Where a long file has the names of its metrics, and its numbers. */
export interface LongLayout {
  readonly metricAt: number;
  readonly valueAt: number;
}

/** Columns by what they hold. */
export interface ColumnKinds {
  /** Equipment and time. */
  readonly keys: readonly number[];
  readonly words: readonly number[];
  readonly numbers: readonly number[];
}

/** Of the rows, as many have the equipment and the time of another one. */
const REPEATED = 0.5;

/**
 * The layout of a file most of whose rows have equipment and time in common with others, and differ in a single column
 * of words beside a single column of numbers: as metrics, the values would overwrite each other.
 */
export function longLayout(
  rows: readonly SampledRow[],
  { keys, words, numbers }: ColumnKinds,
): LongLayout | undefined {
  const [valueAt, another] = numbers;
  if (valueAt === undefined || another !== undefined) return undefined;
  const whole = rows.filter(({ fault }) => !fault);
  const groups = new Map<string, SampledRow[]>();
  for (const row of whole) {
    const key = textOf(row, keys);
    groups.set(key, [...(groups.get(key) ?? []), row].slice(-MAX_GROUP));
  }
  const repeated = [...groups.values()].filter((group) => group.length > 1);
  const count = repeated.reduce((sum, group) => sum + group.length, 0);
  if (count === 0 || count < whole.length * REPEATED) return undefined;
  const [metricAt, other] = words.filter((at) =>
    repeated.every((group) => new Set(group.map((row) => textOf(row, [at]))).size === group.length),
  );
  return metricAt === undefined || other !== undefined ? undefined : { metricAt, valueAt };
}

/** More rows of one instant say nothing more. */
const MAX_GROUP = 100;

function textOf({ fields }: SampledRow, places: readonly number[]): string {
  return places.map((at) => (fields[at] ?? '').trim()).join('\n');
}
