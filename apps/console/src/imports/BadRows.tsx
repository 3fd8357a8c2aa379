import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useSession } from '../api/session.tsx';
import { DataTable, TableSkeleton, type Column } from '../design/DataTable.tsx';
import { Notice } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { FileButton } from './DropZone.tsx';
import { faultName, keptFaultDetail } from './fault-words.ts';
import type { Import } from './import-queries.ts';
import { readReport, type Report, type ReportRow } from './report-rows.ts';
import { useChosenAgain } from './use-chosen-again.ts';

const PAGE = 25;

/** Rows and cells that were not stored, why, and the way to correct them. */
export function BadRows({ of, url }: { readonly of: Import; readonly url: string }) {
  const { t } = usePreferences();
  const { may } = useSession();
  const again = useChosenAgain(of);
  const { data, error } = useQuery({
    // The address is another one each time; the report is not.
    queryKey: ['error-report', of.uploadId, of.rows.total],
    queryFn: ({ signal }) => readReport(url, signal),
    staleTime: Infinity,
  });
  return (
    <section className="card card-body form">
      <h2>{t('imports.bad.title')}</h2>
      <p className="quiet">{t('imports.bad.text')}</p>
      <div className="actions">
        <a className="button" href={url}>
          {t('imports.bad.download')}
        </a>
        {may('sensorflow/import') && <FileButton text={t('imports.bad.correct')} onFiles={again} />}
      </div>
      {data && <ReportTable report={data} />}
      {!data && !error && <TableSkeleton rows={3} label={t('app.loading')} />}
      {!data && error && <Notice tone="warn">{t('imports.bad.unreachable')}</Notice>}
    </section>
  );
}

function ReportTable({ report }: { readonly report: Report }) {
  const { t } = usePreferences();
  const [shown, setShown] = useState(PAGE);
  const columns = useColumns(report);
  const rows = report.rows.slice(0, shown);
  const hasMore = report.rows.length > shown;
  return (
    <>
      <DataTable
        caption={t('imports.bad.title')}
        columns={columns}
        rows={rows}
        keyOf={({ line, code, detail }) => `${line} ${code} ${detail}`}
      />
      {hasMore && (
        <div className="actions">
          <button type="button" className="button" onClick={() => setShown(shown + PAGE)}>
            {t('app.more')}
          </button>
        </div>
      )}
      {!hasMore && report.isCut && <p className="quiet">{t('imports.bad.more')}</p>}
    </>
  );
}

function useColumns({ names }: Report): readonly Column<ReportRow>[] {
  const { t, language } = usePreferences();
  return [
    { id: '_line', title: t('imports.result.line'), kind: 'fit', show: ({ line }) => line },
    {
      id: '_code',
      title: t('imports.bad.code'),
      isHeading: true,
      show: ({ code }) => faultName(code, t),
    },
    {
      id: '_detail',
      title: t('imports.bad.detail'),
      show: ({ columns, ...fault }) => (
        <span className="import-detail">{keptFaultDetail(fault, t, language, columns)}</span>
      ),
    },
    ...names.map((name, at): Column<ReportRow> => ({
      id: `${at}`,
      title: name,
      show: ({ cells }) => <span className="mono import-cell">{cells[at]}</span>,
    })),
  ];
}
