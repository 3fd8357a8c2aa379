import {
  DomainError,
  instantToEpochMs,
  nextTurn,
  type Instant,
  type WorkBudget,
  type WorkLimits,
} from '@sensorflow/kernel';
import type { ReadingStore } from '../reading-store.js';
import type { StoredReading } from '../reading.js';
import { thinned, type ThinnedSeries } from './thinned-series.js';

export interface SeriesQuery {
  readonly equipmentId: string;
  /** Included. */
  readonly from: Instant;
  /** Excluded. */
  readonly to: Instant;
  /** At least one. */
  readonly metrics: readonly string[];
  /** Parts of equal length that the time is drawn in, at least 1. */
  readonly buckets: number;
}

export interface MetricSeries extends ThinnedSeries {
  readonly metric: string;
  /** How many readings it was thinned from. */
  readonly sampleCount: number;
}

export interface SeriesPart {
  /** In the order that was asked for. */
  readonly series: readonly MetricSeries[];
  /**
   * Where the next request continues: the last reading of this part, which is the first of the next one. Undefined at
   * the end.
   */
  readonly rest: Instant | undefined;
}

/** A month of readings that were sent one a minute, one by one. */
export const SERIES_LIMITS: WorkLimits = { storeCalls: 400, ms: 5_000 };
/** What one answer holds in memory: 16 bytes for each of its metrics. */
const MOST_READINGS = 200_000;

/** Readings as a chart draws them. */
export class ReadingSeries {
  constructor(private readonly readings: ReadingStore) {}

  /**
   * A part ends early when its budget is spent, or behind MOST_READINGS. Throws `range-too-costly` when the budget is
   * spent before there were two readings, and what the store throws.
   */
  async read(query: SeriesQuery, budget: WorkBudget): Promise<SeriesPart> {
    const { equipmentId, from, to, metrics } = query;
    const samples = new Map(metrics.map((metric) => [metric, new GrowingSamples()]));
    let [count, last]: [number, Instant | undefined] = [0, undefined];
    for await (const readings of this.readings.scanRange(equipmentId, from, to, budget)) {
      for (const reading of readings) add(samples, reading);
      count += readings.length;
      last = readings.at(-1)?.timestamp ?? last;
      if (count < MOST_READINGS && !budget.isSpent()) continue;
      if (last === undefined || last === from) throw tooCostly();
      return { series: await thinnedOf(query, samples, budget), rest: last };
    }
    return { series: await thinnedOf(query, samples, budget), rest: undefined };
  }
}

class GrowingSamples {
  readonly at: number[] = [];
  readonly values: number[] = [];
}

function add(
  samples: ReadonlyMap<string, GrowingSamples>,
  { timestamp, values }: StoredReading,
): void {
  const atEpochMs = instantToEpochMs(timestamp);
  for (const [metric, { at, values: of }] of samples) {
    const value = values.get(metric);
    if (value === undefined) continue;
    at.push(atEpochMs);
    of.push(value);
  }
}

/** One metric in each round of the event loop; with MOST_READINGS it takes about 20 ms. */
async function thinnedOf(
  { from, to, buckets }: SeriesQuery,
  samples: ReadonlyMap<string, GrowingSamples>,
  { signal }: WorkBudget,
): Promise<readonly MetricSeries[]> {
  const time = { fromEpochMs: instantToEpochMs(from), toEpochMs: instantToEpochMs(to) };
  const series: MetricSeries[] = [];
  for (const [metric, each] of samples) {
    await nextTurn();
    signal.throwIfAborted();
    series.push({ metric, sampleCount: each.at.length, ...thinned(each, time, buckets) });
  }
  return series;
}

function tooCostly(): DomainError {
  return new DomainError(
    'invalid',
    'range-too-costly',
    'Too much of this range was removed or replaced for one answer. Ask for a shorter range.',
  );
}
