import { Suspense, useEffect, useRef, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useSession } from '../api/session.tsx';
import { Icon, Mark, type IconName } from '../design/Icon.tsx';
import type { MessageKey } from '../language/en.ts';
import { AccountMenu } from './AccountMenu.tsx';
import { useFreshness } from './freshness.ts';
import { usePreferences } from './preferences.tsx';
import './shell.css';

export interface Section {
  readonly path: string;
  readonly icon: IconName;
  readonly label: MessageKey;
}

/** Sections at the side (on a phone below), and the page. */
export function Shell({
  sections,
  children,
}: {
  readonly sections: readonly Section[];
  readonly children: ReactNode;
}) {
  const { t } = usePreferences();
  const { may } = useSession();
  const main = useRef<HTMLElement>(null);
  return (
    <div className="shell">
      <a
        className="skip-link"
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
      >
        {t('app.skip')}
      </a>
      <header className="rail">
        <Link href="/" className="wordmark">
          <Mark /> SensorFlow
        </Link>
        <nav className="rail-nav" aria-label={t('app.menu')}>
          <Sections sections={sections} />
        </nav>
        <div className="rail-end">
          {may('sensorflow/read') && <FreshnessMark />}
          <AccountMenu />
        </div>
      </header>
      <main className="page" id="main" ref={main} tabIndex={-1}>
        <Suspense
          fallback={<div className="skeleton" role="status" aria-label={t('app.loading')} />}
        >
          {children}
        </Suspense>
      </main>
    </div>
  );
}

function Sections({ sections }: { readonly sections: readonly Section[] }) {
  const { t } = usePreferences();
  const [location] = useLocation();
  return (
    <ul className="rail-links">
      {sections.map(({ path, icon, label }) => (
        <li key={path}>
          <Link href={path} aria-current={isIn(location, path) ? 'page' : undefined}>
            <Icon name={icon} />
            {t(label)}
          </Link>
        </li>
      ))}
    </ul>
  );
}

/** Equipment belongs to the overview. */
function isIn(location: string, path: string): boolean {
  if (path === '/') return location === '/' || location.startsWith('/equipment');
  return location.startsWith(path);
}

function FreshnessMark() {
  const { t, formats } = usePreferences();
  const { state, sinceEpochMs } = useFreshness();
  return (
    <p className="freshness" role="status">
      <span className="freshness-dot" data-state={state} />
      {t(`fresh.${state}`, { time: formats.timeOfDay(sinceEpochMs) })}
    </p>
  );
}

/** A page's heading; it takes the focus when the page opens, so that readers hear where they are. */
export function PageHead({
  title,
  children,
}: {
  readonly title: string;
  readonly children?: ReactNode;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, []);
  useEffect(() => {
    document.title = `${title} · SensorFlow`;
  }, [title]);
  return (
    <div className="page-head">
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
      </div>
      {children}
    </div>
  );
}
