import type { Clock } from '@sensorflow/kernel';
import { MetricNameLimit, RegisteredMetricNames } from '@sensorflow/sensor-data';
import { FixedClock } from './fixed-clock.js';

/** The registered metric names in memory, for tests. */
export class InMemoryMetricNames extends RegisteredMetricNames {
  readonly names = new Map<string, readonly string[]>();
  /** The equipment of each question. */
  readonly asked: string[] = [];
  mostAskedAtOnce = 0;
  private askedNow = 0;
  private failure: Error | undefined;

  /** From now on, questions fail; undefined heals. */
  failQuestions(failure: Error | undefined): void {
    this.failure = failure;
  }

  override async namesOf(equipmentId: string, atMost: number): Promise<readonly string[]> {
    this.asked.push(equipmentId);
    this.askedNow += 1;
    this.mostAskedAtOnce = Math.max(this.mostAskedAtOnce, this.askedNow);
    await Promise.resolve();
    this.askedNow -= 1;
    if (this.failure) throw this.failure;
    return (this.names.get(equipmentId) ?? []).slice(0, atMost);
  }
}

/** The limit over an empty registry. */
export function aNameLimit(clock: Clock = new FixedClock()): MetricNameLimit {
  return new MetricNameLimit(new InMemoryMetricNames(), clock);
}
