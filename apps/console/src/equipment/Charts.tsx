import { lazy, Suspense, useMemo } from 'react';
import { seriesOfHours, seriesOfReadings, seriesOfThinned, type Series } from '../chart/series.ts';
import { Notice } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { withRange, type TimeRange } from '../time/range.ts';
import { useSeries, type Aggregates, type MetricSeries, type Reading } from './use-equipment.ts';

const Chart = lazy(() => import('../chart/Chart.tsx'));

interface ChartsProps {
  readonly equipmentId: string;
  readonly metrics: readonly string[];
  /** Of each metric. */
  readonly hours: readonly Aggregates[];
  /** Null when they are too many. */
  readonly readings: readonly Reading[] | null;
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
  const thinned = useSeries(equipmentId, metrics, range, readings === null ? hours : undefined);
  const all = useMemo(
    () =>
      metrics.map((metric, index) => seriesOf(metric, hours[index], readings, thinned?.[index])),
    [metrics, hours, readings, thinned],
  );
  const isEmpty = all.every(({ at }) => at.length === 0);
  if (isEmpty) return <Notice>{t('equipment.nothing')}</Notice>;
  return (
    <div className="card">
      <p className="quiet small chart-kind">
        {readings && t('equipment.kind.readings')}
        {!readings && (thinned ? t('equipment.kind.thinned') : t('equipment.kind.hours'))}
      </p>
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

function seriesOf(
  metric: string,
  hours: Aggregates | undefined,
  readings: readonly Reading[] | null,
  thinned: MetricSeries | undefined,
): Series {
  if (readings) {
    const points = readings.flatMap(({ timestamp, values }) => {
      const value = values[metric];
      return value === undefined ? [] : [{ at: Date.parse(timestamp) / 1000, value }];
    });
    return seriesOfReadings(points);
  }
  if (thinned) return seriesOfThinned(thinned);
  const items = hours?.items ?? [];
  return seriesOfHours(
    items.map(({ intervalStart, average, min, max }) => ({
      at: intervalStart,
      value: average,
      min,
      max,
    })),
  );
}
