import { DomainError, type WorkBudget } from '@sensorflow/kernel';
import {
  DEFAULT_METRIC,
  equipmentUnknown,
  MAX_METRIC_NAMES_PER_EQUIPMENT,
  undefinedIfTooCostly,
  type ReadingStore,
  type RegisteredMetricNames,
} from '@sensorflow/sensor-data';

/** Metrics that a refusal lists. */
const MOST_LISTED_METRICS = 100;

/**
 * What an equipment measures, as far as a question about its aggregates needs it. Who is not registered yet,
 * seconds after the first reading, is known by the latest one. All methods throw what the
 * ports throw, `range-too-costly` where nothing is registered and no latest reading is found.
 */
export class EquipmentMetrics {
  constructor(
    private readonly registered: RegisteredMetricNames,
    private readonly readings: ReadingStore,
  ) {}

  /**
   * The metric that is meant where none is named: `value`, or the only one of equipment that has no
   * `value`. Throws `equipment-unknown`, and `metric-unknown` with those that it has.
   */
  async metricMeant(equipmentId: string, budget: WorkBudget): Promise<string> {
    const { names, areRegistered } = await this.namesOf(equipmentId, budget);
    if (names.includes(DEFAULT_METRIC)) return DEFAULT_METRIC;
    // Names are registered some seconds after their first reading.
    const latest = areRegistered ? await this.readings.latest(equipmentId, budget) : undefined;
    if (latest?.values.has(DEFAULT_METRIC)) return DEFAULT_METRIC;
    const [only, ...others] = names;
    if (only === undefined || others.length > 0) {
      throw metricUnknown(equipmentId, DEFAULT_METRIC, names);
    }
    return only;
  }

  /** Throws `equipment-unknown`, and `metric-unknown` unless the equipment has sent the metric. */
  async requireMetric(equipmentId: string, metric: string, budget: WorkBudget): Promise<void> {
    const { names, areRegistered } = await this.namesOf(equipmentId, budget);
    if (names.includes(metric) || names.length > MAX_METRIC_NAMES_PER_EQUIPMENT) return;
    // A new metric that is not registered yet was sent just now, and does not lie behind much.
    const latest = areRegistered
      ? await this.readings.latest(equipmentId, budget).catch(undefinedIfTooCostly)
      : undefined;
    if (!latest?.values.has(metric)) throw metricUnknown(equipmentId, metric, names);
  }

  private async namesOf(equipmentId: string, budget: WorkBudget): Promise<KnownNames> {
    const registered = await budget.call(
      async (signal) =>
        this.registered.namesOf(equipmentId, MAX_METRIC_NAMES_PER_EQUIPMENT + 1, signal),
      ({ length }) => length,
    );
    if (registered.length > 0) return { names: registered.toSorted(), areRegistered: true };
    const latest = await this.readings.latest(equipmentId, budget);
    if (latest === undefined) throw equipmentUnknown(equipmentId);
    return { names: [...latest.values.keys()].toSorted(), areRegistered: false };
  }
}

interface KnownNames {
  /** In order, at least one; of more than an equipment may have, not all. */
  readonly names: readonly string[];
  /** Otherwise they are those of the latest reading. */
  readonly areRegistered: boolean;
}

function metricUnknown(equipmentId: string, metric: string, has: readonly string[]): DomainError {
  const metrics = has.slice(0, MOST_LISTED_METRICS);
  const where =
    metrics.length < has.length
      ? `GET /equipment/${equipmentId}/metrics lists them`
      : 'see metrics';
  const detail = `${equipmentId} has readings, but none of ${metric}. Name one of its metrics: ${where}.`;
  return new DomainError('invalid', 'metric-unknown', detail, {
    faults: [{ pointer: '/metric', code: 'metric-unknown', detail }],
    extensions: { metrics },
  });
}
