import {
  AGGREGATE_TOO_LARGE,
  AggregateStore,
  equipmentHourId,
  type EquipmentHour,
  type EquipmentHourCell,
  type Hour,
  type HourRange,
  type ReplaceOutcome,
} from '@sensorflow/aggregation';
import {
  compareEquipmentHours,
  type CellState,
  type ClosableCell,
  type MetricHoursQuery,
  type ScannedHour,
} from '@sensorflow/aggregation/hours/aggregate-store.js';
import { DomainError, type WorkBudget } from '@sensorflow/kernel';
import { counted } from './counted.js';

/** The table of aggregates in memory, for tests; keeps the contract of AggregateStore. */
export class InMemoryAggregateStore extends AggregateStore {
  private readonly cellsByKey = new Map<string, EquipmentHourCell>();

  /** @param mostMetrics how many metrics a cell holds */
  constructor(
    private readonly mostMetrics = 1500,
    /** In which shard an equipment's cells lie. */
    private readonly shardOfEquipment: (equipmentId: string) => number = () => 0,
  ) {
    super();
  }

  override async readState(of: EquipmentHour): Promise<CellState> {
    await Promise.resolve();
    const { version = 0, slots, isClosed, asOf } = this.cell(of) ?? {};
    return {
      version,
      ...(slots && { slots }),
      ...(isClosed && { isClosed }),
      ...(asOf !== undefined && { asOf }),
    };
  }

  override async replaceCell(cell: EquipmentHourCell): Promise<ReplaceOutcome> {
    await Promise.resolve();
    const parts = [cell.metrics, ...(cell.slots?.values() ?? [])];
    if (parts.reduce((sum, { size }) => sum + size, 0) > this.mostMetrics) {
      throw new DomainError('invalid', AGGREGATE_TOO_LARGE, 'more metrics than a cell holds');
    }
    if ((this.cell(cell)?.version ?? 0) !== cell.version - 1) return 'conflict';
    this.put(cell);
    return 'replaced';
  }

  override async *scanMetric(
    query: MetricHoursQuery,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly ScannedHour[]> {
    await Promise.resolve();
    const { metric, range, equipmentId, after } = query;
    const found = this.cells()
      .filter((cell) => !after || compareEquipmentHours(cell, after) > 0)
      .filter((cell) => cell.hour >= range.from && cell.hour < range.to)
      .filter((cell) => equipmentId === undefined || cell.equipmentId === equipmentId)
      .map((cell) => scannedHourOf(cell, metric));
    // Two pages show who forgets the second.
    for (const page of [found.slice(0, 2), found.slice(2)]) {
      await budget?.call(
        async () => Promise.resolve(page),
        ({ length }) => length,
      );
      if (page.length > 0) yield page;
    }
  }

  override async daysWithin(
    range: HourRange,
    equipmentId?: string,
    budget?: WorkBudget,
  ): Promise<readonly string[]> {
    await counted(budget);
    const within = this.within(range).filter(
      (cell) => equipmentId === undefined || cell.equipmentId === equipmentId,
    );
    return [...new Set(within.map(({ hour }) => hour.slice(0, 10)))];
  }

  override async shardOf(of: EquipmentHour): Promise<number> {
    return Promise.resolve(this.shardOfEquipment(of.equipmentId));
  }

  override async *scanEquipment(
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly string[]> {
    await counted(budget);
    yield this.within(range).map(({ equipmentId }) => equipmentId);
  }

  override async *scanHour(
    hour: Hour,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly ClosableCell[]> {
    await counted(budget);
    yield this.cells()
      .filter((cell) => cell.hour === hour)
      .map(({ equipmentId, isClosed = false }) => ({ equipmentId, isClosed }));
  }

  override async *scanCells(
    equipmentId: string,
    range: HourRange,
    budget?: WorkBudget,
  ): AsyncGenerator<readonly EquipmentHourCell[]> {
    await counted(budget);
    yield this.within(range).filter((cell) => cell.equipmentId === equipmentId);
  }

  private within({ from, to }: HourRange): readonly EquipmentHourCell[] {
    return this.cells().filter(({ hour }) => hour >= from && hour < to);
  }

  cell(of: EquipmentHour): EquipmentHourCell | undefined {
    return this.cellsByKey.get(equipmentHourId(of));
  }

  /** Everything, also cells without readings, by hour and equipment. */
  cells(): readonly EquipmentHourCell[] {
    return [...this.cellsByKey.values()].sort(compareEquipmentHours);
  }

  /** Without asking for versions. */
  put(cell: EquipmentHourCell): void {
    this.cellsByKey.set(equipmentHourId(cell), cell);
  }
}

function scannedHourOf(cell: EquipmentHourCell, metric: string): ScannedHour {
  const { equipmentId, hour, failure, isClosed } = cell;
  const aggregate = cell.metrics.get(metric);
  return {
    equipmentId,
    hour,
    ...(aggregate && { aggregate }),
    ...(failure && { failure }),
    ...(isClosed && { isClosed }),
  };
}
