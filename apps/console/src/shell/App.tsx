import { QueryClientProvider } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, Route, Router, Switch } from 'wouter';
import { createQueryClient } from '../api/queries.ts';
import { ApiProblem } from '../api/problem.ts';
import { SessionProvider, useCallerQuery, useSession, type Caller } from '../api/session.tsx';
import { Dialog } from '../design/Dialog.tsx';
import { Problem } from '../design/Notice.tsx';
import { LiveProvider } from '../live/live.tsx';
import { LoginForm } from '../login/LoginForm.tsx';
import { LoginPage } from '../login/LoginPage.tsx';
import { FailureBoundary } from './FailureBoundary.tsx';
import { PreferencesProvider, usePreferences } from './preferences.tsx';
import { PAGES } from './pages.ts';
import { PageHead, Shell } from './Shell.tsx';

/** The console: who is there, then the page that the address names. */
export function App() {
  const [refusedAt, setRefusedAt] = useState(0);
  const [client] = useState(() => createQueryClient(setRefusedAt));
  return (
    <QueryClientProvider client={client}>
      <PreferencesProvider>
        <FailureBoundary>
          <Router base="/console">
            <Console refusedAt={refusedAt} onRefused={() => setRefusedAt(Date.now())} />
          </Router>
        </FailureBoundary>
      </PreferencesProvider>
    </QueryClientProvider>
  );
}

interface ConsoleProps {
  /** When a request last met a 401, in epoch milliseconds. */
  readonly refusedAt: number;
  readonly onRefused: () => void;
}

function Console({ refusedAt, onRefused }: ConsoleProps) {
  const { data: caller, error, dataUpdatedAt, refetch } = useCallerQuery();
  if (caller === undefined) {
    if (error instanceof ApiProblem && error.status === 401) return <LoginPage />;
    return error ? <Unreachable error={error} onRetry={() => void refetch()} /> : null;
  }
  return (
    <SessionProvider caller={caller}>
      {caller.scopes.includes('sensorflow/read') ? (
        <LiveProvider sessionEpochMs={dataUpdatedAt} onRefused={onRefused}>
          <Pages />
        </LiveProvider>
      ) : (
        <Pages />
      )}
      {refusedAt > dataUpdatedAt && <SessionEnded caller={caller} />}
    </SessionProvider>
  );
}

function Unreachable({
  error,
  onRetry,
}: {
  readonly error: unknown;
  readonly onRetry: () => void;
}) {
  return (
    <main className="page">
      <Problem error={error} onRetry={onRetry} />
    </main>
  );
}

/** Above the page, which keeps everything that was typed. */
function SessionEnded({ caller }: { readonly caller: Caller }) {
  const { t } = usePreferences();
  return (
    <Dialog title={t('login.ended.title')}>
      <div className="form">
        <p>{t('login.ended.text')}</p>
        <LoginForm username={caller.username} />
      </div>
    </Dialog>
  );
}

function Pages() {
  const { may } = useSession();
  const pages = PAGES.filter(({ scopes }) => scopes.some(may));
  const sections = pages.flatMap(({ section }) => section ?? []);
  return (
    <Shell sections={sections}>
      <Switch>
        {pages.map(({ path, component }) => (
          <Route key={path} path={path} component={component} />
        ))}
        <Route component={pages.length === 0 ? NoRights : NotFound} />
      </Switch>
    </Shell>
  );
}

function NoRights() {
  const { t } = usePreferences();
  return (
    <>
      <PageHead title={t('app.noRights.title')} />
      <p>{t('app.noRights.text')}</p>
    </>
  );
}

function NotFound() {
  const { t } = usePreferences();
  return (
    <>
      <PageHead title={t('app.notFound.title')} />
      <p>{t('app.notFound.text')}</p>
      <p>
        <Link href="/">{t('app.notFound.action')}</Link>
      </p>
    </>
  );
}
