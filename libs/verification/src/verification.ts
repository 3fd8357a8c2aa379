import {
  earlierHour,
  hourOf,
  hourPlus,
  hoursBetween,
  startOfHour,
  type ClosingProgress,
  type Hour,
  type HourRange,
} from '@sensorflow/aggregation';
import { RegisteredMetrics, type EquipmentRegistry } from '@sensorflow/equipment';
import type { Clock, WorkBudget } from '@sensorflow/kernel';
import { Retention, type ReadingStore } from '@sensorflow/sensor-data';
import type { AggregateComparison, ComparisonScope } from './aggregate-comparison.js';
import type { AggregateRepairer } from './aggregate-repairer.js';
import type { ComparisonResult } from './comparison-result.js';
import { differenceId, stillFound, type Difference } from './difference.js';
import type { ComparisonPage, PagedComparison } from './paged-comparison.js';

export interface VerificationQuery {
  readonly range: HourRange;
  /** Without it, all equipment and the fleet's sums. */
  readonly equipmentId?: string;
}

/** About the hours from the range's first up to `next`. */
export interface VerificationReport extends ComparisonResult {
  /** Differences that a comparison after the repair no longer found. */
  readonly repaired: number;
  /** Hours left out because their readings expire. */
  readonly sealedHours: number;
  /** Hours left out because they are not closed: what was read of them may wait to be aggregated. */
  readonly openHours: number;
  /** Where the next page starts; undefined at the end. */
  readonly next: Hour | undefined;
}

export interface VerificationOptions {
  /** How long aggregates may lag behind before a difference counts. */
  readonly secondLookMs: number;
  /** Unlimited by default. */
  readonly retention?: Retention;
}

export interface VerificationPorts {
  readonly closing: ClosingProgress;
  readonly readings: ReadingStore;
  readonly registry: EquipmentRegistry;
  readonly comparison: AggregateComparison;
  readonly pagedComparison: PagedComparison;
  readonly repairer: AggregateRepairer;
}

const REPAIR_MS = 30_000;

/**
 * Compares the aggregates of a range with its readings, and repairs them: record 0011. All work counts
 * against a budget, and throws the reason of its signal.
 */
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
    const { scope, ...leftOut } = await this.scopeOf(query, budget);
    const first = await this.ports.pagedComparison.nextPage(scope, budget);
    const differences = await this.confirmed(first, scope, budget);
    const { checked, tooLarge, next } = first;
    return { checked, tooLarge, differences, ...leftOut, repaired: 0, next };
  }

  /** Does the same, and repairs what differs. Safe to repeat, and while the streams are processed. */
  async repair(query: VerificationQuery, budget: WorkBudget): Promise<VerificationReport> {
    const { scope, ...leftOut } = await this.scopeOf(query, budget);
    const first = await this.ports.pagedComparison.nextPage(scope, budget);
    const differences = await this.confirmed(first, scope, budget);
    const repaired = await this.repairedOf(differences, first, scope, budget);
    const { checked, tooLarge } = first;
    const next = repaired > 0 ? (first.unfinished ?? first.next) : first.next;
    return { checked, tooLarge, differences, ...leftOut, repaired, next };
  }

  private async scopeOf({ range, equipmentId }: VerificationQuery, budget: WorkBudget) {
    const closed = { from: range.from, to: await this.endOfClosed(range) };
    const openHours = hoursBetween(closed.to, range.to);
    const from = this.firstUnsealed(closed);
    const sealedHours = hoursBetween(range.from, from);
    const equipment = equipmentId === undefined ? await this.equipment(budget) : [equipmentId];
    const metrics =
      equipmentId === undefined
        ? await RegisteredMetrics.in(this.ports.registry, budget)
        : undefined;
    const scope = { range: { from, to: closed.to }, equipment, metrics };
    return { scope, sealedHours, openHours };
  }

  private async endOfClosed({ from, to }: HourRange): Promise<Hour> {
    const end = earlierHour(to, await this.ports.closing.read('position'));
    return end > from ? end : from;
  }

  private firstUnsealed({ from, to }: HourRange): Hour {
    let hour = from;
    while (hour < to && this.isSealed(hour)) hour = hourPlus(hour, 1);
    return hour;
  }

  private isSealed(hour: Hour): boolean {
    return this.retention.isSealed(startOfHour(hour), this.clock.nowEpochMs());
  }

  /** From the readings: equipment that is missing from both the registry and the cells must be found. */
  private async equipment(budget: WorkBudget): Promise<readonly string[]> {
    const equipment: string[] = [];
    for await (const ids of this.ports.readings.scanEquipment(budget)) {
      budget.signal.throwIfAborted();
      equipment.push(...ids);
    }
    return equipment;
  }

  /** What a second comparison some seconds later still finds, in hours that were not sealed meanwhile. */
  private async confirmed(
    first: ComparisonPage,
    scope: ComparisonScope,
    budget: WorkBudget,
  ): Promise<readonly Difference[]> {
    if (first.differences.length === 0) return [];
    budget.signal.throwIfAborted();
    await Promise.race([this.clock.sleep(this.options.secondLookMs), aborted(budget.signal)]);
    const second = await this.compareAgain(first, scope, budget);
    return stillFound(first.differences, second).filter(
      ({ start }) => !this.isSealed(hourOf(start)),
    );
  }

  private async repairedOf(
    differences: readonly Difference[],
    first: ComparisonPage,
    scope: ComparisonScope,
    budget: WorkBudget,
  ): Promise<number> {
    if (differences.length === 0) return 0;
    await this.ports.repairer.repair(differences, this.clock.nowEpochMs() + REPAIR_MS, budget);
    const left = new Set((await this.compareAgain(first, scope, budget)).map(differenceId));
    return differences.filter((each) => !left.has(differenceId(each))).length;
  }

  /** In the same parts: comparing many hours costs little more than comparing one. */
  private async compareAgain(
    { differing }: ComparisonPage,
    scope: ComparisonScope,
    budget: WorkBudget,
  ): Promise<readonly Difference[]> {
    const found: Difference[] = [];
    for (const range of differing) {
      budget.signal.throwIfAborted();
      const result = await this.ports.comparison.compare({ ...scope, range }, budget);
      found.push(...result.differences);
    }
    return found;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
