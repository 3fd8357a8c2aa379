import { instantToEpochMs, type Clock, type WorkBudget } from '@sensorflow/kernel';
import { DEFAULT_METRIC, type ReadingStore, type StoredReading } from '@sensorflow/sensor-data';
import type { DayTrend, DayTrends } from './day-trends.js';
import { pageOfEquipment, type EquipmentQuery, type Page } from './equipment-pages.js';
import type { EquipmentRegistry, RegisteredEquipment } from './equipment-registry.js';
import { JUDGED_GAPS, punctualityOf, usualGapMs, type Punctuality } from './punctuality.js';

export interface OverviewQuery extends EquipmentQuery {
  /** Also the hours of the last day, which costs a few calls more for each equipment. */
  readonly withTrend: boolean;
}

export interface EquipmentStatus extends RegisteredEquipment {
  readonly latest: StoredReading;
  /** Undefined before the second reading. */
  readonly usualGapMs: number | undefined;
  readonly state: Punctuality;
  /** Undefined unless asked for, and for equipment without readings in the last day. */
  readonly trend: DayTrend | undefined;
}

export interface OverviewPage extends Page<EquipmentStatus> {
  /** The clock that ages and states were judged by. */
  readonly asOfEpochMs: number;
}

const MS_PER_DAY = 86_400_000;

/** What each equipment sent last, and whether it sends as it usually does. */
export class EquipmentOverview {
  constructor(
    private readonly registry: EquipmentRegistry,
    private readonly readings: ReadingStore,
    private readonly trends: DayTrends,
    private readonly clock: Clock,
  ) {}

  /** A page can end early when its budget is spent. Throws what the stores throw. */
  async list({ withTrend, ...query }: OverviewQuery, budget: WorkBudget): Promise<OverviewPage> {
    const asOfEpochMs = this.clock.nowEpochMs();
    const page = await pageOfEquipment(this.registry, query, budget, async (registered) => {
      const status = await this.statusOf(registered, asOfEpochMs, budget);
      if (!status || !withTrend) return status;
      return { ...status, trend: await this.trendOf(status, asOfEpochMs, budget) };
    });
    return { ...page, asOfEpochMs };
  }

  /** Undefined when it has no readings, or none any more. */
  private async statusOf(
    registered: RegisteredEquipment,
    now: number,
    budget: WorkBudget,
  ): Promise<EquipmentStatus | undefined> {
    const { equipmentId } = registered;
    const newest = { equipmentId, order: 'desc', limit: JUDGED_GAPS + 1 } as const;
    const { readings } = await this.readings.range(newest, budget);
    // A page that its budget cut short may have none although there are some.
    const latest = readings[0] ?? (await this.readings.latest(equipmentId, budget));
    if (latest === undefined) return undefined;
    const gapMs = usualGapMs(readings.map(({ timestamp }) => instantToEpochMs(timestamp)));
    const state = punctualityOf(now - instantToEpochMs(latest.timestamp), gapMs);
    return { ...registered, latest, usualGapMs: gapMs, state, trend: undefined };
  }

  private async trendOf(
    { equipmentId, latest }: EquipmentStatus,
    now: number,
    budget: WorkBudget,
  ): Promise<DayTrend | undefined> {
    if (now - instantToEpochMs(latest.timestamp) > MS_PER_DAY) return undefined;
    const [first = DEFAULT_METRIC] = [...latest.values.keys()].sort();
    const metric = latest.values.has(DEFAULT_METRIC) ? DEFAULT_METRIC : first;
    return this.trends.ofEquipment(equipmentId, metric, budget);
  }
}
