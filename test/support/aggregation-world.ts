import {
  hourOf,
  HourRecomputer,
  parseHour,
  SumRecomputer,
  type Hour,
} from '@sensorflow/aggregation';
import type { Retention } from '@sensorflow/sensor-data';
import { AggregateComparison } from '@sensorflow/verification/aggregate-comparison.js';
import { AggregateRepairer } from '@sensorflow/verification/aggregate-repairer.js';
import { DaysWithData } from '@sensorflow/verification/days-with-data.js';
import { PagedComparison } from '@sensorflow/verification/paged-comparison.js';
import { Verification } from '@sensorflow/verification/verification.js';
import { FixedClock } from './fixed-clock.js';
import { InMemoryClosingProgress } from './in-memory-closing-progress.js';
import { InMemoryAggregateStore } from './in-memory-aggregate-store.js';
import { InMemoryEquipmentRegistry } from './in-memory-equipment-registry.js';
import { InMemoryFleetStore } from './in-memory-fleet-store.js';
import { InMemoryReadingStore } from './in-memory-reading-store.js';
import { aStoredReading } from './readings.js';

const NEVER = Number.POSITIVE_INFINITY;
/** Of the last digit of the id, so that a test can choose. */
const shardOf = (equipmentId: string): number => Number(equipmentId.slice(-1)) % 2;

/** Readings and aggregates in memory, aggregated when told, and what verifies them. All hours are closed unless said otherwise. */
export class AggregationWorld {
  readonly clock = new FixedClock('2023-03-01T00:00:00Z');
  readonly readings = new InMemoryReadingStore();
  readonly aggregates = new InMemoryAggregateStore(1500, shardOf);
  readonly fleet = new InMemoryFleetStore(this.aggregates, shardOf);
  readonly registry = new InMemoryEquipmentRegistry();
  /** What could not be repaired. */
  readonly failures: unknown[] = [];
  readonly hours: HourRecomputer;
  private readonly sums = new SumRecomputer(this.fleet, this.clock);
  readonly verification: Verification;

  constructor(
    retention?: Retention,
    secondLookMs = 5000,
    longestPartMs = 4000,
    readonly closing = new InMemoryClosingProgress(anHour('2023-03-01T00')),
  ) {
    const { readings, aggregates, fleet, registry, clock } = this;
    const kept = retention ? { retention } : {};
    // Three readings make a dense hour.
    this.hours = new HourRecomputer({ readings, aggregates, closing }, clock, {
      denseReadings: 2,
      ...kept,
    });
    const comparison = new AggregateComparison(readings, aggregates, fleet);
    const days = new DaysWithData(readings, aggregates, fleet);
    const pagedComparison = new PagedComparison(comparison, days, clock, longestPartMs);
    const repaired = { aggregates, hours: this.hours, sums: this.sums };
    const repairer = new AggregateRepairer(repaired, clock, (error) => this.failures.push(error));
    const ports = { closing, readings, registry, comparison, pagedComparison, repairer };
    this.verification = new Verification(ports, clock, { secondLookMs, ...kept });
  }

  async put(...words: Parameters<typeof aStoredReading>): Promise<void> {
    await this.readings.putAll([aStoredReading(...words)]);
  }

  /** As the streams do. */
  async aggregate(): Promise<void> {
    for (const { equipmentId, timestamp, values } of this.readings.all()) {
      const hour = hourOf(timestamp);
      const metrics = [...values.keys()];
      await this.registry.add(metrics.map((metric) => ({ equipmentId, metric })));
      await this.hours.recomputeHour({ equipmentId, hour }, NEVER);
      await this.sums.recomputeShardHour({ shard: shardOf(equipmentId), hour }, metrics, NEVER);
      for (const metric of metrics) await this.sums.recomputeFleetHour({ metric, hour }, NEVER);
    }
  }
}

export function anHour(text: string): Hour {
  const hour = parseHour(text);
  if (hour === undefined) throw new Error(`${text} is no hour`);
  return hour;
}
