import { parseInstant, type Instant } from '@sensorflow/kernel';
import {
  cursorInvalid,
  decodeCursor,
  encodeCursor,
  parseCursor,
  type CursorQuery,
} from '@sensorflow/platform/http/cursor.js';
import { QueryParameters, type QueryString } from '@sensorflow/platform/http/query-parameters.js';
import {
  DEFAULT_LIMIT,
  oneOf,
  parseLimit,
  parseQueryInstant,
} from '@sensorflow/platform/http/query-values.js';
import type { ReadingRange } from '../reading-store.js';
import type { ReadingsQuery } from '../sensor-data.service.js';
import { EQUIPMENT_ID_CODES, parsePathEquipmentId } from './path-equipment-id.js';

const PARAMETERS = ['from', 'to', 'limit', 'cursor', 'order', 'asOf'];

/**
 * What a path and its query ask for. Throws DomainError `invalid-request` with every fault at once:
 * `equipment-id-invalid`, `equipment-id-reserved`, `unknown-property`, `parameter-repeated`,
 * `timestamp-…`, `limit-invalid`, `order-invalid`, `range-empty`; an equipment id's fault or
 * `range-empty` alone is the code. A cursor of another query is `cursor-invalid` once all else is right,
 * because only a valid query can say whether it belongs to it.
 */
export function readingRangeOf(equipmentIdText: string, query: QueryString): ReadingsQuery {
  const parameters = new QueryParameters(query, PARAMETERS);
  const { faults } = parameters;
  const equipmentId = faults.valueOf('/equipmentId', parsePathEquipmentId(equipmentIdText));
  const bounds = parameters.bounds();
  const limit = parameters.valueOf('limit', parseLimit) ?? DEFAULT_LIMIT;
  const order = parameters.valueOf('order', parseOrder) ?? 'asc';
  const asOf = parameters.valueOf('asOf', parseQueryInstant);
  const cursor = parameters.valueOf('cursor', parseCursor);
  parameters.assertFaultless(...EQUIPMENT_ID_CODES);
  if (equipmentId === undefined) throw new Error('no equipment, and no fault');
  const past = asOf === undefined ? {} : { asOf };
  const range = { equipmentId, ...bounds, order, limit, ...past };
  return cursor === undefined ? range : { ...range, after: positionIn(range, cursor) };
}

/** The cursor of the page behind `next`, bound to equipment, range, order and asOf; null at the end. */
export function nextCursorOf(range: ReadingsQuery, next: Instant | undefined): string | null {
  return next === undefined ? null : encodeCursor(cursorQueryOf(range), [next]);
}

const parseOrder = oneOf(['asc', 'desc'], 'order-invalid', 'The order is asc or desc.');

function positionIn(range: ReadingsQuery, cursor: string): Instant {
  const [position = '', ...more] = decodeCursor(cursor, cursorQueryOf(range));
  const parsed = parseInstant(position);
  // DynamoDB fails on a position outside the range; only a forged cursor has one.
  if (more.length === 0 && parsed.ok && parsed.value === position && includes(range, position)) {
    return parsed.value;
  }
  throw cursorInvalid();
}

function includes({ from, to }: ReadingRange, position: string): boolean {
  return (from === undefined || position >= from) && (to === undefined || position < to);
}

function cursorQueryOf({ equipmentId, from, to, order, asOf }: ReadingsQuery): CursorQuery {
  const bounds = { from: from ?? null, to: to ?? null };
  return { list: 'readings', equipmentId, ...bounds, order, asOf: asOf ?? null };
}

/** The instant that the query of a latest reading may name. Throws as `readingRangeOf`. */
export function latestQueryOf(equipmentIdText: string, query: QueryString) {
  const parameters = new QueryParameters(query, ['asOf']);
  const { faults } = parameters;
  const equipmentId = faults.valueOf('/equipmentId', parsePathEquipmentId(equipmentIdText));
  const asOf = parameters.valueOf('asOf', parseQueryInstant);
  parameters.assertFaultless(...EQUIPMENT_ID_CODES);
  if (equipmentId === undefined) throw new Error('no equipment, and no fault');
  return { equipmentId, asOf };
}
