import { accepted, refused, type Parsed } from '@sensorflow/kernel';
import {
  MAX_RANGE_DAYS,
  QueryParameters,
  type QueryString,
} from '@sensorflow/platform/http/query-parameters.js';
import { parseMetricName } from '../metric-name.js';
import type { SeriesQuery } from '../series/reading-series.js';
import { EQUIPMENT_ID_CODES, parsePathEquipmentId } from './path-equipment-id.js';

export const MOST_SERIES = 8;
export const MOST_BUCKETS = 2000;
export const DEFAULT_BUCKETS = 500;

/**
 * What a path and its query ask for. Throws DomainError `invalid-request` with every fault at once:
 * `equipment-id-…`, `timestamp-…`, `bound-missing`, `metric-missing`, `metric-name-invalid`, `too-many-names`,
 * `buckets-invalid`, `unknown-property`, `parameter-repeated`, `range-empty`, `range-too-long`; an equipment id's
 * fault or one of the range alone is the code.
 */
export function seriesQueryOf(equipmentIdText: string, query: QueryString): SeriesQuery {
  const parameters = new QueryParameters(query, ['from', 'to', 'metric', 'buckets']);
  const { faults } = parameters;
  const equipmentId = faults.valueOf('/equipmentId', parsePathEquipmentId(equipmentIdText));
  for (const name of ['from', 'to']) {
    if (parameters.has(name)) continue;
    const detail = 'Name both ends of the range: from (included) and to (excluded).';
    faults.add(`/${name}`, { code: 'bound-missing', detail });
  }
  if (!parameters.has('metric')) {
    const detail = 'Name the metrics to show, each by a parameter of its own: metric=a&metric=b.';
    faults.add('/metric', { code: 'metric-missing', detail });
  }
  const { from, to } = parameters.bounds(MAX_RANGE_DAYS);
  const metrics = parameters.valuesOf('metric', parseMetricName, MOST_SERIES);
  const buckets = parameters.valueOf('buckets', parseBuckets) ?? DEFAULT_BUCKETS;
  parameters.assertFaultless(...EQUIPMENT_ID_CODES);
  if (equipmentId === undefined || from === undefined || to === undefined || !metrics) {
    throw new Error('no series, and no fault');
  }
  return { equipmentId, from, to, metrics: [...new Set(metrics)], buckets };
}

function parseBuckets(text: string): Parsed<number> {
  const buckets = /^[1-9][0-9]{0,3}$/.test(text) ? Number(text) : Infinity;
  return buckets <= MOST_BUCKETS
    ? accepted(buckets)
    : refused('buckets-invalid', `buckets is a whole number from 1 to ${MOST_BUCKETS}.`);
}
