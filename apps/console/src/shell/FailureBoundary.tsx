import { Component, type ReactNode } from 'react';
import { Notice } from '../design/Notice.tsx';
import { usePreferences } from './preferences.tsx';

interface State {
  readonly error?: unknown;
}

/** A fault of the console itself: says so, instead of an empty page. */
export class FailureBoundary extends Component<{ readonly children: ReactNode }, State> {
  override state: State = {};

  static getDerivedStateFromError(error: unknown): State {
    return { error };
  }

  override render(): ReactNode {
    return this.state.error === undefined ? (
      this.props.children
    ) : (
      <Failed error={this.state.error} />
    );
  }
}

function Failed({ error }: { readonly error: unknown }) {
  const { t } = usePreferences();
  return (
    <main className="page">
      <Notice tone="bad" title={t('app.broken.title')}>
        <p>{t('app.broken.text')}</p>
        <pre>{String(error)}</pre>
        <button type="button" className="button" onClick={() => location.reload()}>
          {t('app.reload')}
        </button>
      </Notice>
    </main>
  );
}
