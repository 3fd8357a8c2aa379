import { useRef, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { DataTable, TableSkeleton } from '../design/DataTable.tsx';
import { EmptyState } from '../design/EmptyState.tsx';
import { Problem } from '../design/Notice.tsx';
import { FirstSteps } from '../first-steps/FirstSteps.tsx';
import { PageHead } from '../shell/Shell.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import { parametersOf, viewIn, type OverviewView } from './overview-order.ts';
import { useOverviewColumns } from './overview-columns.tsx';
import { useOverview, type OverviewAnswer } from './use-overview.ts';
import './overview.css';

const FILTERS = [undefined, 'silent', 'late', 'on-time'] as const;
const TYPING_MS = 250;
const LONGEST_NAME = 128;

/** All equipment at a glance: what it sent last, and whether it still sends. */
export default function OverviewPage() {
  const { t } = usePreferences();
  const [parameters, setParameters] = useSearchParams();
  const view = viewIn(parameters);
  const show = (next: OverviewView, replace = false) =>
    setParameters(parametersOf(next), { replace });
  const answer = useOverview(view);
  return (
    <>
      <PageHead title={t('overview.title')}>
        <SearchField
          search={view.search}
          onSearch={(search) => show({ ...view, search, after: undefined }, true)}
        />
      </PageHead>
      <Filters view={view} onShow={show} />
      <Rows view={view} answer={answer} onShow={show} />
    </>
  );
}

interface ViewProps {
  readonly view: OverviewView;
  readonly onShow: (next: OverviewView, replace?: boolean) => void;
}

function SearchField({
  search,
  onSearch,
}: {
  readonly search: string;
  readonly onSearch: (search: string) => void;
}) {
  const { t } = usePreferences();
  const [typed, setTyped] = useState(search);
  const timer = useRef(0);
  const searchLater = (text: string) => {
    const sought = text.replaceAll(/[^\w.:-]/g, '').slice(0, LONGEST_NAME);
    clearTimeout(timer.current);
    timer.current = window.setTimeout(() => onSearch(sought), TYPING_MS);
  };
  return (
    <input
      type="search"
      className="input overview-search"
      aria-label={t('overview.search')}
      placeholder={t('overview.search')}
      value={typed}
      onChange={({ target }) => {
        setTyped(target.value);
        searchLater(target.value);
      }}
    />
  );
}

function Filters({ view, onShow }: ViewProps) {
  const { t } = usePreferences();
  return (
    <div className="chips" role="group" aria-label={t('overview.filter')}>
      {FILTERS.map((state) => (
        <button
          key={state ?? 'all'}
          type="button"
          className="chip"
          aria-pressed={view.state === state}
          onClick={() => onShow({ ...view, state, after: undefined })}
        >
          {state ? t(`state.${state}`) : t('app.all')}
        </button>
      ))}
    </div>
  );
}

function Rows({ view, answer, onShow }: ViewProps & { readonly answer: OverviewAnswer }) {
  const { t } = usePreferences();
  const { data, error } = answer;
  const columns = useOverviewColumns(data?.asOfEpochMs ?? 0);
  if (data === undefined && error) return <Problem error={error} onRetry={answer.retry} />;
  if (data === undefined) return <TableSkeleton rows={8} label={t('app.loading')} />;
  const { rows, pending } = data;
  if (rows.length === 0 && pending === 0) return <NothingFound view={view} />;
  return (
    <>
      {pending > 0 && (
        <p className="quiet" role="status">
          {t('overview.looking', { count: pending })}
        </p>
      )}
      <DataTable
        caption={t('overview.caption')}
        columns={columns}
        rows={rows}
        keyOf={({ equipmentId }) => equipmentId}
        sort={view.sort}
        onSort={(by) => {
          const descending = view.sort.by === by && !view.sort.descending;
          onShow({ ...view, sort: { by, descending }, after: undefined });
        }}
      />
      <Pager view={view} answer={answer} onShow={onShow} />
    </>
  );
}

function NothingFound({ view }: { readonly view: OverviewView }) {
  const { t } = usePreferences();
  const isFiltered = view.search !== '' || view.state !== undefined;
  if (!isFiltered) {
    return <FirstSteps />;
  }
  return (
    <EmptyState title={t('overview.noMatch.title')} text={t('overview.noMatch.text')}>
      <Link href="/" className="button">
        {t('overview.noMatch.action')}
      </Link>
    </EmptyState>
  );
}

function Pager({ view, answer, onShow }: ViewProps & { readonly answer: OverviewAnswer }) {
  const { t } = usePreferences();
  const { data } = answer;
  if (!data) return null;
  const { next, count } = data;
  const isFirst = view.after === undefined;
  return (
    <nav className="actions" aria-label={t('overview.page')}>
      {count !== undefined && <span className="quiet">{t('overview.found', { count })}</span>}
      {!isFirst && (
        <button
          type="button"
          className="button"
          onClick={() => onShow({ ...view, after: undefined })}
        >
          {t('overview.first')}
        </button>
      )}
      {next && (
        <button type="button" className="button" onClick={() => onShow(next)}>
          {t('app.next')}
        </button>
      )}
    </nav>
  );
}
