import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, useLocation, useSearchParams } from 'wouter';
import { ApiProblem } from '../api/problem.ts';
import { PageHead } from '../shell/Shell.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { DraftEditor } from './DraftEditor.tsx';
import { wishOf, type Draft } from './draft.ts';
import { drafts } from './drafts.ts';
import { DropZone, FileButton } from './DropZone.tsx';
import { MissingFiles } from './MissingFiles.tsx';
import { previewQuery } from './preview.ts';
import { SendingList } from './Sending.tsx';
import { fileSize } from './sizes.ts';
import { openImportWith, useDrafts, useReadiness, type Readiness } from './use-drafts.ts';
import './imports.css';

/** Files that were chosen, what is understood of each, and what only a person can say. */
export default function NewImportsPage() {
  const { t } = usePreferences();
  const choosing = useDrafts().filter(({ stage }) => stage.kind === 'choosing');
  const readiness = useReadiness(choosing);
  const [parameters, setParameters] = useSearchParams();
  const wanted = Number(parameters.get('file'));
  const selected = choosing.find(({ id }) => id === wanted) ?? choosing[0];
  const { send, isSending } = useSend();
  const show = (id: number | undefined) =>
    setParameters(id === undefined ? {} : { file: String(id) }, { replace: true });
  const add = (files: readonly File[]) => void drafts.add(files).then(show);
  return (
    <>
      <PageHead title={t('imports.new.title')}>
        {choosing.length > 0 && <FileButton text={t('imports.new.add')} onFiles={add} isMultiple />}
      </PageHead>
      <MissingFiles />
      {selected ? (
        <>
          <FileTabs all={choosing} readiness={readiness} selected={selected} onSelect={show} />
          <DraftEditor key={selected.id} draft={selected} />
          <ActionBar all={choosing} readiness={readiness} selected={selected} onSend={send} />
        </>
      ) : isSending ? (
        <SendingList />
      ) : (
        <>
          <DropZone onFiles={add} />
          <p>
            <Link href="/imports">{t('imports.one.back')}</Link>
          </p>
        </>
      )}
    </>
  );
}

interface FilesProps {
  readonly all: readonly Draft[];
  readonly readiness: ReadonlyMap<number, Readiness>;
  readonly selected: Draft;
}

function FileTabs({
  all,
  readiness,
  selected,
  onSelect,
}: FilesProps & { readonly onSelect: (id: number) => void }) {
  const { t, language } = usePreferences();
  return (
    <ul className="import-files" aria-label={t('imports.new.files')}>
      {all.map(({ id, file }) => {
        const state = readiness.get(id) ?? 'looking';
        return (
          <li key={id} className="import-file" data-state={state}>
            <button type="button" aria-pressed={id === selected.id} onClick={() => onSelect(id)}>
              <strong>{file.name}</strong>
              <span className="small">
                {fileSize(file.size, language)} · {t(`imports.new.${state}`)}
              </span>
            </button>
            <button
              type="button"
              className="button button-quiet"
              aria-label={t('imports.new.remove', { name: file.name })}
              onClick={() => drafts.remove(id)}
            >
              ×
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** Always in view: what can be imported now. */
function ActionBar({ all, readiness, selected, onSend }: FilesProps & { readonly onSend: Send }) {
  const { t } = usePreferences();
  const [dryRun, setDryRun] = useState(false);
  const ready = all.filter(({ id }) => readiness.get(id) === 'ready');
  const isOne = all.length === 1;
  const text = isOne
    ? t('imports.new.import', { name: selected.file.name })
    : t('imports.new.importAll', { count: ready.length });
  return (
    <div className="import-actions">
      <button
        type="button"
        className="button button-primary"
        disabled={ready.length === 0}
        onClick={() => onSend(ready, dryRun)}
      >
        {text}
      </button>
      <label className="check">
        <input
          type="checkbox"
          checked={dryRun}
          onChange={({ target }) => setDryRun(target.checked)}
        />
        {t(isOne ? 'imports.new.dryRun' : 'imports.new.dryRunAll')}
      </label>
      {!isOne && <UseForAll key={selected.id} all={all} selected={selected} />}
    </div>
  );
}

/** Files of one logger are written alike. */
function UseForAll({ all, selected }: Omit<FilesProps, 'readiness'>) {
  const { t } = usePreferences();
  const [isDone, setIsDone] = useState(false);
  return (
    <>
      <button
        type="button"
        className="button"
        onClick={() => {
          for (const { id } of all) drafts.choose(id, selected.choices);
          setIsDone(true);
        }}
      >
        {t('imports.new.again')}
      </button>
      <span role="status" className="small quiet">
        {isDone && t('imports.new.again.done')}
      </span>
    </>
  );
}

type Send = (ready: readonly Draft[], dryRun: boolean) => void;

/** Sends files as they were understood, and leads to the import, or to the list of several. */
function useSend(): { readonly send: Send; readonly isSending: boolean } {
  const client = useQueryClient();
  const [, navigate] = useLocation();
  const [followed, setFollowed] = useState<number>();
  const target = useDrafts().find(({ id }) => id === followed)?.target;
  useEffect(() => {
    if (target) navigate(`/imports/${target.uploadId}`);
  }, [navigate, target]);
  const send: Send = (ready, dryRun) => {
    const wishes = ready.flatMap((draft) => {
      const understood = client.getQueryData(previewQuery(draft).queryKey);
      return understood && !(understood instanceof ApiProblem)
        ? [[draft.id, wishOf(draft.file, understood.options, dryRun)] as const]
        : [];
    });
    drafts.send(new Map(wishes), openImportWith(client));
    const isLast = drafts.list().every(({ stage }) => stage.kind !== 'choosing');
    const [only, another] = ready;
    if (only && !another && isLast) setFollowed(only.id);
    else if (isLast) navigate('/imports');
  };
  return { send, isSending: followed !== undefined };
}
