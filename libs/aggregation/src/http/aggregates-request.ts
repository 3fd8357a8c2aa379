import type { Type } from '@nestjs/common';
import { instantToEpochMs, type Instant } from '@sensorflow/kernel';
import { parseCursor } from '@sensorflow/platform/http/cursor.js';
import {
  documentedParameters,
  MAX_RANGE_DAYS,
  QueryParameters,
} from '@sensorflow/platform/http/query-parameters.js';
import {
  DEFAULT_LIMIT,
  oneOf,
  parseLimit,
  parseQueryInstant,
} from '@sensorflow/platform/http/query-values.js';
import { parseMetricName } from '@sensorflow/sensor-data';
import { parseEquipmentFilter } from '../equipment-filter.js';
import { firstHourFrom, latestHours, type HourRange } from '../hours/hour.js';
import { AggregatesQuery } from './aggregates.query.js';
import { HOURS_OF_INTERVAL, INTERVALS, type Interval } from './intervals.js';

const MAX_AS_OF_DAYS = 31;
const MS_PER_DAY = 86_400_000;

/** Which hours are asked for: an interval up to now, or a range as the caller wrote it. */
export type Window =
  | { readonly interval: Interval }
  | { readonly interval: null; readonly from: Instant; readonly to: Instant };

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
 *
 * @param shape documents the parameters that the route has
 */
export function aggregatesRequestOf(
  query: object,
  shape: Type = AggregatesQuery,
): AggregatesRequest {
  const parameters = new QueryParameters(query, documentedParameters(shape));
  const window = windowOf(parameters);
  const metric = parameters.valueOf('metric', parseMetricName);
  const equipmentId = parameters.valueOf('equipmentId', parseEquipmentFilter);
  const limit = parameters.valueOf('limit', parseLimit) ?? DEFAULT_LIMIT;
  const completeness = parameters.valueOf('completeness', parseCompleteness) === 'true';
  const asOf = asOfIn(parameters, window);
  const cursor = parameters.valueOf('cursor', parseCursor);
  parameters.assertFaultless('interval-or-range');
  if (window === undefined) throw new Error('no window, and no fault');
  return { window, metric, equipmentId, limit, completeness, asOf, cursor };
}

const parseInterval = oneOf(
  INTERVALS,
  'interval-invalid',
  `The interval is one of ${INTERVALS.join(', ')}.`,
);
const parseCompleteness = oneOf(
  ['true', 'false'],
  'completeness-invalid',
  'completeness is true or false.',
);

/** The hours of a window, as of now. */
export function hoursOf(window: Window, nowEpochMs: number): HourRange {
  return window.interval === null
    ? { from: firstHourFrom(window.from), to: firstHourFrom(window.to) }
    : latestHours(nowEpochMs, HOURS_OF_INTERVAL[window.interval]);
}

function windowOf(parameters: QueryParameters): Window | undefined {
  const interval = parameters.valueOf('interval', parseInterval);
  const { from, to } = parameters.bounds(MAX_RANGE_DAYS);
  const pointer = windowConflict(parameters);
  if (pointer !== undefined) {
    const detail = 'Give either interval, or both from and to.';
    parameters.faults.add(pointer, { code: 'interval-or-range', detail });
    return undefined;
  }
  if (interval !== undefined) return { interval };
  return from === undefined || to === undefined ? undefined : { interval: null, from, to };
}

/** What is too much or missing for exactly one of the two forms. */
function windowConflict(parameters: QueryParameters): string | undefined {
  const [hasFrom, hasTo] = [parameters.has('from'), parameters.has('to')];
  if (parameters.has('interval')) return hasFrom || hasTo ? '/interval' : undefined;
  if (!hasFrom) return hasTo ? '/from' : '/interval';
  return hasTo ? undefined : '/to';
}

/** For one equipment and at most a month, because its readings are folded for the answer. */
function asOfIn(parameters: QueryParameters, window: Window | undefined): Instant | undefined {
  const asOf = parameters.valueOf('asOf', parseQueryInstant);
  if (!parameters.has('asOf')) return undefined;
  if (!parameters.has('equipmentId')) {
    const detail = 'asOf shows one equipment: name its equipmentId, too.';
    parameters.faults.add('/asOf', { code: 'as-of-needs-equipment', detail });
  }
  if (window?.interval === null && daysOf(window) > MAX_AS_OF_DAYS) {
    const detail = `With asOf a range has at most ${MAX_AS_OF_DAYS} days.`;
    parameters.faults.add('/to', { code: 'range-too-long', detail });
  }
  return asOf;
}

function daysOf({ from, to }: { readonly from: Instant; readonly to: Instant }): number {
  return (instantToEpochMs(to) - instantToEpochMs(from)) / MS_PER_DAY;
}
