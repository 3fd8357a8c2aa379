import { useState } from 'react';
import { usePreferences } from '../shell/preferences.tsx';

/** A text to take along: shown whole, copied with one click. */
export function CopyField({ label, text }: { readonly label: string; readonly text: string }) {
  const { t } = usePreferences();
  const [isCopied, setIsCopied] = useState(false);
  return (
    <div className="field">
      <div className="copy-head">
        <span className="field-label">{label}</span>
        <span role="status" className="quiet small">
          {isCopied && t('app.copied')}
        </span>
        <button
          type="button"
          className="button button-small"
          onClick={() =>
            void navigator.clipboard.writeText(text).then(
              () => setIsCopied(true),
              () => setIsCopied(false),
            )
          }
        >
          {t('app.copy')}
          <span className="visually-hidden"> {label}</span>
        </button>
      </div>
      <pre className="code" tabIndex={0} role="group" aria-label={label}>
        {text}
      </pre>
    </div>
  );
}
