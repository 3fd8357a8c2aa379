import { DataTable, type Column } from '../design/DataTable.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import type { Preview } from './choices.ts';
import type { DraftForm } from './draft-form.ts';
import { faultDetail, faultName } from './fault-words.ts';

type PreviewedReading = Preview['readings'][number];
const SHOWN_FAULTS = 6;

/** The first readings as they would be stored, and what would be rejected. */
export function PreviewResult({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { preview, open, isCurrent } = form;
  const columns = useColumns();
  return (
    <section className="card card-body form import-result" data-current={isCurrent}>
      <h2>{t('imports.result.title')}</h2>
      {!isCurrent && <p className="small quiet">{t('imports.result.stale')}</p>}
      {preview.readings.length === 0 ? (
        <p className="quiet">{t('imports.result.none')}</p>
      ) : (
        <DataTable
          caption={t('imports.result.caption')}
          columns={columns}
          rows={preview.readings}
          keyOf={({ line }) => String(line)}
        />
      )}
      {open.ofRows.length > 0 && <RowFaults faults={open.ofRows} />}
      <p className="small quiet">{t('imports.result.head')}</p>
    </section>
  );
}

function useColumns(): readonly Column<PreviewedReading>[] {
  const { t, formats } = usePreferences();
  return [
    { id: 'line', title: t('imports.result.line'), kind: 'fit', show: ({ line }) => line },
    {
      id: 'equipment',
      title: t('imports.need.equipment'),
      isHeading: true,
      show: ({ equipmentId }) => equipmentId,
    },
    {
      id: 'time',
      title: t('imports.result.time'),
      kind: 'fit',
      show: ({ timestamp }) => timestamp.replace('T', ' ').replace(/(\.000)?Z$/, ''),
    },
    {
      id: 'values',
      title: t('imports.result.values'),
      show: ({ values }) => (
        <ul className="import-values">
          {Object.entries(values).map(([metric, value]) => (
            <li key={metric}>
              <span className="quiet">{metric}</span> {formats.exactNumber(value)}
            </li>
          ))}
        </ul>
      ),
    },
  ];
}

function RowFaults({ faults }: { readonly faults: readonly Preview['faults'][number][] }) {
  const { t } = usePreferences();
  return (
    <div className="stack">
      <h3>{t('imports.result.faults')}</h3>
      <ul className="import-faults">
        {faults.slice(0, SHOWN_FAULTS).map((fault) => (
          <li key={fault.code + fault.detail}>
            <strong>{faultName(fault.code, t)}</strong>{' '}
            <span className="quiet">
              {t('imports.result.faultRows', { count: fault.rows, line: String(fault.line) })}
            </span>
            <span className="small quiet">{faultDetail(fault, t)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
