import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { api, body } from '../api/client.ts';
import { ConfirmDialog } from '../design/ConfirmDialog.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { IMPORTS, type Import } from './import-queries.ts';

const RUNNING: ReadonlySet<Import['status']> = new Set(['queued', 'importing']);
const DONE: ReadonlySet<Import['status']> = new Set(['completed', 'completed-with-errors']);

/** Takes an import back, or stops it and takes back what it brought. */
export function UndoButton({
  of: { uploadId, fileName, status, dryRun },
}: {
  readonly of: Import;
}) {
  const { t } = usePreferences();
  const [isAsking, setIsAsking] = useState(false);
  const client = useQueryClient();
  const undo = async () => {
    await body(api.DELETE('/sensor-data/uploads/{id}', { params: { path: { id: uploadId } } }));
    await client.invalidateQueries({ queryKey: IMPORTS });
  };
  const isRunning = RUNNING.has(status);
  if (!isRunning && (!DONE.has(status) || dryRun)) return null;
  const words = isRunning ? 'imports.cancel' : 'imports.undo';
  return (
    <>
      <button type="button" className="button" onClick={() => setIsAsking(true)}>
        {t(words)}
      </button>
      {isAsking && (
        <ConfirmDialog
          title={t(`${words}.title`, { name: fileName })}
          text={t(`${words}.text`)}
          action={t(`${words}.sure`)}
          keep={t(`${words}.keep`)}
          onConfirm={undo}
          onClose={() => setIsAsking(false)}
        />
      )}
    </>
  );
}
