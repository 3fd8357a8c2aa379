import {
  cursorInvalid,
  decodeCursor,
  encodeCursor,
  parseCursor,
  type CursorQuery,
} from '@sensorflow/platform/http/cursor.js';
import { QueryParameters, type QueryString } from '@sensorflow/platform/http/query-parameters.js';
import { DEFAULT_LIMIT, parseLimit } from '@sensorflow/platform/http/query-values.js';
import type { HistoryPlace, HistoryQuery } from '../log/instant-history.js';
import { parseStamp, stampText } from '../log/stamp.js';
import { isMetricName } from '../metric-name.js';
import type { ReadingIdentity } from '../reading.js';
import { EQUIPMENT_ID_CODES } from './path-equipment-id.js';
import { pathReadingOf } from './path-reading.js';

const PLACE = /^\d{1,15}$/;

/**
 * The page of a history that a path and its query ask for. Throws DomainError `invalid-request` with every
 * fault at once: `equipment-id-…`, `timestamp-…`, `limit-invalid`, `unknown-property`, `parameter-repeated`;
 * an equipment id's fault alone is the code. A cursor of another history is `cursor-invalid`.
 */
export function historyQueryOf(
  equipmentIdText: string,
  timestampText: string,
  query: QueryString,
): HistoryQuery {
  const parameters = new QueryParameters(query, ['limit', 'cursor']);
  const { faults } = parameters;
  const reading = pathReadingOf(equipmentIdText, timestampText, faults);
  const limit = parameters.valueOf('limit', parseLimit) ?? DEFAULT_LIMIT;
  const cursor = parameters.valueOf('cursor', parseCursor);
  parameters.assertFaultless(...EQUIPMENT_ID_CODES);
  if (!reading) throw new Error('no reading, and no fault');
  const asked = { ...reading, limit };
  return cursor === undefined ? asked : { ...asked, after: placeIn(reading, cursor) };
}

/** The cursor of the page behind `next`; null at the end. */
export function historyCursorOf(reading: ReadingIdentity, next: HistoryPlace | undefined) {
  if (!next) return null;
  const position = [stampText(next.stamp), String(next.place), next.metric];
  return encodeCursor(cursorQueryOf(reading), position);
}

function placeIn(reading: ReadingIdentity, cursor: string): HistoryPlace {
  const [stampPart = '', place = '', metric = '', ...more] = decodeCursor(
    cursor,
    cursorQueryOf(reading),
  );
  const stamp = parseStamp(stampPart);
  if (!stamp || !PLACE.test(place) || !isMetricName(metric) || more.length > 0) {
    throw cursorInvalid();
  }
  return { stamp, place: Number(place), metric };
}

function cursorQueryOf({ equipmentId, timestamp }: ReadingIdentity): CursorQuery {
  return { list: 'history', equipmentId, timestamp };
}
