import { Notice } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { drafts } from './drafts.ts';

const SHOWN_NAMES = 5;

/** Files that were chosen before the page was loaded again: their choices are there, they are not. */
export function MissingFiles() {
  const { t } = usePreferences();
  const missing = drafts.listMissing();
  if (missing.length === 0) return null;
  const names = missing.slice(0, SHOWN_NAMES).map(({ name }) => name);
  if (missing.length > SHOWN_NAMES) names.push('…');
  return (
    <Notice tone="warn" title={t('imports.missing.title', { count: missing.length })}>
      <p>{t('imports.missing.text', { names: names.join(', ') })}</p>
      <button type="button" className="button" onClick={() => drafts.forgetMissing()}>
        {t('imports.missing.forget')}
      </button>
    </Notice>
  );
}
