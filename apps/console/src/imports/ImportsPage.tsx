import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type DragEvent } from 'react';
import type { components } from '#console-api';
import { api, body } from '../api/client.ts';
import { problemText } from '../api/problem.ts';
import { useSession } from '../api/session.tsx';
import { useList } from '../api/use-list.ts';
import type { Column } from '../design/DataTable.tsx';
import { EmptyState } from '../design/EmptyState.tsx';
import { TextField } from '../design/Field.tsx';
import { List } from '../design/List.tsx';
import { Notice } from '../design/Notice.tsx';
import { PageHead } from '../shell/Shell.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { upload } from './upload.ts';
import './imports.css';

type Import = components['schemas']['Import'];

const IMPORTS = ['imports'] as const;
const REFRESH_MS = 3000;

/** Files that became readings, or are about to. */
export default function ImportsPage() {
  const { t } = usePreferences();
  const { may } = useSession();
  const columns = useColumns();
  const list = useList(
    IMPORTS,
    (cursor, signal) =>
      body(
        api.GET('/sensor-data/uploads', {
          params: { query: { limit: 50, ...(cursor && { cursor }) } },
          signal,
        }),
      ),
    REFRESH_MS,
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

interface Sending {
  readonly id: number;
  readonly file: File;
  readonly sentBytes: number;
  readonly error?: unknown;
}

/** Files on their way from this browser to the storage. */
function Uploads() {
  const { t } = usePreferences();
  const [timezone, setTimezone] = useState('');
  const [sendings, setSendings] = useState<readonly Sending[]>([]);
  const nextId = useRef(0);
  const client = useQueryClient();
  const change = (id: number, part: Partial<Sending>) =>
    setSendings((all) => all.map((each) => (each.id === id ? { ...each, ...part } : each)));
  const send = async (file: File) => {
    const id = (nextId.current += 1);
    setSendings((all) => [...all, { id, file, sentBytes: 0 }]);
    try {
      const wish = {
        fileName: file.name,
        size: file.size,
        ...(timezone !== '' && { timezone }),
      };
      const target = await body(api.POST('/sensor-data/upload-csv', { body: wish }));
      await upload(file, target, (sentBytes) => change(id, { sentBytes }));
      setSendings((all) => all.filter((each) => each.id !== id));
      await client.invalidateQueries({ queryKey: IMPORTS });
    } catch (error) {
      change(id, { error });
    }
  };
  return (
    <section className="stack">
      <DropZone onFiles={(files) => files.forEach((file) => void send(file))} />
      <div className="imports-options">
        <TextField
          label={t('imports.timezone')}
          hint={t('imports.timezone.hint')}
          list="zones"
          value={timezone}
          onChange={({ target }) => setTimezone(target.value)}
        />
      </div>
      <datalist id="zones">
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone}>{zone}</option>
        ))}
      </datalist>
      {sendings.map((sending) => (
        <SendingRow key={sending.id} sending={sending} />
      ))}
    </section>
  );
}

function DropZone({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const { t } = usePreferences();
  const [isOver, setIsOver] = useState(false);
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    onFiles([...event.dataTransfer.files]);
  };
  return (
    <label
      className="drop-zone"
      data-over={isOver}
      onDragOver={(event) => {
        event.preventDefault();
        setIsOver(true);
      }}
      onDragLeave={() => setIsOver(false)}
      onDrop={drop}
    >
      <strong>{t('imports.drop')}</strong>
      <span className="quiet small">{t('imports.drop.hint')}</span>
      <input
        type="file"
        className="visually-hidden"
        multiple
        accept=".csv,.tsv,.txt,.dat,.gz,text/csv"
        onChange={({ target }) => {
          onFiles([...(target.files ?? [])]);
          target.value = '';
        }}
      />
    </label>
  );
}

function SendingRow({ sending: { file, sentBytes, error } }: { readonly sending: Sending }) {
  const { t, formats } = usePreferences();
  if (error !== undefined) {
    return (
      <Notice tone="bad" title={file.name}>
        {problemText(error, t, formats)}
      </Notice>
    );
  }
  return (
    <div className="card card-body form">
      <span>{t('imports.sending', { name: file.name })}</span>
      <progress className="progress" aria-label={file.name} value={sentBytes} max={file.size} />
    </div>
  );
}

function useColumns(): readonly Column<Import>[] {
  const { t, formats } = usePreferences();
  return [
    { id: 'file', title: t('imports.file'), isHeading: true, show: ({ fileName }) => fileName },
    { id: 'status', title: t('overview.column.state'), show: (one) => <Status of={one} /> },
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
    {
      id: 'report',
      title: t('imports.report'),
      kind: 'fit',
      show: ({ errorReportUrl: url }) => url && <a href={url}>{t('imports.report.get')}</a>,
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

function Status({ of: { status, bytes, failure, fileName } }: { readonly of: Import }) {
  const { t } = usePreferences();
  return (
    <>
      {t(`imports.status.${status}`)}
      {status === 'importing' && (
        <progress
          className="progress"
          aria-label={fileName}
          value={bytes.processed}
          max={bytes.total}
        />
      )}
      {failure && <p className="small quiet">{failure.detail}</p>}
    </>
  );
}
