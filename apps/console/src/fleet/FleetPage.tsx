import { lazy, Suspense, useMemo, useState } from 'react';
import { useSearchParams } from 'wouter';
import { seriesOfHours } from '../chart/series.ts';
import { DataTable, TableSkeleton, type Column } from '../design/DataTable.tsx';
import { TextField } from '../design/Field.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { RangeBar } from '../equipment/RangeBar.tsx';
import { PageHead } from '../shell/Shell.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { rangeIn, withRange, type TimeRange } from '../time/range.ts';
import { useNow } from '../time/use-now.ts';
import { useFleetHours, type FleetHours } from './use-fleet-hours.ts';

const Chart = lazy(() => import('../chart/Chart.tsx'));

type FleetHour = FleetHours['items'][number];

const DEFAULT_METRIC = 'value';
const CLOCK_MS = 30_000;
const TABLE_ROWS = 48;

/** The earlier dashboard: average, samples and one line of all equipment together. */
export default function FleetPage() {
  const { t } = usePreferences();
  const [parameters, setParameters] = useSearchParams();
  const range = rangeIn(parameters, useNow(CLOCK_MS));
  const metric = parameters.get('metric') ?? DEFAULT_METRIC;
  const { data, error, refetch } = useFleetHours(metric, range);
  return (
    <>
      <PageHead title={t('fleet.title')}>
        <MetricForm
          key={metric}
          metric={metric}
          onShow={(next) => {
            const changed = new URLSearchParams(parameters);
            changed.set('metric', next);
            setParameters(changed);
          }}
        />
      </PageHead>
      <RangeBar range={range} parameters={parameters} onChange={setParameters} />
      {!data && error && <Problem error={error} onRetry={() => void refetch()} />}
      {!data && !error && <TableSkeleton rows={8} label={t('app.loading')} />}
      {data && (
        <Summary
          hours={data}
          range={range}
          onZoom={(fromEpochMs, toEpochMs) =>
            setParameters(withRange(parameters, { fromEpochMs, toEpochMs }))
          }
        />
      )}
    </>
  );
}

interface MetricFormProps {
  readonly metric: string;
  readonly onShow: (metric: string) => void;
}

function MetricForm({ metric, onShow }: MetricFormProps) {
  const { t } = usePreferences();
  const [text, setText] = useState(metric);
  return (
    <form
      className="form-row"
      onSubmit={(event) => {
        event.preventDefault();
        if (text !== '') onShow(text);
      }}
    >
      <TextField
        label={t('equipment.column.metric')}
        autoCapitalize="none"
        value={text}
        onChange={({ target }) => setText(target.value)}
      />
      <button type="submit" className="button">
        {t('range.show')}
      </button>
    </form>
  );
}

interface SummaryProps {
  readonly hours: FleetHours;
  readonly range: TimeRange;
  readonly onZoom: (fromEpochMs: number, toEpochMs: number) => void;
}

function Summary({ hours: { metric, items, summaryAsOf }, range, onZoom }: SummaryProps) {
  const { t, formats } = usePreferences();
  const columns = useColumns();
  const series = useMemo(
    () =>
      seriesOfHours(
        items.map(({ intervalStart: at, average: value, min, max }) => ({ at, value, min, max })),
      ),
    [items],
  );
  if (items.length === 0) return <Notice>{t('fleet.nothing', { metric })}</Notice>;
  const samples = items.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  const average = items.reduce((sum, hour) => sum + hour.totalValue / samples, 0);
  return (
    <div className="stack">
      <div className="card">
        <dl className="figures card-body">
          <div>
            <dt>{t('figure.average')}</dt>
            <dd>{formats.number(average)}</dd>
          </div>
          <div>
            <dt>{t('figure.samples')}</dt>
            <dd>{formats.count(samples)}</dd>
          </div>
          <div>
            <dt>{t('fleet.span')}</dt>
            <dd>
              {formats.number(Math.min(...items.map(({ min }) => min)))} –{' '}
              {formats.number(Math.max(...items.map(({ max }) => max)))}
            </dd>
          </div>
        </dl>
        <Suspense fallback={<div className="skeleton" />}>
          <Chart
            label={metric}
            series={series}
            fromEpochMs={range.fromEpochMs}
            toEpochMs={range.toEpochMs}
            colour={1}
            onZoom={onZoom}
          />
        </Suspense>
        <p className="card-body quiet small">
          {t('fleet.asOf', { time: formats.instant(Date.parse(summaryAsOf)) })}
        </p>
      </div>
      <DataTable
        caption={t('equipment.table.hours')}
        columns={columns}
        rows={items.toReversed().slice(0, TABLE_ROWS)}
        keyOf={({ intervalStart }) => String(intervalStart)}
      />
    </div>
  );
}

function useColumns(): readonly Column<FleetHour>[] {
  const { t, formats } = usePreferences();
  return [
    {
      id: 'hour',
      title: t('equipment.column.hour'),
      isHeading: true,
      show: ({ intervalStart }) => formats.instant(intervalStart * 1000),
    },
    {
      id: 'average',
      title: t('figure.average'),
      kind: 'number',
      show: ({ average }) => formats.number(average),
    },
    { id: 'min', title: t('figure.min'), kind: 'number', show: ({ min }) => formats.number(min) },
    { id: 'max', title: t('figure.max'), kind: 'number', show: ({ max }) => formats.number(max) },
    {
      id: 'samples',
      title: t('figure.samples'),
      kind: 'number',
      show: ({ sampleCount }) => formats.count(sampleCount),
    },
    { id: 'total', title: t('figure.total'), kind: 'number', show: ({ total }) => total },
  ];
}
