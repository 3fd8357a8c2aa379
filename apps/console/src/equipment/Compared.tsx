import { useState } from 'react';
import { Link } from 'wouter';
import { Problem } from '../design/Notice.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import type { TimeRange } from '../time/range.ts';
import { Charts } from './Charts.tsx';
import { EquipmentField } from './EquipmentField.tsx';
import { SideBySide } from './SideBySide.tsx';
import { useHours, useReadings } from './use-equipment.ts';

const MOST_COMPARED = 3;

interface ComparedProps {
  readonly equipmentId: string;
  readonly metrics: readonly string[];
  readonly range: TimeRange;
  readonly parameters: URLSearchParams;
  readonly onChange: (parameters: URLSearchParams) => void;
}

/** The same metrics of other equipment over the same time, with the cursor at the same instant. */
export function Compared({ equipmentId, metrics, range, parameters, onChange }: ComparedProps) {
  const { t } = usePreferences();
  const others = othersIn(parameters).filter((each) => each !== equipmentId);
  const show = (next: readonly string[]) => {
    const changed = new URLSearchParams(parameters);
    if (next.length === 0) changed.delete('with');
    else changed.set('with', next.join(','));
    onChange(changed);
  };
  return (
    <section className="stack">
      <h2>{t('compare.title')}</h2>
      {others.map((other) => (
        <div key={other} className="stack">
          <div className="page-head">
            <h3>
              <Link href={`/equipment/${other}`}>{other}</Link>
            </h3>
            <button
              type="button"
              className="button button-quiet"
              onClick={() => show(others.filter((each) => each !== other))}
            >
              {t('compare.remove')}
              <span className="visually-hidden"> {other}</span>
            </button>
          </div>
          <Other
            equipmentId={other}
            metrics={metrics}
            range={range}
            parameters={parameters}
            onChange={onChange}
          />
        </div>
      ))}
      {others.length > 0 && (
        <SideBySide equipmentIds={[equipmentId, ...others]} metrics={metrics} range={range} />
      )}
      {others.length < MOST_COMPARED && <AddForm onAdd={(other) => show([...others, other])} />}
    </section>
  );
}

function othersIn(parameters: URLSearchParams): readonly string[] {
  const named = (parameters.get('with') ?? '').split(',').filter((each) => each !== '');
  return [...new Set(named)].slice(0, MOST_COMPARED);
}

function Other({ equipmentId, metrics, range, parameters, onChange }: ComparedProps) {
  const hours = useHours(equipmentId, metrics, range);
  const readings = useReadings(equipmentId, range);
  const error = hours.error ?? (readings.data === undefined ? readings.error : null);
  if (error) return <Problem error={error} />;
  return (
    <Charts
      equipmentId={equipmentId}
      metrics={metrics}
      hours={hours.data}
      readings={readings.data}
      range={range}
      parameters={parameters}
      onChange={onChange}
    />
  );
}

function AddForm({ onAdd }: { readonly onAdd: (equipmentId: string) => void }) {
  const { t } = usePreferences();
  const [text, setText] = useState('');
  const equipmentId = text.trim();
  return (
    <form
      className="form-row compare-form"
      onSubmit={(event) => {
        event.preventDefault();
        if (equipmentId !== '') onAdd(equipmentId);
        setText('');
      }}
    >
      <EquipmentField label={t('compare.with')} value={text} onChange={setText} />
      <button type="submit" className="button" disabled={equipmentId === ''}>
        {t('compare.add')}
      </button>
    </form>
  );
}
