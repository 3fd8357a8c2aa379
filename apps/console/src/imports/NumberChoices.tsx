import { RadioCards } from '../design/RadioCards.tsx';
import { usePreferences } from '../shell/preferences.tsx';
import type { DecimalSign } from './choices.ts';
import type { DraftForm } from './draft-form.ts';
import { NeedMark } from './NeedMark.tsx';

const DECIMALS = { point: '.', comma: ',' } as const;

/** What the cells of metrics mean: their decimal sign, and those without a value. */
export function NumberChoices({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  return (
    <section className="card card-body form">
      <h2>{t('imports.numbers.title')}</h2>
      <NeedMark form={form} need="decimal">
        <DecimalField form={form} />
      </NeedMark>
      <MissingField form={form} />
    </section>
  );
}

function DecimalField({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { choices, choose, open } = form;
  const isOpen = open.needs.has('decimal');
  const value: DecimalSign | undefined = choices.decimal ?? (isOpen ? undefined : '.');
  return (
    <RadioCards
      legend={isOpen ? t('imports.decimal.ask') : t('imports.need.decimal')}
      value={value}
      onChoose={(decimal) => choose({ decimal })}
      error={form.refusalOf('decimal')}
      cards={[
        {
          value: DECIMALS.comma,
          title: t('imports.decimal.comma'),
          note: t('imports.decimal.comma.note'),
        },
        {
          value: DECIMALS.point,
          title: t('imports.decimal.point'),
          note: isOpen && t('imports.decimal.point.note'),
        },
      ]}
    />
  );
}

function MissingField({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { choices, type } = form;
  const error = form.refusalOf('missing');
  return (
    <label className="field">
      <span className="field-label">{t('imports.missing.cells')}</span>
      <textarea
        className="input"
        rows={2}
        aria-invalid={error !== undefined}
        value={choices.missing}
        onChange={({ target }) => type({ missing: target.value })}
      />
      <span className="field-hint">{t('imports.missing.cells.hint')}</span>
      {error && <span className="field-error">{error}</span>}
    </label>
  );
}
