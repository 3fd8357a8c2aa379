import type { Fault } from './fault.js';

/** Longer names are cut: an answer does not send a megabyte of nonsense back. */
const MAX_SHOWN_CHARACTERS = 100;
/** Up to this many wrong, missing or swapped characters look like a typing error. */
const MAX_SLIPS = 2;

/**
 * The fault of an unknown name: lists the known ones, and the one that is probably meant.
 *
 * @param what the kind of name: `property`, `parameter`
 */
export function unknownName(what: string, name: string, known: readonly string[]): Fault {
  const shown =
    name.length > MAX_SHOWN_CHARACTERS ? `${name.slice(0, MAX_SHOWN_CHARACTERS)}…` : name;
  const meant = nearestName(name, known);
  const guess = meant === undefined ? '' : ` Did you mean ${meant}?`;
  const list = known.length === 0 ? 'None is known here.' : `Known: ${known.join(', ')}.`;
  return { code: 'unknown-property', detail: `Unknown ${what} ${shown}.${guess} ${list}` };
}

/** The name that differs only in case, or by at most two typing errors; undefined when no name is that close. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > MAX_SHOWN_CHARACTERS) return undefined;
  const folded = foldedName(name);
  let nearest: string | undefined;
  let fewest = MAX_SLIPS + 1;
  for (const candidate of known) {
    const slips = slipsBetween(folded, foldedName(candidate));
    // Two errors in a short name leave nothing alike.
    if (slips < fewest && slips * 2 < candidate.length) {
      nearest = candidate;
      fewest = slips;
    }
  }
  return nearest;
}

/** Treats `equipment_id`, `Equipment-Id` and `equipmentId` as one name. */
function foldedName(name: string): string {
  return name.replaceAll(/[_-]/g, '').toLowerCase();
}

/** Levenshtein's distance, with two swapped neighbours counted as one error; computed row by row. */
function slipsBetween(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > MAX_SLIPS) return MAX_SLIPS + 1;
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const isSame = a[i - 1] === b[j - 1];
      const changed = at(row, j - 1) + (isSame ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      next.push(Math.min(at(row, j) + 1, at(next, j - 1) + 1, changed, swapped));
    }
    before = row;
    row = next;
  }
  return at(row, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
