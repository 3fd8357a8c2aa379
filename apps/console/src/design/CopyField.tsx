import { useState } from 'react';
import { usePreferences } from '../shell/preferences.tsx';

/** A text to take along: shown whole, copied with one click. */
export function CopyField({ label, text }: { readonly label: string; readonly text: string }) {
  const { t } = usePreferences();
  const [isCopied, setIsCopied] = useState(false);
  return (
    <div className="field">
      <span className="field-label">{label}</span>
      <pre className="code" tabIndex={0} role="group" aria-label={label}>
        {text}
      </pre>
      <div className="actions">
        <button
          type="button"
          className="button"
          onClick={() =>
            void navigator.clipboard.writeText(text).then(
              () => setIsCopied(true),
              () => setIsCopied(false),
            )
          }
        >
          {t('app.copy')}
        </button>
        <span role="status" className="quiet">
          {isCopied && t('app.copied')}
        </span>
      </div>
    </div>
  );
}
