import { QueryParameters, type QueryString } from '@sensorflow/platform/http/query-parameters.js';
import type { ReadingIdentity } from '../reading.js';
import type { RemovalRange } from '../log/reading-remover.js';
import { parseMetricName } from '../metric-name.js';
import { EQUIPMENT_ID_CODES, parsePathEquipmentId } from './path-equipment-id.js';
import { pathReadingOf } from './path-reading.js';

export interface ReadingRemoval extends ReadingIdentity {
  /** All of the instant unless set. */
  readonly metric?: string;
}

/**
 * The reading, or the one value of it, that a path and its query name. Throws DomainError `invalid-request`
 * with every fault at once: `equipment-id-…`, `timestamp-…`, `metric-name-invalid`, `unknown-property`,
 * `parameter-repeated`; an equipment id's fault alone is the code.
 */
export function readingRemovalOf(
  equipmentIdText: string,
  timestampText: string,
  query: QueryString,
): ReadingRemoval {
  const parameters = new QueryParameters(query, ['metric']);
  const { faults } = parameters;
  const reading = pathReadingOf(equipmentIdText, timestampText, faults);
  const metric = parameters.valueOf('metric', parseMetricName);
  parameters.assertFaultless(...EQUIPMENT_ID_CODES);
  if (!reading) throw new Error('no reading, and no fault');
  return { ...reading, ...(metric !== undefined && { metric }) };
}

/** The same for a range, both ends of which must be named: `bound-missing`, and `range-empty`, alone the code. */
export function rangeRemovalOf(equipmentIdText: string, query: QueryString): RemovalRange {
  const parameters = new QueryParameters(query, ['from', 'to', 'metric']);
  const { faults } = parameters;
  const equipmentId = faults.valueOf('/equipmentId', parsePathEquipmentId(equipmentIdText));
  for (const name of ['from', 'to']) {
    if (parameters.has(name)) continue;
    const detail = 'A removal names both ends of its range: from (included) and to (excluded).';
    faults.add(`/${name}`, { code: 'bound-missing', detail });
  }
  const { from, to } = parameters.bounds();
  const metric = parameters.valueOf('metric', parseMetricName);
  parameters.assertFaultless(...EQUIPMENT_ID_CODES);
  if (equipmentId === undefined || from === undefined || to === undefined) {
    throw new Error('no range, and no fault');
  }
  return { equipmentId, from, to, ...(metric !== undefined && { metric }) };
}
