import { accepted, DomainError, instantToEpochMs, refused, type Instant } from '@sensorflow/kernel';
import { QueryFaults } from '@sensorflow/platform/http/query-faults.js';
import { cursorAt, instantAt, rangeOf, valueAt } from '@sensorflow/platform/http/query-values.js';
import { parseMetricName } from '@sensorflow/sensor-data';
import { parseEquipmentFilter } from '../equipment-filter.js';
import { firstHourFrom, latestHours, type HourRange } from '../hours/hour.js';
import { HOURS_OF_INTERVAL, INTERVALS, parseInterval, type Interval } from './intervals.js';

const DEFAULT_LIMIT = 100;
const MAX_AS_OF_DAYS = 31;
const MS_PER_DAY = 86_400_000;
const LIMIT = /^(?:[1-9][0-9]{0,2}|1000)$/;

/** Which hours are asked for: an interval up to now, or a range as the caller wrote it. */
export type Window =
  | { readonly interval: Interval }
  | { readonly interval: null; readonly from: Instant; readonly to: Instant };

/** The parameters as they were sent. */
export interface AggregatesTexts {
  readonly interval?: string;
  readonly from?: string;
  readonly to?: string;
  readonly metric?: string;
  readonly equipmentId?: string;
  readonly limit?: string;
  readonly completeness?: string;
  readonly asOf?: string;
  readonly cursor?: string;
}

export interface AggregatesRequest {
  readonly window: Window;
  /** Undefined when none is named. */
  readonly metric: string | undefined;
  readonly equipmentId: string | undefined;
  readonly limit: number;
  /** Whether the answer says how complete it is. */
  readonly completeness: boolean;
  /** Shows the hours as they stood then, instead of now. */
  readonly asOf: Instant | undefined;
  readonly cursor: string | undefined;
}

/** A request whose metric is known, named or not. */
export type MetricRequest = AggregatesRequest & { readonly metric: string };

/**
 * Throws DomainError `invalid-request` with every fault at once: `interval-invalid`,
 * `timestamp-…`, `metric-name-invalid`, `equipment-id-…`, `limit-invalid`, `completeness-invalid`,
 * `as-of-needs-equipment`, `cursor-invalid` and the rules `interval-or-range`, `range-empty`, `range-too-long`; a rule that is the only fault is the code.
 */
export function aggregatesRequestOf(texts: AggregatesTexts): AggregatesRequest {
  const faults = new QueryFaults();
  const window = windowOf(texts, faults);
  const metric = valueAt('/metric', texts.metric, parseMetricName, faults);
  const equipmentId = valueAt('/equipmentId', texts.equipmentId, parseEquipmentFilter, faults);
  const limit = limitOf(texts.limit, faults);
  const completeness = completenessOf(texts.completeness, faults);
  const asOf = asOfIn(texts, window, faults);
  const cursor = cursorAt(texts.cursor, faults);
  const problem = faults.problem();
  if (problem || window === undefined || limit === undefined) {
    throw problem ?? new DomainError('invalid', 'invalid-request', 'The request is not valid.');
  }
  return { window, metric, equipmentId, limit, completeness, asOf, cursor };
}

/** The hours of a window, as of now. */
export function hoursOf(window: Window, nowEpochMs: number): HourRange {
  return window.interval === null
    ? { from: firstHourFrom(window.from), to: firstHourFrom(window.to) }
    : latestHours(nowEpochMs, HOURS_OF_INTERVAL[window.interval]);
}

function windowOf(texts: AggregatesTexts, faults: QueryFaults): Window | undefined {
  const interval = texts.interval === undefined ? undefined : intervalAt(texts.interval, faults);
  const from = instantAt('/from', texts.from, faults);
  const to = instantAt('/to', texts.to, faults);
  const pointer = windowConflict(texts);
  if (pointer !== undefined) {
    const detail = 'Give either interval, or both from and to.';
    return faults.add(pointer, 'interval-or-range', detail);
  }
  if (interval !== undefined) return { interval };
  if (from === undefined || to === undefined) return undefined;
  const range = rangeOf(from, to, faults);
  return range && { interval: null, ...range };
}

/** What is too much or missing for exactly one of the two forms. */
function windowConflict({ interval, from, to }: AggregatesTexts): string | undefined {
  if (interval !== undefined) {
    return from === undefined && to === undefined ? undefined : '/interval';
  }
  if (from === undefined) return to === undefined ? '/interval' : '/from';
  return to === undefined ? '/to' : undefined;
}

function intervalAt(text: string, faults: QueryFaults): Interval | undefined {
  const interval = parseInterval(text);
  if (interval !== undefined) return interval;
  const detail = `The interval is one of ${INTERVALS.join(', ')}.`;
  return faults.add('/interval', 'interval-invalid', detail);
}

function completenessOf(text: string | undefined, faults: QueryFaults): boolean {
  if (text !== undefined && text !== 'true' && text !== 'false') {
    faults.add('/completeness', 'completeness-invalid', 'completeness is true or false.');
  }
  return text === 'true';
}

/** Of one equipment, and of a month at most, because its readings are folded for the answer. */
function asOfIn(
  texts: AggregatesTexts,
  window: Window | undefined,
  faults: QueryFaults,
): Instant | undefined {
  const asOf = instantAt('/asOf', texts.asOf, faults);
  if (texts.asOf === undefined) return undefined;
  if (texts.equipmentId === undefined) {
    const detail = 'asOf shows one equipment: name its equipmentId, too.';
    faults.add('/asOf', 'as-of-needs-equipment', detail);
  }
  if (window?.interval === null && daysOf(window) > MAX_AS_OF_DAYS) {
    const detail = `With asOf a range has at most ${MAX_AS_OF_DAYS} days.`;
    faults.add('/to', 'range-too-long', detail);
  }
  return asOf;
}

function daysOf({ from, to }: { readonly from: Instant; readonly to: Instant }): number {
  return (instantToEpochMs(to) - instantToEpochMs(from)) / MS_PER_DAY;
}

function limitOf(text: string | undefined, faults: QueryFaults): number | undefined {
  if (text === undefined) return DEFAULT_LIMIT;
  const parsed = LIMIT.test(text)
    ? accepted(Number(text))
    : refused('limit-invalid', 'The limit is a whole number from 1 to 1000.');
  return faults.valueOf('/limit', parsed);
}
