import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { Link } from 'wouter';
import { api, body } from '../api/client.ts';
import { problemText } from '../api/problem.ts';
import { ConfirmDialog } from '../design/ConfirmDialog.tsx';
import { Notice } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { useNow } from '../time/use-now.ts';
import type { Draft, Stage } from './draft.ts';
import { drafts } from './drafts.ts';
import { IMPORTS } from './import-queries.ts';
import { fileSize } from './sizes.ts';
import { openImportWith, useDrafts } from './use-drafts.ts';

/** Files on their way from this browser to the storage. */
export function SendingList() {
  const { t } = usePreferences();
  const sending = useDrafts().filter(({ stage }) => !/^(choosing|uploaded)$/.test(stage.kind));
  if (sending.length === 0) return null;
  return (
    <section className="stack">
      <h2>{t('imports.sending.title')}</h2>
      {sending.map((draft) => (
        <SendingRow key={draft.id} draft={draft} isLinked />
      ))}
    </section>
  );
}

export function SendingRow({
  draft,
  isLinked = false,
}: {
  readonly draft: Draft;
  readonly isLinked?: boolean;
}) {
  const { t } = usePreferences();
  const { file, stage, target } = draft;
  if (stage.kind === 'refused') return <Refused draft={draft} error={stage.error} />;
  return (
    <div className="card card-body form import-sending">
      <div className="import-line">
        <strong>
          {isLinked && target ? (
            <Link href={`/imports/${target.uploadId}`}>{file.name}</Link>
          ) : (
            file.name
          )}
        </strong>
        <span className="quiet">
          <SendingText stage={stage} size={file.size} />
        </span>
      </div>
      <progress
        className="progress"
        aria-label={t('imports.sending.name', { name: file.name })}
        value={stage.kind === 'uploading' ? stage.sentBytes : 0}
        max={file.size}
      />
      <div className="actions">
        <StopSending draft={draft} />
        <span className="small quiet">{t('imports.sending.stay')}</span>
      </div>
    </div>
  );
}

const SECOND_MS = 1000;

function SendingText({ stage, size }: { readonly stage: Stage; readonly size: number }) {
  const { t, language, formats } = usePreferences();
  const now = useNow(SECOND_MS);
  if (stage.kind !== 'uploading') {
    return t(stage.kind === 'opening' ? 'imports.sending.opening' : 'imports.sending.waiting');
  }
  const { sentBytes, startedAtEpochMs } = stage;
  const sent = t('imports.sending.sent', {
    sent: fileSize(sentBytes, language),
    total: fileSize(size, language),
  });
  const tookMs = now - startedAtEpochMs;
  if (tookMs < SECOND_MS || sentBytes === 0) return sent;
  const bytesPerMs = sentBytes / tookMs;
  const pace = t('imports.sending.pace', {
    pace: fileSize(Math.round(bytesPerMs * SECOND_MS), language),
    left: formats.duration((size - sentBytes) / bytesPerMs),
  });
  return `${sent} · ${pace}`;
}

function Refused({ draft, error }: { readonly draft: Draft; readonly error: unknown }) {
  const { t, formats } = usePreferences();
  const client = useQueryClient();
  return (
    <Notice tone="bad" title={t('imports.sending.refused', { name: draft.file.name })}>
      <p>{problemText(error, t, formats)}</p>
      <div className="actions">
        <button
          type="button"
          className="button"
          onClick={() => drafts.retry(draft.id, openImportWith(client))}
        >
          {t('imports.sending.retry')}
        </button>
        <button type="button" className="button" onClick={() => drafts.remove(draft.id)}>
          {t('imports.missing.forget')}
        </button>
      </div>
    </Notice>
  );
}

function StopSending({ draft: { id, file, target } }: { readonly draft: Draft }) {
  const { t } = usePreferences();
  const [isAsking, setIsAsking] = useState(false);
  const client = useQueryClient();
  const stop = async () => {
    drafts.remove(id);
    if (!target) return;
    const path = { id: target.uploadId };
    try {
      await body(api.DELETE('/sensor-data/uploads/{id}', { params: { path } }));
    } finally {
      await client.invalidateQueries({ queryKey: IMPORTS });
    }
  };
  return (
    <>
      <button type="button" className="button" onClick={() => setIsAsking(true)}>
        {t('imports.sending.stop')}
      </button>
      {isAsking && (
        <ConfirmDialog
          title={t('imports.stop.title', { name: file.name })}
          text={t('imports.stop.text')}
          action={t('imports.sending.stop')}
          keep={t('imports.stop.keep')}
          onConfirm={stop}
          onClose={() => setIsAsking(false)}
        />
      )}
    </>
  );
}
