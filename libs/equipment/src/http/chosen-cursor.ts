import {
  cursorInvalid,
  decodeCursor,
  encodeCursor,
  type CursorQuery,
} from '@sensorflow/platform/http/cursor.js';
import { parseEquipmentId } from '@sensorflow/sensor-data';
import type { Place } from '../fleet-states/fleet-order.js';
import type { FleetQuery } from '../fleet-states/fleet-states.js';

/** What the cursors of a choice are bound to. */
export function chosenCursorQuery(
  { state, sort, isDescending }: Pick<FleetQuery, 'state' | 'sort' | 'isDescending'>,
  search: string | undefined,
): CursorQuery {
  const order = isDescending ? 'desc' : 'asc';
  return { list: 'overview', search: search ?? null, state: state ?? null, sort, order };
}

export function cursorBehind(place: Place | undefined, query: CursorQuery): string | null {
  return place === undefined ? null : encodeCursor(query, [String(place.key), place.equipmentId]);
}

/** Throws `cursor-invalid`. */
export function placeIn(cursor: string, query: CursorQuery): Place {
  const [keyText = '', id = '', ...more] = decodeCursor(cursor, query);
  const [key, equipmentId] = [Number(keyText), parseEquipmentId(id)];
  if (keyText === '' || !Number.isFinite(key) || !equipmentId.ok || more.length > 0) {
    throw cursorInvalid();
  }
  return { key, equipmentId: equipmentId.value };
}
