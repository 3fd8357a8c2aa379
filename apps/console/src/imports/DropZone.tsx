import { useState, type DragEvent } from 'react';
import { usePreferences } from '../shell/preferences.tsx';

export const ACCEPTED = '.csv,.tsv,.txt,.dat,.gz,text/csv';

/** Takes files that are dropped, or chosen with the browser's own window. */
export function DropZone({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
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
      <FileInput onFiles={onFiles} />
    </label>
  );
}

/** A button that opens the browser's own window for files. */
export function FileButton({
  text,
  onFiles,
  isMultiple = false,
  isPrimary = false,
}: {
  readonly text: string;
  readonly onFiles: (files: readonly File[]) => void;
  readonly isMultiple?: boolean;
  readonly isPrimary?: boolean;
}) {
  return (
    <label className={isPrimary ? 'button button-primary file-button' : 'button file-button'}>
      {text}
      <FileInput onFiles={onFiles} isMultiple={isMultiple} />
    </label>
  );
}

function FileInput({
  onFiles,
  isMultiple = true,
}: {
  readonly onFiles: (files: readonly File[]) => void;
  readonly isMultiple?: boolean;
}) {
  return (
    <input
      type="file"
      className="visually-hidden"
      multiple={isMultiple}
      accept={ACCEPTED}
      onChange={({ target }) => {
        onFiles([...(target.files ?? [])]);
        target.value = '';
      }}
    />
  );
}
