import {
  hourOf,
  hourPlus,
  hoursBetween,
  startOfHour,
  type Hour,
  type HourRange,
} from '@sensorflow/aggregation';
import { RegisteredMetrics, type EquipmentRegistry } from '@sensorflow/equipment';
import type { Clock, WorkBudget } from '@sensorflow/kernel';
import { Retention, type ReadingStore } from '@sensorflow/sensor-data';
import type { Inspection, Look, Subject } from './aggregate-comparison.js';
import type { AggregateRepairer } from './aggregate-repairer.js';
import { differenceKey, stillFound, type Difference } from './difference.js';
import type { FirstLooks, FirstPage } from './paged-comparison.js';

export interface VerificationQuery {
  readonly range: HourRange;
  /** All equipment and the sums of the fleet unless named. */
  readonly equipmentId?: string;
}

/** What became of the hours from the range's first to before `next`. */
export interface VerificationReport extends Look {
  /** Of the differences, those that a look after the repair did not find any more. */
  readonly repaired: number;
  /** Hours left out because their readings expire. */
  readonly sealedHours: number;
  /** Where the next page goes on; undefined at the end. */
  readonly next: Hour | undefined;
}

export interface VerificationOptions {
  /** How long aggregates may lag behind before a difference counts. */
  readonly secondLookMs: number;
  /** For ever unless set. */
  readonly retention?: Retention;
}

export interface VerificationPorts {
  readonly readings: ReadingStore;
  readonly registry: EquipmentRegistry;
  readonly inspection: Inspection;
  readonly firstLooks: FirstLooks;
  readonly repairer: AggregateRepairer;
}

const REPAIR_MS = 30_000;

/** Holds the aggregates of a range against its readings: record 0011. Everything is spent of a budget, and throws its signal's reason. */
export class Verification {
  private readonly retention: Retention;

  constructor(
    private readonly ports: VerificationPorts,
    private readonly clock: Clock,
    private readonly options: VerificationOptions,
  ) {
    this.retention = options.retention ?? Retention.FOREVER;
  }

  /** A page of the range, at least an hour of it. Changes nothing; throws what the stores throw. */
  async verify(query: VerificationQuery, budget: WorkBudget): Promise<VerificationReport> {
    const { subject, sealedHours } = await this.subjectOf(query, budget);
    const first = await this.ports.firstLooks.at(subject, budget);
    const differences = await this.confirmed(first, subject, budget);
    const { checked, tooLarge, next } = first;
    return { checked, tooLarge, differences, sealedHours, repaired: 0, next };
  }

  /** The same, and puts right what differs. Safe to repeat, and beside the streams. */
  async repair(query: VerificationQuery, budget: WorkBudget): Promise<VerificationReport> {
    const { subject, sealedHours } = await this.subjectOf(query, budget);
    const first = await this.ports.firstLooks.at(subject, budget);
    const differences = await this.confirmed(first, subject, budget);
    const repaired = await this.repairedOf(differences, first, subject, budget);
    const { checked, tooLarge } = first;
    const next = repaired > 0 ? (first.unfinished ?? first.next) : first.next;
    return { checked, tooLarge, differences, sealedHours, repaired, next };
  }

  private async subjectOf({ range, equipmentId }: VerificationQuery, budget: WorkBudget) {
    const from = this.firstUnsealed(range);
    const sealedHours = hoursBetween(range.from, from);
    const equipment = equipmentId === undefined ? await this.equipment(budget) : [equipmentId];
    const metrics =
      equipmentId === undefined
        ? await RegisteredMetrics.in(this.ports.registry, budget)
        : undefined;
    return { subject: { range: { from, to: range.to }, equipment, metrics }, sealedHours };
  }

  private firstUnsealed({ from, to }: HourRange): Hour {
    let hour = from;
    while (hour < to && this.isSealed(hour)) hour = hourPlus(hour, 1);
    return hour;
  }

  private isSealed(hour: Hour): boolean {
    return this.retention.isSealed(startOfHour(hour), this.clock.nowEpochMs());
  }

  /** From the readings themselves: what the registry and the cells do not know must not stay hidden. */
  private async equipment(budget: WorkBudget): Promise<readonly string[]> {
    const equipment: string[] = [];
    for await (const ids of this.ports.readings.scanEquipment(budget)) {
      budget.signal.throwIfAborted();
      equipment.push(...ids);
    }
    return equipment;
  }

  /** What a second look some seconds later still finds, in hours that have not been sealed meanwhile. */
  private async confirmed(
    first: FirstPage,
    subject: Subject,
    budget: WorkBudget,
  ): Promise<readonly Difference[]> {
    if (first.differences.length === 0) return [];
    budget.signal.throwIfAborted();
    await Promise.race([this.clock.sleep(this.options.secondLookMs), aborted(budget.signal)]);
    const second = await this.lookAgain(first, subject, budget);
    return stillFound(first.differences, second).filter(
      ({ start }) => !this.isSealed(hourOf(start)),
    );
  }

  private async repairedOf(
    differences: readonly Difference[],
    first: FirstPage,
    subject: Subject,
    budget: WorkBudget,
  ): Promise<number> {
    if (differences.length === 0) return 0;
    await this.ports.repairer.repair(differences, this.clock.nowEpochMs() + REPAIR_MS, budget);
    const left = new Set((await this.lookAgain(first, subject, budget)).map(differenceKey));
    return differences.filter((each) => !left.has(differenceKey(each))).length;
  }

  /** In the same parts: a look at many hours costs little more than one at a single hour. */
  private async lookAgain(
    { differing }: FirstPage,
    subject: Subject,
    budget: WorkBudget,
  ): Promise<readonly Difference[]> {
    const found: Difference[] = [];
    for (const range of differing) {
      budget.signal.throwIfAborted();
      const look = await this.ports.inspection.look({ ...subject, range }, budget);
      found.push(...look.differences);
    }
    return found;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
