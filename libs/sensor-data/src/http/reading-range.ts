import {
  accepted,
  parseInstant,
  pointerTo,
  refused,
  type Instant,
  type Parsed,
} from '@sensorflow/kernel';
import {
  decodeCursor,
  encodeCursor,
  parseCursor,
  type CursorQuery,
} from '@sensorflow/platform/http/cursor.js';
import { FaultList } from '../fault-list.js';

import type { ReadingRange } from '../reading-store.js';
import { parsePathEquipmentId } from './path-equipment-id.js';
import { requestProblem } from './request-problem.js';

/** A query string as Fastify reads it: a parameter given twice is a list. */
export type QueryString = Readonly<Record<string, unknown>>;

const PARAMETERS: ReadonlySet<string> = new Set(['from', 'to', 'limit', 'cursor', 'order']);
const DEFAULT_LIMIT = 100;
const LIMIT = /^(?:[1-9][0-9]{0,2}|1000)$/;

/**
 * What a path and its query ask for. Throws DomainError `invalid-request` with every fault at once:
 * `equipment-id-invalid`, `equipment-id-reserved`, `unknown-property`, `parameter-repeated`,
 * `timestamp-…`, `limit-invalid`, `order-invalid`, `range-empty`; an equipment id's fault or
 * `range-empty` alone is the code. A cursor of another query is `cursor-invalid` once all else is right,
 * because only a valid query can say whether it belongs to it.
 */
export function readingRangeOf(equipmentIdText: string, query: QueryString): ReadingRange {
  const faults = new FaultList();
  noteUnknownParameters(query, faults);
  const equipmentId = faults.valueOf('/equipmentId', parsePathEquipmentId(equipmentIdText));
  const { from, to } = boundsIn(query, faults);
  const limit = parameterOf(query, 'limit', parseLimit, faults) ?? DEFAULT_LIMIT;
  const order = parameterOf(query, 'order', parseOrder, faults) ?? 'asc';
  const cursor = parameterOf(query, 'cursor', parseCursor, faults);
  if (equipmentId === undefined || faults.faults.length > 0) throw requestProblem(faults.faults);
  const bounds = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  const range = { equipmentId, ...bounds, order, limit };
  return cursor === undefined ? range : { ...range, after: positionIn(range, cursor) };
}

/** The cursor of the page behind `next`, bound to equipment, range and order; null at the end. */
export function nextCursorOf(range: ReadingRange, next: Instant | undefined): string | null {
  return next === undefined ? null : encodeCursor(cursorQueryOf(range), [next]);
}

function noteUnknownParameters(query: QueryString, faults: FaultList): void {
  for (const name of Object.keys(query)) {
    if (PARAMETERS.has(name)) continue;
    const detail = `The parameters are ${[...PARAMETERS].join(', ')}.`;
    faults.add(pointerTo('', name), { code: 'unknown-property', detail });
  }
}

function boundsIn(query: QueryString, faults: FaultList) {
  const from = parameterOf(query, 'from', parseQueryInstant, faults);
  const to = parameterOf(query, 'to', parseQueryInstant, faults);
  if (from !== undefined && to !== undefined && from >= to) {
    const detail = 'The range is empty: from must lie before to.';
    faults.add('/to', { code: 'range-empty', detail });
  }
  return { from, to };
}

/** Undefined when it is not given, and after noting its fault. */
function parameterOf<T>(
  query: QueryString,
  name: string,
  parse: (text: string) => Parsed<T>,
  faults: FaultList,
): T | undefined {
  const text = query[name];
  if (text === undefined) return undefined;
  const parsed =
    typeof text === 'string'
      ? parse(text)
      : refused('parameter-repeated', `${name} is given once.`);
  return faults.valueOf(`/${name}`, parsed);
}

function parseQueryInstant(text: string): Parsed<Instant> {
  const parsed = parseInstant(text);
  if (parsed.ok || !parseInstant(text.replace(' ', '+')).ok) return parsed;
  return refused(parsed.fault.code, 'A + in a query means a blank: write the offset with %2B.');
}

function parseLimit(text: string): Parsed<number> {
  return LIMIT.test(text)
    ? accepted(Number(text))
    : refused('limit-invalid', 'The limit is a whole number from 1 to 1000.');
}

function parseOrder(text: string): Parsed<ReadingRange['order']> {
  return text === 'asc' || text === 'desc'
    ? accepted(text)
    : refused('order-invalid', 'The order is asc or desc.');
}

function positionIn(range: ReadingRange, cursor: string): Instant {
  const [position = '', ...more] = decodeCursor(cursor, cursorQueryOf(range));
  const parsed = parseInstant(position);
  // DynamoDB fails on a position outside the range; only a forged cursor has one.
  if (more.length === 0 && parsed.ok && parsed.value === position && includes(range, position)) {
    return parsed.value;
  }
  const detail = 'The cursor is not one that this service gave.';
  throw requestProblem([{ pointer: '/cursor', code: 'cursor-invalid', detail }]);
}

function includes({ from, to }: ReadingRange, position: string): boolean {
  return (from === undefined || position >= from) && (to === undefined || position < to);
}

function cursorQueryOf({ equipmentId, from, to, order }: ReadingRange): CursorQuery {
  return { list: 'readings', equipmentId, from: from ?? null, to: to ?? null, order };
}
