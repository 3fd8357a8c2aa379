import {
  AGGREGATE_TOO_LARGE,
  HOUR_SEALED,
  RecomputationPool,
  hourOfEpochMs,
  hourPlus,
  hoursBetween,
  startOfHour,
  type AggregateStore,
  type ClosingProgress,
  type EquipmentHour,
  type FleetStore,
  type Hour,
  type HourRange,
  type HourRecomputer,
} from '@sensorflow/aggregation';
import { RegisteredMetrics, type EquipmentRegistry } from '@sensorflow/equipment';
import { WorkBudget, type Clock } from '@sensorflow/kernel';
import type { ReadingStore } from '@sensorflow/sensor-data';
import pLimit from 'p-limit';
import { DaysWithData } from '../days-with-data.js';

export interface HourCloserPorts {
  readonly closing: ClosingProgress;
  readonly aggregates: AggregateStore;
  readonly fleet: FleetStore;
  readonly readings: ReadingStore;
  readonly registry: EquipmentRegistry;
  readonly hours: HourRecomputer;
}

/** What one run did. */
export interface ClosingReport {
  /** Hours whose cells are all closed now. */
  readonly closedHours: number;
  /** Cells recomputed on the way. */
  readonly closedCells: number;
  /** Hours that are due and not closed: more than 1 only when something holds the closing up. */
  readonly hoursBehind: number;
  /** Cells that say that they are too large to show. */
  readonly tooLarge: readonly EquipmentHour[];
  /** Cells that stay as they are, because their readings expire. */
  readonly sealed: readonly EquipmentHour[];
  readonly failures: readonly { readonly cell: EquipmentHour; readonly error: unknown }[];
}

/** How long after its end the closing of an hour begins: most readings that come late have come by then. */
export const CLOSING_GRACE_MS = 5 * 60_000;
/** Equipment looked at in parallel. */
const CONCURRENCY = 8;

/**
 * Closes hours, oldest first: record 0020. Several may run at once and stop at any step; the next run continues. The
 * clock only decides when the closing of an hour begins.
 */
export class HourCloser {
  private readonly days: DaysWithData;
  private readonly pool: RecomputationPool;
  /** As last read; it only moves forwards. */
  private position: Hour | undefined;
  /**
   * Equipment without readings in the hour that is being closed. The frontier has passed it: readings that come
   * later are recomputed by themselves.
   */
  private empty: { readonly hour: Hour | undefined; readonly equipmentIds: Set<string> } = {
    hour: undefined,
    equipmentIds: new Set(),
  };

  constructor(
    private readonly ports: HourCloserPorts,
    private readonly clock: Clock,
    random?: () => number,
  ) {
    this.pool = new RecomputationPool(clock, random);
    this.days = new DaysWithData(ports.readings, ports.aggregates, ports.fleet);
  }

  /**
   * Closes what is due, as far as the time allows, and waits for a store that is unavailable. A cell that fails does not hold up the others of its
   * hour, but the hours after it. Throws what the stores throw while hours and cells are looked for.
   */
  async closeDueHours(deadlineEpochMs: number): Promise<ClosingReport> {
    const due = hourOfEpochMs(Math.max(0, this.clock.nowEpochMs() - CLOSING_GRACE_MS));
    const run = new ClosingRun(deadlineEpochMs, this.clock);
    if (this.position === undefined || this.position < due) await this.close(due, run);
    return run.report(Math.max(0, hoursBetween(this.position ?? due, due)));
  }

  private async close(due: Hour, run: ClosingRun): Promise<void> {
    const { closing, registry } = this.ports;
    // First: what is acknowledged from now on finds its hour closed, and is recomputed by itself.
    await closing.advance('frontier', due);
    const from = await closing.read('position');
    this.position = from;
    if (from >= due) return;
    const equipment = await registered(registry, run.budget);
    const scope = { range: { from, to: due }, equipment, metrics: RegisteredMetrics.NONE };
    for await (const day of this.days.within(scope, run.budget)) {
      for (const hour of hoursIn(day)) {
        if (!(await this.closeHour(hour, equipment, run))) return;
        await this.advance(hourPlus(hour, 1));
        run.closedHours += 1;
      }
    }
    await this.advance(due);
  }

  private async advance(position: Hour): Promise<void> {
    await this.ports.closing.advance('position', position);
    this.position = position;
  }

  /**
   * Whether all cells of the hour are closed now. Those that are there come first, so that many equipment without
   * a cell never hold them up.
   */
  private async closeHour(
    hour: Hour,
    equipment: readonly string[],
    run: ClosingRun,
  ): Promise<boolean> {
    const { known, open } = await this.cellsOf(hour, run.budget);
    await this.closeCells(open, hour, run);
    const withoutCell = equipment.filter((id) => !known.has(id));
    await this.closeCells(await this.withReadings(withoutCell, hour, run), hour, run);
    return run.failures.length === 0 && !run.isOutOfTime;
  }

  /** A closed cell was recomputed after the frontier had moved. */
  private async cellsOf(hour: Hour, budget: WorkBudget) {
    const known = new Set<string>();
    const open: string[] = [];
    for await (const page of this.ports.aggregates.scanHour(hour, budget)) {
      for (const { equipmentId, isClosed } of page) {
        known.add(equipmentId);
        if (isClosed !== true) open.push(equipmentId);
      }
    }
    return { known, open };
  }

  private async closeCells(
    equipmentIds: readonly string[],
    hour: Hour,
    run: ClosingRun,
  ): Promise<void> {
    const cells = equipmentIds.map((equipmentId) => ({ equipmentId, hour }));
    // The frontier has passed them: it need not be read again.
    const frontier = hourPlus(hour, 1);
    await this.pool.run(cells, run.deadlineEpochMs, {
      recompute: async (cell) => {
        if (run.isOutOfTime) return;
        run.note(
          cell,
          await this.ports.hours.recomputeHour(cell, run.deadlineEpochMs, { frontier }),
        );
      },
      fail: (cell, error) => run.failures.push({ cell, error }),
    });
  }

  /** As far as the time allows; the next run looks at the rest. */
  private async withReadings(
    equipmentIds: readonly string[],
    hour: Hour,
    run: ClosingRun,
  ): Promise<readonly string[]> {
    if (this.empty.hour !== hour) this.empty = { hour, equipmentIds: new Set() };
    const empty = this.empty.equipmentIds;
    const found: string[] = [];
    const unknown = equipmentIds.filter((id) => !empty.has(id));
    await pLimit(CONCURRENCY).map(unknown, async (equipmentId) => {
      if (run.isOutOfTime) return;
      if (await this.hasReadings({ equipmentId, hour }, run.budget)) found.push(equipmentId);
      else empty.add(equipmentId);
    });
    return found;
  }

  private async hasReadings(
    { equipmentId, hour }: EquipmentHour,
    budget: WorkBudget,
  ): Promise<boolean> {
    const [from, to] = [startOfHour(hour), startOfHour(hourPlus(hour, 1))];
    const query = { equipmentId, from, to, order: 'asc', limit: 1 } as const;
    const { readings, next } = await this.ports.readings.range(query, budget);
    return readings.length > 0 || next !== undefined;
  }
}

/** One run's bounds, and what came of it. */
class ClosingRun {
  closedHours = 0;
  private closedCells = 0;
  private readonly tooLarge: EquipmentHour[] = [];
  private readonly sealed: EquipmentHour[] = [];
  readonly failures: { readonly cell: EquipmentHour; readonly error: unknown }[] = [];
  readonly budget: WorkBudget;

  constructor(
    readonly deadlineEpochMs: number,
    private readonly clock: Clock,
  ) {
    this.budget = new WorkBudget(new AbortController().signal, clock);
  }

  get isOutOfTime(): boolean {
    return this.clock.nowEpochMs() >= this.deadlineEpochMs;
  }

  note(cell: EquipmentHour, outcome: Awaited<ReturnType<HourRecomputer['recomputeHour']>>): void {
    this.closedCells += 1;
    if (outcome === AGGREGATE_TOO_LARGE) this.tooLarge.push(cell);
    if (outcome === HOUR_SEALED) this.sealed.push(cell);
  }

  report(hoursBehind: number): ClosingReport {
    const { closedHours, closedCells, tooLarge, sealed, failures } = this;
    return { closedHours, closedCells, hoursBehind, tooLarge, sealed, failures };
  }
}

function* hoursIn({ from, to }: HourRange): Generator<Hour> {
  for (let hour = from; hour < to; hour = hourPlus(hour, 1)) yield hour;
}

async function registered(
  registry: EquipmentRegistry,
  budget: WorkBudget,
): Promise<readonly string[]> {
  const ids: string[] = [];
  for await (const page of registry.scan(undefined, budget)) {
    ids.push(...page.map(({ equipmentId }) => equipmentId));
  }
  return ids;
}
