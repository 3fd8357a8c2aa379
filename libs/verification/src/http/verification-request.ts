import { firstHourFrom, parseEquipmentFilter, parseHour, type Hour } from '@sensorflow/aggregation';
import { DomainError, instantToEpochMs } from '@sensorflow/kernel';
import {
  cursorInvalid,
  decodeCursor,
  encodeCursor,
  parseCursor,
  type CursorQuery,
} from '@sensorflow/platform/http/cursor.js';
import {
  documentedParameters,
  MAX_RANGE_DAYS,
  QueryParameters,
  type InstantRange,
} from '@sensorflow/platform/http/query-parameters.js';
import type { VerificationQuery } from '../verification.js';
import { VerificationParameters } from './verification.query.js';

const PARAMETERS = documentedParameters(VerificationParameters);

/** The range as the caller wrote it, and what is asked for on this page. */
export interface VerificationRequest {
  readonly window: InstantRange;
  readonly query: VerificationQuery;
}

/**
 * Throws DomainError `invalid-request` with every fault at once, as the aggregates do, and
 * `cursor-invalid`. A range without both ends is `interval-or-range`: there are no intervals here.
 */
export function verificationRequestOf(query: object): VerificationRequest {
  const parameters = new QueryParameters(query, PARAMETERS);
  const window = windowOf(parameters);
  const equipmentId = parameters.valueOf('equipmentId', parseEquipmentFilter);
  const cursor = parameters.valueOf('cursor', parseCursor);
  parameters.assertFaultless('interval-or-range');
  if (!window) throw new Error('no window, and no fault');
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

function windowOf(parameters: QueryParameters): InstantRange | undefined {
  const { from, to } = parameters.bounds(MAX_RANGE_DAYS);
  const missing = ['from', 'to'].find((name) => !parameters.has(name));
  if (missing !== undefined) {
    const detail = 'Give both from and to.';
    parameters.faults.add(`/${missing}`, { code: 'interval-or-range', detail });
  }
  return from === undefined || to === undefined ? undefined : { from, to };
}

function positionIn(cursor: string, query: CursorQuery): Hour | undefined {
  const [hour = '', ...more] = decodeCursor(cursor, query);
  return more.length === 0 ? parseHour(hour) : undefined;
}

function cursorQueryOf({ from, to }: InstantRange, equipmentId: string | undefined): CursorQuery {
  return { list: 'verification', from, to, equipmentId: equipmentId ?? null };
}
