import type { ReactNode } from 'react';
import { ApiProblem, problemText } from '../api/problem.ts';
import { usePreferences } from '../shell/preferences.tsx';

interface NoticeProps {
  readonly tone?: 'plain' | 'warn' | 'bad';
  readonly title?: string;
  readonly children: ReactNode;
}

/** Something to know; what has failed is read out at once. */
export function Notice({ tone = 'plain', title, children }: NoticeProps) {
  const style = tone === 'plain' ? 'notice' : `notice notice-${tone}`;
  return (
    <div className={style} role={tone === 'bad' ? 'alert' : 'status'}>
      {title && <strong>{title}</strong>}
      <div>{children}</div>
    </div>
  );
}

/** Why something failed, what to do, and how to name it to an administrator. */
export function Problem({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry?: () => void;
}) {
  const { t, formats } = usePreferences();
  const requestId = error instanceof ApiProblem ? error.document['requestId'] : undefined;
  return (
    <Notice tone="bad" title={t('problem.title')}>
      <p>{problemText(error, t, formats)}</p>
      {typeof requestId === 'string' && (
        <p className="small quiet">{t('problem.request', { id: requestId })}</p>
      )}
      {onRetry && (
        <button type="button" className="button" onClick={onRetry}>
          {t('app.retry')}
        </button>
      )}
    </Notice>
  );
}
