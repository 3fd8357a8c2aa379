import { RecentMap, WorkBudget, type Clock } from '@sensorflow/kernel';
import type { ReadingStore } from '@sensorflow/sensor-data';
import { equipmentHourId, type EquipmentHour } from './aggregate-store.js';
import { endOfHour, startOfHour } from './hour.js';
import { foldReadings, type HourMetrics } from './hourly-aggregate.js';
import { readUnitsOf } from './read-units.js';

/** A partition has 3,000; the aggregator and other processes read there too. */
const UNITS_PER_SECOND = 1500;
/** Of each of two generations. */
const REMEMBERED_HOURS = 1000;

/** Folds of one large hour, one after the other. */
interface Turn {
  /** One that has not begun; whoever comes now shares it. */
  next: SharedFold | undefined;
  last: Promise<unknown>;
  freeAtEpochMs: number;
}

/**
 * Folds large open hours for all who ask: one fold at a time of each, spaced by what it costs. Whoever
 * asks shares a fold that begins afterwards, never one that has begun, so that it holds every reading
 * acknowledged before the question.
 */
export class SharedHourFolds {
  private readonly turns = new RecentMap<string, Turn>(REMEMBERED_HOURS);

  constructor(
    private readonly readings: ReadingStore,
    private readonly clock: Clock,
  ) {}

  /** Whether the hour was large when it was folded last. */
  isLarge(of: EquipmentHour): boolean {
    return this.turns.get(equipmentHourId(of)) !== undefined;
  }

  /**
   * All metrics of the hour as they stand; counts as one call of the budget. Ends when all have gone who
   * wait for it. Throws what the store throws, and the reason of the budget's signal.
   */
  async fold(of: EquipmentHour, budget?: WorkBudget): Promise<HourMetrics> {
    const id = equipmentHourId(of);
    const turn = this.turns.get(id) ?? {
      next: undefined,
      last: Promise.resolve(),
      freeAtEpochMs: 0,
    };
    this.turns.set(id, turn);
    // Who waited for it may have gone in this very moment.
    if (turn.next?.isAbandoned === true) turn.next = undefined;
    const shared = (turn.next ??= this.begin(of, turn));
    try {
      return await shared.join(budget);
    } finally {
      if (shared.isAbandoned && turn.next === shared) turn.next = undefined;
    }
  }

  private begin(of: EquipmentHour, turn: Turn): SharedFold {
    const before = turn.last;
    const shared: SharedFold = new SharedFold(async (signal) => {
      await before.catch(() => 'its own callers hear of it');
      await this.clock.sleep(Math.max(0, turn.freeAtEpochMs - this.clock.nowEpochMs()));
      if (turn.next === shared) turn.next = undefined;
      signal.throwIfAborted();
      return this.foldNow(of, turn, signal);
    });
    turn.last = shared.result;
    return shared;
  }

  private async foldNow(of: EquipmentHour, turn: Turn, signal: AbortSignal): Promise<HourMetrics> {
    const startedAt = this.clock.nowEpochMs();
    const span = [startOfHour(of.hour), endOfHour(of.hour)] as const;
    const budget = new WorkBudget(signal, this.clock);
    let [metrics, units]: [HourMetrics, number] = [new Map(), 0];
    try {
      for await (const page of this.readings.scanRange(of.equipmentId, ...span, budget)) {
        metrics = foldReadings(page, metrics);
        units += readUnitsOf(page);
      }
      return metrics;
    } finally {
      turn.freeAtEpochMs = startedAt + (units / UNITS_PER_SECOND) * 1000;
    }
  }
}

/** A piece of work for all who wait for it. */
class SharedFold {
  readonly result: Promise<HourMetrics>;
  private readonly abandoning = new AbortController();
  private waiting = 0;

  constructor(work: (signal: AbortSignal) => Promise<HourMetrics>) {
    this.result = Promise.resolve().then(async () => work(this.abandoning.signal));
    // Nobody may be there any more to hear of a failure.
    this.result.catch(() => undefined);
  }

  get isAbandoned(): boolean {
    return this.abandoning.signal.aborted;
  }

  async join(budget: WorkBudget | undefined): Promise<HourMetrics> {
    this.waiting += 1;
    try {
      return await (budget ? budget.call((signal) => this.until(signal)) : this.result);
    } finally {
      this.waiting -= 1;
      if (this.waiting === 0) this.abandoning.abort(new Error('nobody waits for the fold'));
    }
  }

  private async until(signal: AbortSignal): Promise<HourMetrics> {
    const gone = Promise.withResolvers<never>();
    const leave = () => gone.reject(signal.reason);
    signal.addEventListener('abort', leave, { once: true });
    try {
      return await Promise.race([this.result, gone.promise]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }
}
