import { instantToEpochMs, type Clock, type WorkBudget } from '@sensorflow/kernel';
import {
  DEFAULT_METRIC,
  undefinedIfTooCostly,
  type ReadingStore,
  type StoredReading,
} from '@sensorflow/sensor-data';
import type { DayTrend, DayTrends } from './day-trends.js';
import { lookUpEach, pageOfEquipment, type EquipmentQuery, type Page } from './equipment-pages.js';
import type { EquipmentRegistry } from './equipment-registry.js';
import type { Place } from './fleet-states/fleet-order.js';
import type { FleetPage, FleetQuery, FleetStates } from './fleet-states/fleet-states.js';
import { JUDGED_GAPS, punctualityOf, usualGapMs, type Punctuality } from './punctuality.js';

export interface OverviewQuery extends EquipmentQuery {
  /** Also the hours of the last day, which costs a few calls more for each equipment. */
  readonly withTrend: boolean;
}

export interface EquipmentStatus {
  readonly equipmentId: string;
  readonly latest: StoredReading;
  /** Undefined before the second reading. */
  readonly usualGapMs: number | undefined;
  readonly state: Punctuality;
  /** Undefined unless asked for, and for equipment whose last day has no readings, or too many for one answer. */
  readonly trend: DayTrend | undefined;
}

export interface OverviewPage extends Page<EquipmentStatus> {
  /** The clock that ages and states were judged by. */
  readonly asOfEpochMs: number;
}

export interface ChosenQuery extends FleetQuery {
  readonly withTrend: boolean;
}

/** A page of equipment that was chosen by its state, or in another order than that of ids. */
export interface ChosenPage extends Pick<FleetPage, 'counts' | 'pending'> {
  readonly items: readonly EquipmentStatus[];
  readonly asOfEpochMs: number;
  readonly next: Place | undefined;
}

const MS_PER_DAY = 86_400_000;
/** A first look at all equipment takes longer than anybody should wait without a word. */
const FIRST_LOOK_MS = 1_000;

/** What each equipment sent last, and whether it sends as it usually does. */
export class EquipmentOverview {
  constructor(
    private readonly registry: EquipmentRegistry,
    private readonly readings: ReadingStore,
    private readonly trends: DayTrends,
    private readonly states: FleetStates,
    private readonly clock: Clock,
  ) {}

  /** A page can end early when its budget is spent. Throws what the stores throw. */
  async list({ withTrend, ...query }: OverviewQuery, budget: WorkBudget): Promise<OverviewPage> {
    const asOfEpochMs = this.clock.nowEpochMs();
    const page = await pageOfEquipment(this.registry, query, budget, async ({ equipmentId }) =>
      this.show(equipmentId, withTrend, asOfEpochMs, budget),
    );
    return { ...page, asOfEpochMs };
  }

  /**
   * Chosen from what this process knows of all equipment, and then read: a page is short of what has changed since,
   * and can end early when its budget is spent. Throws `fleet-too-large`, and what the stores throw.
   */
  async choose({ withTrend, ...query }: ChosenQuery, budget: WorkBudget): Promise<ChosenPage> {
    const chosen = await this.states.list(query, FIRST_LOOK_MS, budget.signal);
    const asOfEpochMs = this.clock.nowEpochMs();
    const { places, counts, pending } = chosen;
    const { found, lookedUp } = await lookUpEach(places, budget, async ({ equipmentId }) =>
      this.show(equipmentId, withTrend, asOfEpochMs, budget),
    );
    const items = found.filter(({ state }) => (query.state ?? state) === state);
    const next = lookedUp < places.length ? places[lookedUp - 1] : chosen.next;
    return { items, asOfEpochMs, next, counts, pending };
  }

  private async show(
    equipmentId: string,
    withTrend: boolean,
    now: number,
    budget: WorkBudget,
  ): Promise<EquipmentStatus | undefined> {
    const status = await this.statusOf(equipmentId, now, budget);
    if (!status || !withTrend) return status;
    return { ...status, trend: await this.trendOf(status, now, budget) };
  }

  /** Undefined when it has no readings, none any more, or none that is found at the cost of a latest reading. */
  private async statusOf(
    equipmentId: string,
    now: number,
    budget: WorkBudget,
  ): Promise<EquipmentStatus | undefined> {
    const newest = { equipmentId, order: 'desc', limit: JUDGED_GAPS + 1 } as const;
    const { readings } = await this.readings.range(newest, budget);
    // A page that its budget cut short may have none although there are some.
    const latest = readings[0] ?? (await this.latestOf(equipmentId, budget));
    if (latest === undefined) return undefined;
    const gapMs = usualGapMs(readings.map(({ timestamp }) => instantToEpochMs(timestamp)));
    const state = punctualityOf(now - instantToEpochMs(latest.timestamp), gapMs);
    return { equipmentId, latest, usualGapMs: gapMs, state, trend: undefined };
  }

  private async latestOf(
    equipmentId: string,
    budget: WorkBudget,
  ): Promise<StoredReading | undefined> {
    return this.readings.latest(equipmentId, budget).catch(undefinedIfTooCostly);
  }

  private async trendOf(
    { equipmentId, latest }: EquipmentStatus,
    now: number,
    budget: WorkBudget,
  ): Promise<DayTrend | undefined> {
    if (now - instantToEpochMs(latest.timestamp) > MS_PER_DAY) return undefined;
    const [first = DEFAULT_METRIC] = [...latest.values.keys()].sort();
    const metric = latest.values.has(DEFAULT_METRIC) ? DEFAULT_METRIC : first;
    return this.trends.ofEquipment(equipmentId, metric, budget).catch(undefinedIfTooCostly);
  }
}
