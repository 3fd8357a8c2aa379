import { useState } from 'react';
import { DataTable, TableSkeleton, type Column } from '../design/DataTable.tsx';
import { Problem } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import type { TimeRange } from '../time/range.ts';
import { csvOf, download } from './csv.ts';
import { useHoursOfAll, type Aggregates } from './use-equipment.ts';

const PAGE_SIZE = 24;

interface SideBySideProps {
  readonly equipmentIds: readonly string[];
  readonly metrics: readonly string[];
  readonly range: TimeRange;
}

/** One metric of one equipment. */
interface Line {
  readonly equipmentId: string;
  readonly metric: string;
  readonly report: Aggregates;
}

interface HourRow {
  readonly startEpochMs: number;
  /** Of each line; undefined where it has no readings. */
  readonly averages: readonly (number | undefined)[];
}

/** Several equipment in figures: what each was over the whole time, and hour by hour. */
export function SideBySide({ equipmentIds, metrics, range }: SideBySideProps) {
  const { t } = usePreferences();
  const { data, error } = useHoursOfAll(equipmentIds, metrics, range);
  if (error) return <Problem error={error} />;
  if (!data) return <TableSkeleton rows={4} label={t('app.loading')} />;
  const lines = metrics.flatMap((metric, of) =>
    equipmentIds.flatMap((equipmentId, index): Line | readonly Line[] => {
      const report = data[index * metrics.length + of];
      return report ? { equipmentId, metric, report } : [];
    }),
  );
  return (
    <>
      <Summary lines={lines} />
      <HourByHour lines={lines} />
    </>
  );
}

function Summary({ lines }: { readonly lines: readonly Line[] }) {
  const { t, formats } = usePreferences();
  const number = (id: string, title: string, show: (line: Line) => string): Column<Line> => ({
    id,
    title,
    kind: 'number',
    show,
  });
  return (
    <DataTable
      caption={t('compare.summary')}
      columns={[
        {
          id: 'equipment',
          title: t('overview.column.equipment'),
          isHeading: true,
          show: ({ equipmentId }) => equipmentId,
        },
        { id: 'metric', title: t('equipment.column.metric'), show: ({ metric }) => metric },
        number('average', t('figure.average'), ({ report: { average } }) =>
          average === null ? '–' : formats.number(average),
        ),
        number('min', t('figure.min'), ({ report: { items } }) =>
          items.length === 0 ? '–' : formats.number(Math.min(...items.map(({ min }) => min))),
        ),
        number('max', t('figure.max'), ({ report: { items } }) =>
          items.length === 0 ? '–' : formats.number(Math.max(...items.map(({ max }) => max))),
        ),
        number('samples', t('figure.samples'), ({ report }) => formats.count(report.totalCount)),
        number(
          'hours',
          t('figure.hours'),
          ({ report: { items, from, to } }) => `${items.length} / ${(to - from) / 3600}`,
        ),
      ]}
      rows={lines}
      keyOf={({ equipmentId, metric }) => `${metric} ${equipmentId}`}
    />
  );
}

function HourByHour({ lines }: { readonly lines: readonly Line[] }) {
  const { t, formats } = usePreferences();
  const [count, setCount] = useState(PAGE_SIZE);
  const rows = hourRows(lines);
  if (rows.length === 0) return null;
  const titles = lines.map(({ equipmentId, metric }) => `${equipmentId} · ${metric}`);
  const save = () => {
    const header = ['hour', `local ${formats.zone}`, ...titles.map((title) => `${title} average`)];
    const cells = rows.map(({ startEpochMs, averages }) => [
      new Date(startEpochMs).toISOString(),
      formats.instant(startEpochMs),
      ...averages,
    ]);
    download('side-by-side.csv', csvOf(header, cells));
  };
  return (
    <>
      <div className="page-head">
        <h3>{t('compare.hours')}</h3>
        <button type="button" className="button" onClick={save}>
          {t('app.download')}
        </button>
      </div>
      <DataTable
        caption={t('compare.hours')}
        columns={[
          {
            id: 'hour',
            title: t('equipment.column.hour'),
            isHeading: true,
            kind: 'fit',
            show: ({ startEpochMs }) => formats.instant(startEpochMs),
          },
          ...titles.map((title, index): Column<HourRow> => ({
            id: title,
            title,
            kind: 'number',
            show: ({ averages }) => {
              const average = averages[index];
              return average === undefined ? '–' : formats.number(average);
            },
          })),
        ]}
        rows={rows.slice(0, count)}
        keyOf={({ startEpochMs }) => String(startEpochMs)}
      />
      {count < rows.length && (
        <div className="actions">
          <button type="button" className="button" onClick={() => setCount(count + PAGE_SIZE)}>
            {t('app.more')}
          </button>
        </div>
      )}
    </>
  );
}

/** Hours in which any of them has readings, the newest first. */
function hourRows(lines: readonly Line[]): readonly HourRow[] {
  const averages = lines.map(
    ({ report }) =>
      new Map(report.items.map(({ intervalStart, average }) => [intervalStart, average])),
  );
  const starts = new Set(averages.flatMap((each) => [...each.keys()]));
  return [...starts]
    .toSorted((a, b) => b - a)
    .map((start) => ({
      startEpochMs: start * 1000,
      averages: averages.map((each) => each.get(start)),
    }));
}
