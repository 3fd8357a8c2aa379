import { TextField } from '../design/Field.tsx';
import { RadioCards } from '../design/RadioCards.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import type { PreviewedColumn } from './choices.ts';
import { meaningOf, roleOf, ROLES, type Meaning } from './column-roles.ts';
import type { DraftForm } from './draft-form.ts';
import { faultDetail } from './fault-words.ts';
import { NeedMark } from './NeedMark.tsx';
import { cellsOf } from './sample-rows.ts';

const MEANINGS: readonly Meaning[] = [
  'asMetric',
  'timestamp',
  'equipmentId',
  'out',
  'date',
  'time',
  'metric',
  'value',
];
const EXAMPLES = 3;
const MOST_METRICS = 64;

/** Whose readings they are, and what each column of the file is. */
export function ColumnChoices({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { preview, open } = form;
  const { columns } = preview;
  const faults = preview.faults.filter(
    ({ code, line }) => line === null && /^(header-(?!missing-column$|role)|too-many-m)/.test(code),
  );
  const isTooMany = faults.some(({ code }) => code === 'too-many-metrics');
  return (
    <section className="card card-body form">
      <h2>{t('imports.columns.title')}</h2>
      <NeedMark form={form} need="equipment">
        <EquipmentField form={form} />
      </NeedMark>
      {columns.some(({ name }) => /^metric$/i.test(name)) && (
        <NeedMark form={form} need="layout">
          <LayoutField form={form} />
        </NeedMark>
      )}
      {columns.length > 0 && (
        <NeedMark form={form} need={open.needs.has('time') ? 'time' : 'columns'}>
          {open.needs.has('time') && <p className="field-error">{t('imports.format.none')}</p>}
          {form.refusalOf('columns') && (
            <p className="field-error" role="alert">
              {form.refusalOf('columns')}
            </p>
          )}
          {faults.map((fault) => (
            <p key={fault.code + fault.detail} className="field-error">
              {faultDetail(fault, t)}
            </p>
          ))}
          {isTooMany && <KeepFirstMetrics form={form} />}
          <ul className="import-columns">
            {columns.map((column, at) => (
              <ColumnRow key={column.key} form={form} column={column} at={at} />
            ))}
          </ul>
        </NeedMark>
      )}
    </section>
  );
}

function EquipmentField({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { preview, choices, type, open } = form;
  const named = preview.columns.find(({ role }) => role === 'equipmentId');
  if (named && choices.equipmentId === '') {
    return <p className="quiet">{t('imports.equipment.column', { name: named.name })}</p>;
  }
  return (
    <TextField
      label={t('imports.equipment')}
      hint={t('imports.equipment.hint')}
      error={
        form.refusalOf('equipmentId') ??
        (open.needs.has('equipment') ? t('imports.equipment.ask') : undefined)
      }
      value={choices.equipmentId}
      onChange={({ target }) => type({ equipmentId: target.value })}
      spellCheck={false}
      autoCapitalize="off"
    />
  );
}

function LayoutField({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { preview, choices, choose } = form;
  const keyOf = (name: string) =>
    preview.columns.find((column) => column.name.toLowerCase() === name)?.key ?? name;
  const said = choices.columns[keyOf('metric')];
  const chosen = said === 'metric' ? 'long' : 'wide';
  return (
    <RadioCards
      legend={t('imports.layout.ask')}
      value={said === undefined ? undefined : chosen}
      onChoose={(layout) =>
        choose({
          columns: {
            ...choices.columns,
            [keyOf('metric')]: layout === 'long' ? 'metric' : 'metric_1',
            [keyOf('value')]: 'value',
          },
        })
      }
      cards={[
        { value: 'long', title: t('imports.layout.long') },
        { value: 'wide', title: t('imports.layout.wide') },
      ]}
    />
  );
}

interface ColumnRowProps {
  readonly form: DraftForm;
  readonly column: PreviewedColumn;
  readonly at: number;
}

function ColumnRow({ form, column, at }: ColumnRowProps) {
  const { t } = usePreferences();
  const { choices, preview, options, choose, type } = form;
  const { key, name, reasonCode } = column;
  const said = choices.columns[key];
  const role = said === undefined ? column.role : said;
  const isLong = Object.values({ ...options.columns, ...choices.columns }).includes('metric');
  const meaning = meaningOf(role, isLong);
  const shownName = name === '' ? t('imports.columns.noName', { at: at + 1 }) : key;
  const say = (next: string | null) => ({ columns: { ...choices.columns, [key]: next } });
  const isOut = meaning === 'out';
  return (
    <li className="import-column" data-out={isOut}>
      <div className="import-column-name">
        <strong>{shownName}</strong>
        <span className="small quiet mono">{examplesOf(form, at)}</span>
      </div>
      <select
        className="input"
        aria-label={t('imports.columns.role', { name: shownName })}
        value={meaning}
        onChange={({ target }) => choose(say(roleOf(target.value as Meaning, name, role)))}
      >
        {MEANINGS.map((each) => (
          <option key={each} value={each}>
            {t(`imports.role.${each}`)}
          </option>
        ))}
      </select>
      {meaning === 'asMetric' ? (
        <input
          className="input"
          aria-label={t('imports.columns.metric', { name: shownName })}
          aria-invalid={isTwice(preview.columns, role)}
          value={role ?? ''}
          onChange={({ target }) => type(say(target.value))}
          spellCheck={false}
          autoCapitalize="off"
        />
      ) : (
        <span />
      )}
      <span className="small quiet import-column-reason">
        {said === undefined && t(`imports.reason.${reasonCode}`)}
      </span>
    </li>
  );
}

function isTwice(columns: readonly PreviewedColumn[], role: string | null): boolean {
  return columns.filter((column) => column.role === role).length > 1;
}

/** What stands in the column, below the line of names. */
function examplesOf({ preview, lines }: DraftForm, at: number): string {
  const { delimiter, headerLine } = preview;
  if (delimiter === null) return '';
  const rows = lines.slice(headerLine ?? 0).filter((line) => line.trim() !== '');
  const cells = rows.map((line) => cellsOf(line, delimiter)[at] ?? '');
  return [...new Set(cells.filter((cell) => cell !== ''))].slice(0, EXAMPLES).join('  ·  ');
}

/** The others can be imported from the same file afterwards: their values come to stand beside each other. */
function KeepFirstMetrics({ form: { preview, choices, choose } }: { readonly form: DraftForm }) {
  const { t, formats } = usePreferences();
  const metrics = preview.columns.filter(
    ({ role }) => role !== null && !ROLES.some((each) => each !== 'value' && each === role),
  );
  const left = Object.fromEntries(metrics.slice(MOST_METRICS).map(({ key }) => [key, null]));
  return (
    <button
      type="button"
      className="button"
      onClick={() => choose({ columns: { ...choices.columns, ...left } })}
    >
      {t('imports.columns.firstMetrics', { count: formats.count(MOST_METRICS) })}
    </button>
  );
}
