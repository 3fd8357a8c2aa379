import { useQueryClient } from '@tanstack/react-query';
import { useMemo } from 'react';
import { Link, useParams, useSearchParams } from 'wouter';
import { ApiProblem } from '../api/problem.ts';
import { TableSkeleton } from '../design/DataTable.tsx';
import { EmptyState } from '../design/EmptyState.tsx';
import { Problem } from '../design/Notice.tsx';
import { PageHead } from '../shell/Shell.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { rangeIn } from '../time/range.ts';
import { useNow } from '../time/use-now.ts';
import { Charts } from './Charts.tsx';
import { Compared } from './Compared.tsx';
import { Figures } from './Figures.tsx';
import { Gaps } from './Gaps.tsx';
import { RangeBar } from './RangeBar.tsx';
import { ValuesTable } from './ValuesTable.tsx';
import { useHours, useMetrics, useReadings } from './use-equipment.ts';
import './equipment.css';

const MOST_CHARTS = 4;
/** A range that ends with the current hour moves on with it. */
const CLOCK_MS = 30_000;

/** One equipment over time: its readings where they are few, else its hours. */
export default function EquipmentPage() {
  const { equipmentId = '' } = useParams();
  const { t } = usePreferences();
  const metrics = useMetrics(equipmentId);
  return (
    <>
      <PageHead title={equipmentId}>
        <Link href="/" className="button">
          {t('equipment.all')}
        </Link>
      </PageHead>
      {metrics.data ? (
        <OverTime equipmentId={equipmentId} metrics={metrics.data.items} />
      ) : (
        <NotYet error={metrics.error} onRetry={() => void metrics.refetch()} />
      )}
    </>
  );
}

function NotYet({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const { t } = usePreferences();
  if (!error) return <TableSkeleton rows={6} label={t('app.loading')} />;
  if (!(error instanceof ApiProblem) || error.code !== 'equipment-unknown') {
    return <Problem error={error} onRetry={onRetry} />;
  }
  return (
    <EmptyState title={t('equipment.unknown.title')} text={t('equipment.unknown.text')}>
      <Link href="/" className="button">
        {t('equipment.all')}
      </Link>
    </EmptyState>
  );
}

interface OverTimeProps {
  readonly equipmentId: string;
  readonly metrics: readonly string[];
}

function OverTime({ equipmentId, metrics }: OverTimeProps) {
  const [parameters, setParameters] = useSearchParams();
  const range = rangeIn(parameters, useNow(CLOCK_MS));
  const named = parameters.get('metrics');
  const shown = useMemo(() => shownMetrics(metrics, named), [metrics, named]);
  const client = useQueryClient();
  const hours = useHours(equipmentId, shown, range);
  const readings = useReadings(equipmentId, range);
  const error = hours.error ?? (readings.data === undefined ? readings.error : null);
  return (
    <>
      <RangeBar range={range} parameters={parameters} onChange={setParameters} />
      <MetricChips
        metrics={metrics}
        shown={shown}
        parameters={parameters}
        onChange={setParameters}
      />
      {error && <Problem error={error} onRetry={() => void client.invalidateQueries()} />}
      {!error && (
        <div className="stack">
          <Charts
            equipmentId={equipmentId}
            metrics={shown}
            hours={hours.data}
            readings={readings.data}
            range={range}
            parameters={parameters}
            onChange={setParameters}
          />
          {hours.data && readings.data !== undefined && (
            <>
              <Gaps
                metrics={shown}
                hours={hours.data}
                readings={readings.data}
                range={range}
                parameters={parameters}
                onChange={setParameters}
              />
              <Figures metrics={shown} hours={hours.data} />
              <ValuesTable
                equipmentId={equipmentId}
                metrics={shown}
                hours={hours.data}
                readings={readings.data}
              />
              <Compared
                equipmentId={equipmentId}
                metrics={shown}
                range={range}
                parameters={parameters}
                onChange={setParameters}
              />
            </>
          )}
        </div>
      )}
    </>
  );
}

function shownMetrics(metrics: readonly string[], named: string | null): readonly string[] {
  const wanted = (named ?? '').split(',').filter((metric) => metrics.includes(metric));
  return (wanted.length > 0 ? wanted : metrics).slice(0, wanted.length > 0 ? MOST_CHARTS : 2);
}

interface MetricChipsProps extends Pick<OverTimeProps, 'metrics'> {
  readonly shown: readonly string[];
  readonly parameters: URLSearchParams;
  readonly onChange: (parameters: URLSearchParams) => void;
}

function MetricChips({ metrics, shown, parameters, onChange }: MetricChipsProps) {
  const { t } = usePreferences();
  if (metrics.length < 2) return null;
  return (
    <div className="chips" role="group" aria-label={t('equipment.metrics')}>
      {metrics.map((metric) => {
        const isShown = shown.includes(metric);
        const others = shown.filter((each) => each !== metric);
        return (
          <button
            key={metric}
            type="button"
            className="chip"
            aria-pressed={isShown}
            disabled={isShown ? others.length === 0 : shown.length >= MOST_CHARTS}
            onClick={() => {
              const next = new URLSearchParams(parameters);
              next.set('metrics', (isShown ? others : [...shown, metric]).join(','));
              onChange(next);
            }}
          >
            {metric}
          </button>
        );
      })}
    </div>
  );
}
