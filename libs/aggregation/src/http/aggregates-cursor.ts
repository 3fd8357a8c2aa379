import {
  cursorInvalid,
  decodeCursor,
  encodeCursor,
  type CursorQuery,
} from '@sensorflow/platform/http/cursor.js';
import type { EquipmentHour } from '../hours/aggregate-store.js';
import { hourPlus, parseHour, type Hour, type HourRange } from '../hours/hour.js';
import { hoursOf, type MetricRequest, type Window } from './aggregates-request.js';
import { HOURS_OF_INTERVAL } from './intervals.js';

export interface PagePosition {
  readonly range: HourRange;
  readonly after: EquipmentHour;
}

/**
 * The cursor behind an equipment-hour; null at the end. It carries where the first page's hours began,
 * so that the pages of an interval fit together also when the hour turns between them.
 */
export function nextCursorOf(
  request: MetricRequest,
  range: HourRange,
  next: EquipmentHour | undefined,
): string | null {
  if (next === undefined) return null;
  return encodeCursor(cursorQueryOf(request), [range.from, next.hour, next.equipmentId]);
}

/** Throws `cursor-invalid` for a cursor of another query, or one that this service did not make. */
export function positionIn(
  request: MetricRequest,
  cursor: string,
  nowEpochMs: number,
): PagePosition {
  const position = decodeCursor(cursor, cursorQueryOf(request));
  const [first = '', behind = '', equipmentId = ''] = position;
  const from = parseHour(first);
  const hour = parseHour(behind);
  if (position.length !== 3 || equipmentId === '' || !from || !hour) throw cursorInvalid();
  const range = rangeFrom(from, request.window, nowEpochMs);
  if (range === undefined || hour < range.from || hour >= range.to) throw cursorInvalid();
  return { range, after: { equipmentId, hour } };
}

/** The hours whose first page began there; undefined when none can have. */
function rangeFrom(from: Hour, window: Window, nowEpochMs: number): HourRange | undefined {
  const current = hoursOf(window, nowEpochMs);
  if (window.interval === null) return from === current.from ? current : undefined;
  // Another process's clock may have turned the hour just before ours.
  if (from > hourPlus(current.from, 1)) return undefined;
  return { from, to: hourPlus(from, HOURS_OF_INTERVAL[window.interval]) };
}

/** The limit is not part of it: the next page may have another size. */
function cursorQueryOf({ window, metric, equipmentId, asOf }: MetricRequest): CursorQuery {
  const [from, to] = window.interval === null ? [window.from, window.to] : [null, null];
  const { interval } = window;
  const of = { metric, equipmentId: equipmentId ?? null, asOf: asOf ?? null };
  return { list: 'aggregates', interval, from, to, ...of };
}
