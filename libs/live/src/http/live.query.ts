import type { Caller } from '@sensorflow/auth';
import { QueryParameters, type QueryString } from '@sensorflow/platform/http/query-parameters.js';
import { parseEquipmentId, parseMetricName } from '@sensorflow/sensor-data';
import type { FeedFilter } from '../feed-filter.js';

export const MAX_NAMES = 50;

/**
 * What a feed is about. Throws `invalid-request` with every fault, and `equipment-forbidden` for equipment that
 * the caller may not read.
 */
export function feedFilterOf(query: QueryString, { equipment }: Caller): FeedFilter {
  const parameters = new QueryParameters(query, ['equipmentId', 'metric']);
  const equipmentIds = parameters.valuesOf('equipmentId', parseEquipmentId, MAX_NAMES);
  const metrics = parameters.valuesOf('metric', parseMetricName, MAX_NAMES);
  parameters.assertFaultless();
  for (const equipmentId of equipmentIds ?? []) equipment?.assertAllows(equipmentId);
  return {
    ...(equipmentIds && { equipmentIds: new Set(equipmentIds) }),
    ...(metrics && { metrics: new Set(metrics) }),
    restriction: equipment,
  };
}
