import { useMemo } from 'react';
import { Link } from 'wouter';
import type { Column } from '../design/DataTable.tsx';
import { Sparkline } from '../design/Sparkline.tsx';
import { StateMark } from '../design/StateMark.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import type { Status } from './overview-order.ts';

const MOST_VALUES = 3;
const DAY_MS = 86_400_000;

/** @param asOfEpochMs the service's clock, by which ages are told */
export function useOverviewColumns(asOfEpochMs: number): readonly Column<Status>[] {
  const { t, formats } = usePreferences();
  return useMemo(
    () => [
      {
        id: 'state',
        title: t('overview.column.state'),
        kind: 'fit',
        isSortable: true,
        show: ({ state }) => <StateMark state={state} />,
      },
      {
        id: 'equipment',
        title: t('overview.column.equipment'),
        isHeading: true,
        isSortable: true,
        show: ({ equipmentId }) => <Link href={`/equipment/${equipmentId}`}>{equipmentId}</Link>,
      },
      {
        id: 'age',
        title: t('overview.column.age'),
        kind: 'number',
        isSortable: true,
        show: ({ lastTimestamp }) => (
          <time dateTime={lastTimestamp} title={formats.instant(Date.parse(lastTimestamp))}>
            {formats.duration(asOfEpochMs - Date.parse(lastTimestamp))}
          </time>
        ),
      },
      {
        id: 'values',
        title: t('overview.column.values'),
        show: (status) => <Values of={status} />,
      },
      {
        id: 'gap',
        title: t('overview.column.gap'),
        kind: 'number',
        isSortable: true,
        show: ({ usualGapSeconds: gap }) => (gap === null ? '–' : formats.duration(gap * 1000)),
      },
      {
        id: 'day',
        title: t('overview.column.day'),
        kind: 'fit',
        show: (status) => <Day status={status} asOfEpochMs={asOfEpochMs} />,
      },
    ],
    [t, formats, asOfEpochMs],
  );
}

function Values({ of: { values } }: { readonly of: Status }) {
  const { t, formats } = usePreferences();
  const all = Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const more = all.length - MOST_VALUES;
  return (
    <span className="overview-values">
      {all.slice(0, MOST_VALUES).map(([metric, value]) => (
        <span key={metric}>
          <span className="quiet small">{metric}</span> {formats.number(value)}
        </span>
      ))}
      {more > 0 && <span className="quiet small">{t('overview.moreValues', { count: more })}</span>}
    </span>
  );
}

interface DayProps {
  readonly status: Status;
  readonly asOfEpochMs: number;
}

function Day({ status: { trend, lastTimestamp }, asOfEpochMs }: DayProps) {
  if (trend) return <Trend {...trend} />;
  const isSilentForADay = asOfEpochMs - Date.parse(lastTimestamp) > DAY_MS;
  return isSilentForADay ? <span className="quiet">–</span> : null;
}

interface TrendProps {
  readonly metric: string;
  readonly averages: readonly (number | null)[];
}

function Trend({ metric, averages }: TrendProps) {
  const { t, formats } = usePreferences();
  const known = averages.filter((average) => average !== null);
  const [first = 0] = known;
  const label = t('overview.day', {
    metric,
    first: formats.number(first),
    last: formats.number(known.at(-1) ?? first),
    min: formats.number(Math.min(...known)),
    max: formats.number(Math.max(...known)),
  });
  return <Sparkline values={averages} label={label} />;
}
