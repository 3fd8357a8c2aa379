import { lazy, Suspense, useMemo, useState } from 'react';
import {
  seriesOfHours,
  seriesOfReadings,
  seriesOfThinned,
  type Point,
  type Series,
} from '../chart/series.ts';
import { TableSkeleton } from '../design/DataTable.tsx';
import { Notice } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { withRange, type TimeRange } from '../time/range.ts';
import { useSeries, type Aggregates, type MetricSeries, type Reading } from './use-equipment.ts';

const Chart = lazy(() => import('../chart/Chart.tsx'));

interface ChartsProps {
  readonly equipmentId: string;
  readonly metrics: readonly string[];
  /** Of each metric; undefined until they are there. */
  readonly hours: readonly Aggregates[] | undefined;
  /** Null when they are too many; undefined until that is known. */
  readonly readings: readonly Reading[] | null | undefined;
  readonly range: TimeRange;
  readonly parameters: URLSearchParams;
  readonly onChange: (parameters: URLSearchParams) => void;
}

/** One chart for each metric, one under the other, all of the same time. */
export function Charts({
  equipmentId,
  metrics,
  hours,
  readings,
  range,
  parameters,
  onChange,
}: ChartsProps) {
  const { t } = usePreferences();
  const thinned = useSeries(equipmentId, metrics, range, readings);
  const next = useMemo(
    () => drawnOf(metrics, hours, readings, thinned),
    [metrics, hours, readings, thinned],
  );
  // What is drawn stays until the next is known, and is zoomed meanwhile.
  const [last, setLast] = useState<Drawn>();
  if (next && next !== last) setLast(next);
  const drawn = next ?? (last?.metrics === metrics ? last : undefined);
  if (!drawn) return <TableSkeleton rows={4} label={t('app.loading')} />;
  const { kind, all } = drawn;
  const isEmpty = all.every(({ at }) => at.length === 0);
  if (isEmpty) return <Notice>{t('equipment.nothing')}</Notice>;
  return (
    <div className="card">
      <p className="quiet small chart-kind">{t(`equipment.kind.${kind}`)}</p>
      <Suspense fallback={<div className="skeleton chart-frame" />}>
        {metrics.map((metric, index) => (
          <Chart
            key={metric}
            label={`${equipmentId} · ${metric}`}
            series={all[index] ?? EMPTY}
            fromEpochMs={range.fromEpochMs}
            toEpochMs={range.toEpochMs}
            colour={(index % 4) + 1}
            onZoom={(fromEpochMs, toEpochMs) =>
              onChange(withRange(parameters, { fromEpochMs, toEpochMs }))
            }
          />
        ))}
      </Suspense>
    </div>
  );
}

const EMPTY = { at: [], values: [] };

/** What the charts show, of each metric. */
interface Drawn {
  readonly metrics: readonly string[];
  readonly kind: 'readings' | 'thinned' | 'hours';
  readonly all: readonly Series[];
}

/** Undefined until it is known. */
function drawnOf(
  metrics: readonly string[],
  hours: readonly Aggregates[] | undefined,
  readings: readonly Reading[] | null | undefined,
  thinned: readonly MetricSeries[] | null | undefined,
): Drawn | undefined {
  if (readings) {
    const all = metrics.map((metric) => seriesOfReadings(pointsOf(metric, readings)));
    return { metrics, kind: 'readings', all };
  }
  if (readings === undefined || thinned === undefined) return undefined;
  if (thinned) return { metrics, kind: 'thinned', all: thinned.map(seriesOfThinned) };
  return hours && { metrics, kind: 'hours', all: hours.map(hourly) };
}

function pointsOf(metric: string, readings: readonly Reading[]): readonly Point[] {
  return readings.flatMap(({ timestamp, values }) => {
    const value = values[metric];
    return value === undefined ? [] : [{ at: Date.parse(timestamp) / 1000, value }];
  });
}

function hourly({ items }: Aggregates): Series {
  return seriesOfHours(
    items.map(({ intervalStart, average, min, max }) => ({
      at: intervalStart,
      value: average,
      min,
      max,
    })),
  );
}
