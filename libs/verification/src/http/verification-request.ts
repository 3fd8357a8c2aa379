import { firstHourFrom, parseEquipmentFilter, parseHour, type Hour } from '@sensorflow/aggregation';
import { DomainError, instantToEpochMs } from '@sensorflow/kernel';
import {
  cursorInvalid,
  decodeCursor,
  encodeCursor,
  type CursorQuery,
} from '@sensorflow/platform/http/cursor.js';
import { QueryFaults } from '@sensorflow/platform/http/query-faults.js';
import {
  cursorAt,
  instantAt,
  rangeOf,
  valueAt,
  type InstantRange,
} from '@sensorflow/platform/http/query-values.js';
import type { VerificationQuery } from '../verification.js';

/** The parameters as they were sent. */
export interface VerificationTexts {
  readonly from?: string;
  readonly to?: string;
  readonly equipmentId?: string;
  readonly cursor?: string;
}

/** The range as the caller wrote it, and what is asked for on this page. */
export interface VerificationRequest {
  readonly window: InstantRange;
  readonly query: VerificationQuery;
}

/**
 * Throws DomainError `invalid-request` with every fault at once, as the aggregates do, and
 * `cursor-invalid`. A range without both ends is `interval-or-range`: there are no intervals here.
 */
export function verificationRequestOf(texts: VerificationTexts): VerificationRequest {
  const faults = new QueryFaults();
  const window = windowOf(texts, faults);
  const equipmentId = valueAt('/equipmentId', texts.equipmentId, parseEquipmentFilter, faults);
  const cursor = cursorAt(texts.cursor, faults);
  const problem = faults.problem();
  if (problem || !window) throw problem ?? cursorInvalid();
  const [first, to] = [firstHourFrom(window.from), firstHourFrom(window.to)];
  const filter = equipmentId === undefined ? {} : { equipmentId };
  const whole = { range: { from: first, to }, ...filter };
  if (cursor === undefined) return { window, query: whole };
  const from = positionIn(cursor, cursorQueryOf(window, equipmentId));
  if (from === undefined || from < first || from >= to) throw cursorInvalid();
  return { window, query: { range: { from, to }, ...filter } };
}

/** What callers without sensorflow/admin may ask for at the most. */
const READERS_DAYS = 7;
const DAY_MS = 86_400_000;

/** Throws DomainError `forbidden` (`insufficient-scope`) for what only administrators may ask for. */
export function assertMayBeRead({ window, query }: VerificationRequest): void {
  const durationMs = instantToEpochMs(window.to) - instantToEpochMs(window.from);
  if (query.equipmentId !== undefined && durationMs <= READERS_DAYS * DAY_MS) return;
  throw new DomainError(
    'forbidden',
    'insufficient-scope',
    `Without the scope sensorflow/admin, name one equipmentId, and at most ${READERS_DAYS} days.`,
  );
}

/** Null at the end. */
export function nextCursorOf(
  { window, query }: VerificationRequest,
  next: Hour | undefined,
): string | null {
  return next === undefined ? null : encodeCursor(cursorQueryOf(window, query.equipmentId), [next]);
}

function windowOf(texts: VerificationTexts, faults: QueryFaults): InstantRange | undefined {
  const from = instantAt('/from', texts.from, faults);
  const to = instantAt('/to', texts.to, faults);
  for (const name of ['from', 'to'] as const) {
    if (texts[name] !== undefined) continue;
    return faults.add(`/${name}`, 'interval-or-range', 'Give both from and to.');
  }
  return from !== undefined && to !== undefined ? rangeOf(from, to, faults) : undefined;
}

function positionIn(cursor: string, query: CursorQuery): Hour | undefined {
  const [hour = '', ...more] = decodeCursor(cursor, query);
  return more.length === 0 ? parseHour(hour) : undefined;
}

function cursorQueryOf({ from, to }: InstantRange, equipmentId: string | undefined): CursorQuery {
  return { list: 'verification', from, to, equipmentId: equipmentId ?? null };
}
