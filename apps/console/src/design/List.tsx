import type { ReactNode } from 'react';
import { usePreferences } from '../shell/preferences.tsx';
import { DataTable, TableSkeleton, type Column } from './DataTable.tsx';
import { Problem } from './Notice.tsx';

interface ListProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly list: {
    readonly items: readonly Row[] | undefined;
    readonly error: unknown;
    readonly hasMore: boolean;
    readonly more: () => void;
    readonly retry: () => void;
  };
  readonly keyOf: (row: Row) => string;
  /** Instead of a table without rows. */
  readonly empty: ReactNode;
}

/** A list from the API in each of its states: coming, failed, empty, there. */
export function List<Row>({ caption, columns, list, keyOf, empty }: ListProps<Row>) {
  const { t } = usePreferences();
  const { items, error, hasMore, more, retry } = list;
  if (error) return <Problem error={error} onRetry={retry} />;
  if (!items) return <TableSkeleton rows={5} label={t('app.loading')} />;
  if (items.length === 0 && !hasMore) return empty;
  return (
    <>
      <DataTable caption={caption} columns={columns} rows={items} keyOf={keyOf} isList />
      {hasMore && (
        <div className="actions">
          <button type="button" className="button" onClick={more}>
            {t('app.more')}
          </button>
        </div>
      )}
    </>
  );
}
