import {
  FleetStore,
  sumId,
  type EquipmentHourCell,
  type Hour,
  type HourRange,
  type ReplaceOutcome,
  type SumOf,
} from '@sensorflow/aggregation';
import type {
  FleetHour,
  ShardHour,
  SumCell,
  Summand,
} from '@sensorflow/aggregation/fleet/fleet-store.js';
import { joinEquipment } from '@sensorflow/aggregation/hours/hourly-aggregate.js';
import type { WorkBudget } from '@sensorflow/kernel';
import { counted } from './counted.js';
import type { InMemoryAggregateStore } from './in-memory-aggregate-store.js';

/** The upper levels of the table of aggregates in memory, for tests; keeps the contract of FleetStore. */
export class InMemoryFleetStore extends FleetStore {
  private readonly sums = new Map<string, SumCell>();

  constructor(
    private readonly aggregates: InMemoryAggregateStore,
    /** In which shard an equipment's cells lie. */
    private readonly shardOf: (equipmentId: string) => number = () => 0,
  ) {
    super();
  }

  override async readVersion(of: SumOf): Promise<number> {
    await Promise.resolve();
    return this.sum(of)?.version ?? 0;
  }

  override async replaceSum(cell: SumCell): Promise<ReplaceOutcome> {
    await Promise.resolve();
    if ((this.sum(cell)?.version ?? 0) !== cell.version - 1) return 'conflict';
    this.sums.set(sumId(cell), cell);
    return 'replaced';
  }

  override async *scanShard(
    { shard, hour }: ShardHour,
    metrics: readonly string[],
  ): AsyncGenerator<readonly Summand[]> {
    await Promise.resolve();
    const found = this.aggregates
      .cells()
      .filter((cell) => cell.hour === hour && this.shardOf(cell.equipmentId) === shard)
      .map((cell) => summandOf(cell, metrics));
    // Two pages show who forgets the second.
    for (const page of [found.slice(0, 2), found.slice(2)]) if (page.length > 0) yield page;
  }

  override async *scanShardSums(metric: string, hour: Hour): AsyncGenerator<readonly Summand[]> {
    await Promise.resolve();
    yield this.allSums()
      .filter((sum) => sum.metric === metric && sum.hour === hour && sum.shard !== undefined)
      .map(({ aggregate, asOf }) => {
        const metrics = new Map(aggregate ? [[metric, aggregate]] : []);
        return asOf === undefined ? { metrics } : { metrics, asOf };
      });
  }

  override async *scanSums(
    metric: string,
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly SumCell[]> {
    await counted(budget);
    yield this.allSums().filter(
      (sum) => sum.metric === metric && sum.hour >= range.from && sum.hour < range.to,
    );
  }

  override async *scanFleet(
    metric: string,
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly FleetHour[]> {
    await counted(budget);
    const found = this.allSums()
      .filter((sum) => sum.metric === metric && sum.shard === undefined)
      .filter(({ hour }) => hour >= range.from && hour < range.to)
      .map(fleetHourOf)
      .sort((a, b) => (a.hour < b.hour ? -1 : 1));
    for (const page of [found.slice(0, 2), found.slice(2)]) if (page.length > 0) yield page;
  }

  sum(of: SumOf): SumCell | undefined {
    return this.sums.get(sumId(of));
  }

  allSums(): readonly SumCell[] {
    return [...this.sums.values()];
  }

  /** As if every record of the aggregates' stream had been handled. */
  catchUp(): void {
    for (const [hour, cells] of Map.groupBy(this.aggregates.cells(), (cell) => cell.hour)) {
      for (const [metric, aggregate] of joinEquipment(cells.map(({ metrics }) => metrics))) {
        const version = (this.sum({ metric, hour })?.version ?? 0) + 1;
        this.sums.set(sumId({ metric, hour }), { metric, hour, version, aggregate });
      }
    }
  }
}

function summandOf(cell: EquipmentHourCell, names: readonly string[]): Summand {
  const metrics = new Map([...cell.metrics].filter(([metric]) => names.includes(metric)));
  return cell.isClosed === true ? { metrics } : { metrics, asOf: cell.asOf ?? 0 };
}

function fleetHourOf({ hour, aggregate, asOf }: SumCell): FleetHour {
  return { hour, ...(aggregate && { aggregate }), ...(asOf !== undefined && { asOf }) };
}
