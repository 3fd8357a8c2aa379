import { instantToEpochMs, showInstant } from '@sensorflow/kernel';
import type { StoredReading } from '@sensorflow/sensor-data';
import { hash } from 'node:crypto';
import { Temporal } from 'temporal-polyfill';
import { QUANTITIES, type Quantity } from './cip-measurement.js';

/** A reading in the words of the earlier service. */
export interface CipRecord {
  /** A UUID that is always the same for one sensor and instant. */
  readonly id: string;
  readonly sensor: string;
  readonly quantities: Readonly<Partial<Record<Quantity, number>>>;
  readonly cipId: string | null;
  readonly statusCip: string | null;
  /** RFC 3339, UTC. */
  readonly timestamp: string;
  /** `YYYY-MM-DD` and `HH:MM:SS`, as the clocks on the wall show them. */
  readonly date: string;
  readonly time: string;
}

/** @param timeZone an IANA name */
export function recordOf(reading: StoredReading, timeZone: string): CipRecord {
  const { equipmentId, timestamp, values, tags } = reading;
  const epochMs = instantToEpochMs(timestamp);
  const local = Temporal.Instant.fromEpochMilliseconds(epochMs).toZonedDateTimeISO(timeZone);
  const measured = QUANTITIES.filter((quantity) => values.has(quantity));
  return {
    id: uuidOf(`${equipmentId} ${timestamp}`),
    sensor: equipmentId,
    quantities: Object.fromEntries(measured.map((quantity) => [quantity, values.get(quantity)])),
    cipId: tags.get('cip_id') ?? null,
    statusCip: tags.get('status_cip') ?? null,
    timestamp: showInstant(timestamp),
    date: local.toPlainDate().toString(),
    time: local.toPlainTime().toString({ smallestUnit: 'second', roundingMode: 'trunc' }),
  };
}

/** RFC 9562 §5.8: version 8, whose bits are the application's own. */
function uuidOf(text: string): string {
  const hex = hash('sha256', text, 'hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), `8${hex.slice(13, 16)}`];
  return [...parts, `a${hex.slice(17, 20)}`, hex.slice(20, 32)].join('-');
}
