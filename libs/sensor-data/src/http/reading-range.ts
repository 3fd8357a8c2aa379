import {
  DomainError,
  parseInstant,
  refused,
  type InputFault,
  type Instant,
  type Parsed,
} from '@sensorflow/kernel';
import { decodeCursor, encodeCursor, type CursorQuery } from '@sensorflow/platform/http/cursor.js';
import type { ReadingRange } from '../reading-store.js';
import type { ReadingsQuery } from './readings.query.js';

const DEFAULT_LIMIT = 100;

/** Throws `invalid-request` with the faults of both timestamps, `range-empty` or `cursor-invalid`. */
export function readingRangeOf(equipmentId: string, query: ReadingsQuery): ReadingRange {
  const faults: InputFault[] = [];
  const from = instantAt('/from', query.from, faults);
  const to = instantAt('/to', query.to, faults);
  if (faults.length > 0) {
    throw new DomainError('invalid', 'invalid-request', 'The request is not valid; see errors.', {
      faults,
    });
  }
  const range = {
    equipmentId,
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    order: query.order ?? 'asc',
    limit: Number(query.limit ?? DEFAULT_LIMIT),
  };
  assertNotEmpty(range);
  if (query.cursor === undefined) return range;
  return { ...range, after: positionIn(range, query.cursor) };
}

/** The cursor of the page behind `next`, bound to equipment, range and order; null at the end. */
export function nextCursorOf(range: ReadingRange, next: Instant | undefined): string | null {
  return next === undefined ? null : encodeCursor(cursorQueryOf(range), [next]);
}

function instantAt(
  pointer: string,
  text: string | undefined,
  faults: InputFault[],
): Instant | undefined {
  if (text === undefined) return undefined;
  const parsed = parseQueryInstant(text);
  if (parsed.ok) return parsed.value;
  faults.push({ pointer, ...parsed.fault });
  return undefined;
}

function parseQueryInstant(text: string): Parsed<Instant> {
  const parsed = parseInstant(text);
  if (parsed.ok || !parseInstant(text.replace(' ', '+')).ok) return parsed;
  return refused(parsed.fault.code, 'A + in a query means a blank: write the offset with %2B.');
}

function assertNotEmpty({ from, to }: ReadingRange): void {
  if (from === undefined || to === undefined || from < to) return;
  const detail = 'The range is empty: from must lie before to.';
  throw new DomainError('invalid', 'range-empty', detail, {
    faults: [{ pointer: '/to', code: 'range-empty', detail }],
  });
}

function positionIn(range: ReadingRange, cursor: string): Instant {
  const [position = '', ...more] = decodeCursor(cursor, cursorQueryOf(range));
  const parsed = parseInstant(position);
  // DynamoDB fails on a position outside the range; only a forged cursor has one.
  if (more.length === 0 && parsed.ok && parsed.value === position && includes(range, position)) {
    return parsed.value;
  }
  throw new DomainError('invalid', 'cursor-invalid', 'This cursor is none that was given out.');
}

function includes({ from, to }: ReadingRange, position: string): boolean {
  return (from === undefined || position >= from) && (to === undefined || position < to);
}

function cursorQueryOf({ equipmentId, from, to, order }: ReadingRange): CursorQuery {
  return { list: 'readings', equipmentId, from: from ?? null, to: to ?? null, order };
}
