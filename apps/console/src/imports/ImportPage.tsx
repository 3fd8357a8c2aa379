import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'wouter';
import { DataTable, TableSkeleton } from '../design/DataTable.tsx';
import { Notice, Problem } from '../design/Notice.tsx';
import { PageHead } from '../shell/Shell.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { BadRows } from './BadRows.tsx';
import { FileButton } from './DropZone.tsx';
import { faultName, keptFaultDetail } from './fault-words.ts';
import { importQuery, type Import } from './import-queries.ts';
import { ImportProgress, StatusWord } from './ImportStatus.tsx';
import { SendingRow } from './Sending.tsx';
import { UndoButton } from './UndoButton.tsx';
import { useChosenAgain } from './use-chosen-again.ts';
import { useDrafts } from './use-drafts.ts';
import './imports.css';

/** One import, from the sending of its file to its undoing. */
export default function ImportPage() {
  const { t } = usePreferences();
  const { id } = useParams<{ id: string }>();
  const { data, error, refetch } = useQuery(importQuery(id));
  return (
    <>
      <PageHead title={data?.fileName ?? t('imports.title')}>
        {data && <UndoButton of={data} />}
      </PageHead>
      <p className="import-back">
        <Link href="/imports">{t('imports.one.back')}</Link>
      </p>
      {data ? <Details of={data} /> : null}
      {!data && !error && <TableSkeleton rows={4} label={t('app.loading')} />}
      {!data && error && <Problem error={error} onRetry={() => void refetch()} />}
    </>
  );
}

function Details({ of }: { readonly of: Import }) {
  const { t, language, formats } = usePreferences();
  const { createdBy, createdAt, columns, errorReportUrl, failure, rows } = of;
  return (
    <>
      <section className="card card-body form">
        <div className="import-line">
          <span role="status" className="import-status">
            <StatusWord of={of} />
          </span>
          <span className="small quiet">
            {t('imports.one.by', {
              name: createdBy ?? '–',
              at: formats.instant(Date.parse(createdAt)),
            })}
          </span>
        </div>
        <ImportProgress of={of} />
        {rows.total > 0 && <Counts of={of} />}
      </section>
      <WhatNow of={of} />
      {failure && (
        <Notice tone="bad" title={faultName(failure.code, t)}>
          {keptFaultDetail(failure, t, language)}
        </Notice>
      )}
      {errorReportUrl !== null && <BadRows of={of} url={errorReportUrl} />}
      {columns && columns.length > 0 && <Columns columns={columns} />}
    </>
  );
}

/** What the status means for whoever reads it, where that is not plain. */
function WhatNow({ of }: { readonly of: Import }) {
  const { t } = usePreferences();
  const { status, undo, dryRun, uploadId } = of;
  const draft = useDrafts().find(({ target }) => target?.uploadId === uploadId);
  if (draft && draft.stage.kind !== 'uploaded' && status === 'awaiting-upload') {
    return draft.stage.kind === 'choosing' ? null : <SendingRow draft={draft} />;
  }
  if (status === 'awaiting-upload' && !draft) return <ChooseAgain of={of} />;
  if (status === 'expired') return <Notice tone="warn">{t('imports.one.expired')}</Notice>;
  if (status === 'queued') return <p className="quiet">{t('imports.one.queued')}</p>;
  if (status === 'undone') {
    const sealed = undo?.sealed ?? 0;
    return (
      <Notice>
        {t('imports.one.undone')} {sealed > 0 && t('imports.one.sealed', { count: sealed })}
      </Notice>
    );
  }
  return dryRun && status.startsWith('completed') ? <Checked of={of} /> : null;
}

function ChooseAgain({ of }: { readonly of: Import }) {
  const { t } = usePreferences();
  const again = useChosenAgain(of);
  return (
    <Notice tone="warn">
      <p>{t('imports.one.awaiting')}</p>
      <FileButton text={t('imports.one.choose')} onFiles={again} />
    </Notice>
  );
}

function Checked({ of }: { readonly of: Import }) {
  const { t } = usePreferences();
  const draft = useDrafts().find(({ target }) => target?.uploadId === of.uploadId);
  const again = useChosenAgain(of);
  return (
    <Notice>
      <p>{t('imports.one.checked')}</p>
      {draft ? (
        <button type="button" className="button" onClick={() => again([draft.file])}>
          {t('imports.one.checkedAgain')}
        </button>
      ) : (
        <FileButton text={t('imports.one.checkedAgain')} onFiles={again} />
      )}
    </Notice>
  );
}

function Counts({ of }: { readonly of: Import }) {
  const { t, formats } = usePreferences();
  const { rows, cells, equipment, firstTimestamp, lastTimestamp, dryRun } = of;
  const many = (count: number, isExact: boolean) =>
    isExact ? formats.count(count) : t('imports.one.atLeast', { count: formats.count(count) });
  const figures = [
    ['imports.one.rows', formats.count(rows.total)],
    ['imports.one.accepted', formats.count(rows.accepted)],
    ['imports.one.rejected', formats.count(rows.rejected)],
    ['imports.one.repeated', many(rows.repeated, rows.repeatedIsExact)],
    [dryRun ? 'imports.one.valuesChecked' : 'imports.one.values', formats.count(cells.accepted)],
    ['imports.one.badCells', formats.count(cells.rejected)],
    ['imports.one.equipment', many(equipment.count, equipment.isExact)],
  ] as const;
  return (
    <>
      <dl className="figures import-figures">
        {figures.map(([key, shown]) => (
          <div key={key}>
            <dt>{t(key)}</dt>
            <dd>{shown}</dd>
          </div>
        ))}
      </dl>
      {firstTimestamp !== null && lastTimestamp !== null && (
        <p className="quiet">
          {t('imports.one.span', {
            first: formats.instant(Date.parse(firstTimestamp)),
            last: formats.instant(Date.parse(lastTimestamp)),
          })}
        </p>
      )}
    </>
  );
}

function Columns({ columns }: { readonly columns: NonNullable<Import['columns']> }) {
  const { t } = usePreferences();
  return (
    <details className="card card-body import-columns-read">
      <summary>{t('imports.one.columns')}</summary>
      <DataTable
        caption={t('imports.one.columns')}
        rows={columns}
        keyOf={({ key }) => key}
        columns={[
          { id: 'key', title: t('imports.one.column'), isHeading: true, show: ({ key }) => key },
          {
            id: 'role',
            title: t('imports.one.role'),
            show: ({ role }) => (role === null ? t('imports.role.out') : role),
          },
        ]}
      />
    </details>
  );
}
