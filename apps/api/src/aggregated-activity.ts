import type { DynamicModule } from '@nestjs/common';
import {
  AggregateStore,
  dayOf,
  firstHourOfDay,
  hourOfEpochMs,
  hourPlus,
  type HourRange,
} from '@sensorflow/aggregation';
import { LatelyActive } from '@sensorflow/cip-service';
import type { CipServiceOptions } from '@sensorflow/cip-service/cip-service.module.js';
import { SystemClock, type Clock, type WorkBudget } from '@sensorflow/kernel';

/** Hours looked at together, the newest first: a day, the hour that it began in, and the next, for clocks ahead. */
const WINDOWS = [1, 1, 2, 4, 8, 10];
/** How far ahead of the clock readings are accepted. */
const MOST_AHEAD_MS = 600_000;

/** By the hours in the aggregates, which the earlier service's routes know nothing of. */
export class AggregatedActivity extends LatelyActive {
  constructor(
    private readonly aggregates: Pick<AggregateStore, 'scanEquipment'>,
    private readonly clock: Clock,
  ) {
    super();
  }

  override async newest(enough: number, budget: WorkBudget): Promise<ReadonlySet<string>> {
    const found = new Set<string>();
    for (const range of rangesBefore(this.clock.nowEpochMs())) {
      for await (const equipmentIds of this.aggregates.scanEquipment(range, budget)) {
        for (const equipmentId of equipmentIds) found.add(equipmentId);
        if (found.size >= enough) return found;
      }
    }
    return found;
  }
}

/** Each within a day. */
function* rangesBefore(nowEpochMs: number): Generator<HourRange> {
  let to = hourPlus(hourOfEpochMs(nowEpochMs + MOST_AHEAD_MS), 1);
  for (const hours of WINDOWS) {
    const from = hourPlus(to, -hours);
    const midnight = firstHourOfDay(dayOf(hourPlus(to, -1)));
    if (from < midnight) {
      yield { from: midnight, to };
      yield { from, to: midnight };
    } else yield { from, to };
    to = from;
  }
}

export function activityOf(aggregation: DynamicModule): CipServiceOptions['activity'] {
  return {
    module: aggregation,
    inject: AggregateStore,
    from: (aggregates: AggregateStore) => new AggregatedActivity(aggregates, new SystemClock()),
  };
}
