import { useState } from 'react';
import { DataTable, type Column } from '../design/DataTable.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { csvOf, download, type Cell } from './csv.ts';
import { ReadingDialog } from './ReadingDialog.tsx';
import type { Aggregates, Reading } from './use-equipment.ts';

const PAGE_SIZE = 50;

interface ValuesTableProps {
  readonly equipmentId: string;
  readonly metrics: readonly string[];
  readonly hours: readonly Aggregates[];
  /** Null when they are too many. */
  readonly readings: readonly Reading[] | null;
}

/** The same values as the charts, newest first, for reading, downloading and correcting. */
export function ValuesTable({ equipmentId, metrics, hours, readings: all }: ValuesTableProps) {
  const { t } = usePreferences();
  const readings = all?.filter(({ values }) => metrics.some((metric) => metric in values)) ?? null;
  const [count, setCount] = useState(PAGE_SIZE);
  const [open, setOpen] = useState<Reading>();
  const readingColumns = useReadingColumns(metrics, setOpen);
  const hourColumns = useHourColumns();
  const hourRows = metrics.flatMap((metric, index) =>
    (hours[index]?.items ?? []).map((item) => Object.assign({ metric }, item)),
  );
  const newestReadings = readings?.toReversed();
  const newestHours = hourRows.toSorted((a, b) => b.intervalStart - a.intervalStart);
  const total = newestReadings?.length ?? newestHours.length;
  if (total === 0) return null;
  return (
    <section className="stack">
      <div className="page-head">
        <h2>{readings ? t('equipment.table.readings') : t('equipment.table.hours')}</h2>
        <DownloadButton
          equipmentId={equipmentId}
          metrics={metrics}
          hours={newestHours}
          readings={readings}
        />
      </div>
      {newestReadings ? (
        <DataTable
          caption={t('equipment.table.readings')}
          columns={readingColumns}
          rows={newestReadings.slice(0, count)}
          keyOf={({ timestamp }) => timestamp}
        />
      ) : (
        <DataTable
          caption={t('equipment.table.hours')}
          columns={hourColumns}
          rows={newestHours.slice(0, count)}
          keyOf={({ metric, intervalStart }) => `${metric} ${intervalStart}`}
        />
      )}
      {count < total && (
        <div className="actions">
          <button type="button" className="button" onClick={() => setCount(count + PAGE_SIZE)}>
            {t('app.more')}
          </button>
        </div>
      )}
      {open && <ReadingDialog reading={open} onClose={() => setOpen(undefined)} />}
    </section>
  );
}

type HourRow = Aggregates['items'][number] & { readonly metric: string };

function useReadingColumns(
  metrics: readonly string[],
  onOpen: (reading: Reading) => void,
): readonly Column<Reading>[] {
  const { t, formats } = usePreferences();
  return [
    {
      id: 'time',
      title: t('equipment.column.time'),
      isHeading: true,
      kind: 'fit',
      show: ({ timestamp }) => formats.instant(Date.parse(timestamp)),
    },
    ...metrics.map((metric): Column<Reading> => ({
      id: `value ${metric}`,
      title: metric,
      kind: 'number',
      show: ({ values }) => {
        const value = values[metric];
        return value === undefined ? '' : formats.exactNumber(value);
      },
    })),
    {
      id: 'open',
      title: t('equipment.column.history'),
      kind: 'fit',
      show: (reading) => (
        <button type="button" className="button button-quiet" onClick={() => onOpen(reading)}>
          {t('equipment.history')}
          <span className="visually-hidden"> {formats.instant(Date.parse(reading.timestamp))}</span>
        </button>
      ),
    },
  ];
}

function useHourColumns(): readonly Column<HourRow>[] {
  const { t, formats } = usePreferences();
  const number = (
    id: string,
    title: string,
    valueOf: (row: HourRow) => string,
  ): Column<HourRow> => ({
    id,
    title,
    kind: 'number',
    show: valueOf,
  });
  return [
    {
      id: 'hour',
      title: t('equipment.column.hour'),
      isHeading: true,
      kind: 'fit',
      show: ({ intervalStart }) => formats.instant(intervalStart * 1000),
    },
    { id: 'metric', title: t('equipment.column.metric'), show: ({ metric }) => metric },
    number('average', t('figure.average'), ({ average }) => formats.number(average)),
    number('min', t('figure.min'), ({ min }) => formats.number(min)),
    number('max', t('figure.max'), ({ max }) => formats.number(max)),
    number('samples', t('figure.samples'), ({ sampleCount }) => formats.count(sampleCount)),
    number('total', t('figure.total'), ({ total }) => total),
    number('silence', t('figure.silence'), ({ completeness }) =>
      completeness ? formats.duration(completeness.largestGapSeconds * 1000) : '',
    ),
  ];
}

interface DownloadProps {
  readonly equipmentId: string;
  readonly metrics: readonly string[];
  readonly hours: readonly HourRow[];
  readonly readings: readonly Reading[] | null;
}

/** Exactly what is shown, in UTC and in the zone on the screen. */
function DownloadButton({ equipmentId, metrics, hours, readings }: DownloadProps) {
  const { t, formats } = usePreferences();
  const local = (epochMs: number) => formats.instant(epochMs);
  const save = () => {
    const [header, rows]: readonly [readonly string[], readonly (readonly Cell[])[]] = readings
      ? [
          ['equipmentId', 'timestamp', `local ${formats.zone}`, ...metrics],
          readings.map(({ timestamp, values }) => [
            equipmentId,
            timestamp,
            local(Date.parse(timestamp)),
            ...metrics.map((metric) => values[metric]),
          ]),
        ]
      : [
          [
            'equipmentId',
            'metric',
            'hour',
            `local ${formats.zone}`,
            'average',
            'min',
            'max',
            'sampleCount',
            'total',
          ],
          hours.map(({ metric, intervalStart, average, min, max, sampleCount, total }) => [
            equipmentId,
            metric,
            new Date(intervalStart * 1000).toISOString(),
            local(intervalStart * 1000),
            average,
            min,
            max,
            sampleCount,
            total,
          ]),
        ];
    download(`${equipmentId.replaceAll(':', '_')}.csv`, csvOf(header, rows));
  };
  return (
    <button type="button" className="button" onClick={save}>
      {t('app.download')}
    </button>
  );
}
