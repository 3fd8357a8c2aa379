import type { AggregateStore, ClosingProgress, FleetStore } from '@sensorflow/aggregation';
import { EquipmentHours } from '@sensorflow/aggregation/equipment-hours.js';
import { HourlyAggregates } from '@sensorflow/aggregation/hourly-aggregates.js';
import { SystemClock, type Clock } from '@sensorflow/kernel';
import { Retention, type ReadingStore } from '@sensorflow/sensor-data';
import { InMemoryClosingProgress } from './in-memory-closing-progress.js';
import { InMemoryReadingStore } from './in-memory-reading-store.js';

/** What answers questions about aggregates; unless there are readings, it sees closed hours alone. */
export function hourlyAggregatesOn(
  aggregates: AggregateStore,
  fleet: FleetStore,
  readings: ReadingStore = new InMemoryReadingStore(),
  closing: ClosingProgress = new InMemoryClosingProgress(),
  clock: Clock = new SystemClock(),
): HourlyAggregates {
  const ports = { aggregates, readings };
  const equipment = new EquipmentHours(ports, Retention.FOREVER, clock);
  return new HourlyAggregates({ aggregates, fleet, equipment, closing }, clock);
}
