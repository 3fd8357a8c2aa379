import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly show: (row: Row) => ReactNode;
  readonly kind?: 'number' | 'fit';
  /** Names the row for screen readers: one column of a table. */
  readonly isHeading?: boolean;
  readonly isSortable?: boolean;
}

export interface Sort {
  readonly by: string;
  readonly descending: boolean;
}

interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly sort?: Sort | undefined;
  readonly onSort?: (by: string) => void;
  /** Its rows become cards on a phone: for lists of things, not for columns of numbers. */
  readonly isList?: boolean;
}

/** The one table of the console. */
export function DataTable<Row>({
  caption,
  columns,
  rows,
  keyOf,
  sort,
  onSort,
  isList = false,
}: DataTableProps<Row>) {
  return (
    // Focusable, so that the keyboard can scroll it sideways.
    <div className="table-frame" role="region" aria-label={caption} tabIndex={0}>
      <table className={isList ? 'table table-list' : 'table'}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <ColumnHead key={column.id} column={column} sort={sort} onSort={onSort} />
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ id, title, kind, isHeading, show }) =>
                isHeading ? (
                  <th key={id} scope="row" className={kind} data-title={title}>
                    {show(row)}
                  </th>
                ) : (
                  <td key={id} className={kind} data-title={title}>
                    {show(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface ColumnHeadProps<Row> {
  readonly column: Column<Row>;
  readonly sort: Sort | undefined;
  readonly onSort: ((by: string) => void) | undefined;
}

function ColumnHead<Row>({ column, sort, onSort }: ColumnHeadProps<Row>) {
  const { id, title, kind, isSortable } = column;
  if (!isSortable || !onSort) {
    return (
      <th scope="col" className={kind}>
        {title}
      </th>
    );
  }
  const direction = sort?.descending ? 'descending' : 'ascending';
  return (
    <th scope="col" className={kind} aria-sort={sort?.by === id ? direction : 'none'}>
      <button type="button" className="sort" onClick={() => onSort(id)}>
        {title}
      </button>
    </th>
  );
}

/** As many grey rows as are about to come. */
export function TableSkeleton({ rows, label }: { readonly rows: number; readonly label: string }) {
  return (
    <div className="card card-body stack" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="skeleton" />
      ))}
    </div>
  );
}
