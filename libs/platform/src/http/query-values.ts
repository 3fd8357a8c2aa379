import {
  instantToEpochMs,
  parseInstant,
  refused,
  type Instant,
  type Parsed,
} from '@sensorflow/kernel';
import type { ValidationOptions } from 'class-validator';
import { parseCursor } from './cursor.js';
import type { QueryFaults } from './query-faults.js';

/** For `IsString`: a parameter that is given twice arrives as a list. */
export const GIVEN_ONCE: ValidationOptions = {
  message: '$property is given once.',
  context: { code: 'parameter-repeated' },
};

export interface InstantRange {
  readonly from: Instant;
  readonly to: Instant;
}

const MAX_RANGE_DAYS = 366;
const MAX_RANGE_MS = MAX_RANGE_DAYS * 24 * 60 * 60 * 1000;

/** Undefined after noting `range-empty` or `range-too-long`. */
export function rangeOf(from: Instant, to: Instant, faults: QueryFaults): InstantRange | undefined {
  if (from >= to) return faults.add('/to', 'range-empty', 'from must lie before to.');
  if (instantToEpochMs(to) - instantToEpochMs(from) > MAX_RANGE_MS) {
    const detail = `A range has at most ${MAX_RANGE_DAYS} days.`;
    return faults.add('/to', 'range-too-long', detail);
  }
  return { from, to };
}

/** Undefined for a parameter that is left out, and after noting its fault. */
export function valueAt<T>(
  pointer: string,
  text: string | undefined,
  parse: (text: string) => Parsed<T>,
  faults: QueryFaults,
): T | undefined {
  return text === undefined ? undefined : faults.valueOf(pointer, parse(text));
}

export function instantAt(
  pointer: string,
  text: string | undefined,
  faults: QueryFaults,
): Instant | undefined {
  return valueAt(pointer, text, parseQueryInstant, faults);
}

function parseQueryInstant(text: string): Parsed<Instant> {
  const parsed = parseInstant(text);
  if (parsed.ok || !parseInstant(text.replace(' ', '+')).ok) return parsed;
  return refused(parsed.fault.code, 'A + in a query means a blank: write the offset with %2B.');
}

export function cursorAt(text: string | undefined, faults: QueryFaults): string | undefined {
  return valueAt('/cursor', text, parseCursor, faults);
}
