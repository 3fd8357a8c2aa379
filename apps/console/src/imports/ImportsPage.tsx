import { useLocation, Link } from 'wouter';
import { api, body } from '../api/client.ts';
import { useSession } from '../api/session.tsx';
import { useList } from '../api/use-list.ts';
import type { Column } from '../design/DataTable.tsx';
import { EmptyState } from '../design/EmptyState.tsx';
import { List } from '../design/List.tsx';
import { PageHead } from '../shell/Shell.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { drafts } from './drafts.ts';
import { DropZone } from './DropZone.tsx';
import { IMPORTS, isGoingOn, LISTED_MS, type Import } from './import-queries.ts';
import { progressOf, StatusWord } from './ImportStatus.tsx';
import { MissingFiles } from './MissingFiles.tsx';
import { SendingList } from './Sending.tsx';
import { fileSize } from './sizes.ts';
import { useDrafts } from './use-drafts.ts';
import './imports.css';

/** Files that became readings, or are about to. */
export default function ImportsPage() {
  const { t } = usePreferences();
  const { may } = useSession();
  const columns = useColumns();
  const list = useList(
    [...IMPORTS, 'list'],
    (cursor, signal) =>
      body(
        api.GET('/sensor-data/uploads', {
          params: { query: { limit: 50, ...(cursor && { cursor }) } },
          signal,
        }),
      ),
    LISTED_MS,
  );
  return (
    <>
      <PageHead title={t('imports.title')} />
      {may('sensorflow/import') && <Uploads />}
      <List
        caption={t('imports.title')}
        columns={columns}
        list={list}
        keyOf={({ uploadId }) => uploadId}
        empty={<EmptyState title={t('imports.empty.title')} text={t('imports.empty.text')} />}
      />
    </>
  );
}

function Uploads() {
  const { t } = usePreferences();
  const [, navigate] = useLocation();
  const choosing = useDrafts().filter(({ stage }) => stage.kind === 'choosing');
  const add = (files: readonly File[]) =>
    void drafts.add(files).then((id) => id !== undefined && navigate(`/imports/new?file=${id}`));
  return (
    <>
      <MissingFiles />
      <DropZone onFiles={add} />
      {choosing.length > 0 && (
        <p>
          <Link href="/imports/new">{t('imports.chosen', { count: choosing.length })}</Link>
        </p>
      )}
      <SendingList />
    </>
  );
}

function useColumns(): readonly Column<Import>[] {
  const { t, formats, language } = usePreferences();
  return [
    {
      id: 'file',
      title: t('imports.file'),
      isHeading: true,
      show: ({ fileName, uploadId }) => <Link href={`/imports/${uploadId}`}>{fileName}</Link>,
    },
    { id: 'status', title: t('overview.column.state'), show: (one) => <ListedStatus of={one} /> },
    {
      id: 'size',
      title: t('imports.size'),
      kind: 'number',
      show: ({ bytes }) => fileSize(bytes.total, language),
    },
    {
      id: 'accepted',
      title: t('imports.accepted'),
      kind: 'number',
      show: ({ rows }) => formats.count(rows.accepted),
    },
    {
      id: 'rejected',
      title: t('imports.rejected'),
      kind: 'number',
      show: ({ rows }) => formats.count(rows.rejected),
    },
    { id: 'by', title: t('keys.createdBy'), show: ({ createdBy }) => createdBy ?? '–' },
    {
      id: 'at',
      title: t('imports.createdAt'),
      kind: 'fit',
      show: ({ createdAt }) => formats.instant(Date.parse(createdAt)),
    },
  ];
}

function ListedStatus({ of }: { readonly of: Import }) {
  const progress = progressOf(of);
  return (
    <>
      <StatusWord of={of} />
      {isGoingOn(of) && progress && (
        <progress
          className="progress"
          aria-label={of.fileName}
          {...(progress.total > 0 && { value: progress.done, max: progress.total })}
        />
      )}
    </>
  );
}
