import { useState } from 'react';
import { SelectField, TextField } from '../design/Field.tsx';
import { RadioCards } from '../design/RadioCards.tsx';
import type { MessageKey } from '../language/en.ts';
import { browserZone, usePreferences } from '../shell/preferences.tsx';
import type { Choices } from './choices.ts';
import type { DraftForm } from './draft-form.ts';
import { NeedMark } from './NeedMark.tsx';

const OTHER = 'other';
const ZONES_ID = 'zones';
const REPEATED_HOURS = ['in-order', 'summer', 'winter', 'reject'] as const;
const NAMED: Readonly<Record<string, MessageKey>> = {
  iso: 'imports.format.iso',
  excel: 'imports.format.excel',
  'epoch-s': 'imports.format.epoch-s',
  'epoch-ms': 'imports.format.epoch-ms',
  'epoch-us': 'imports.format.epoch-us',
  'epoch-ns': 'imports.format.epoch-ns',
};

/** What the timestamps mean: their format, their zone, and the hour that comes twice. */
export function TimeChoices({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { choices, open } = form;
  const isRepeatedAsked = open.needs.has('repeatedHour') || choices.repeatedHour !== undefined;
  return (
    <section className="card card-body form">
      <h2>{t('imports.time.title')}</h2>
      <NeedMark form={form} need="format">
        <FormatField form={form} />
      </NeedMark>
      <NeedMark form={form} need="zone">
        <ZoneField form={form} />
      </NeedMark>
      {isRepeatedAsked && (
        <NeedMark form={form} need="repeatedHour">
          <RepeatedHourField form={form} />
        </NeedMark>
      )}
    </section>
  );
}

function FormatField({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { preview, choices, options, choose, open } = form;
  const { timestampFormats: formats } = preview;
  const isKnown = formats.some(({ format }) => format === choices.timestampFormat);
  const [isOther, setIsOther] = useState(choices.timestampFormat !== undefined && !isKnown);
  const isIso = formats.some(({ format }) => format === 'iso');
  const found = choices.timestampFormat ?? options.timestampFormat ?? (isIso ? 'iso' : undefined);
  const isOpen = open.needs.has('format');
  const wrong = form.refusalOf('timestampFormat');
  if (formats.length === 0 && open.needs.has('time')) {
    return <p className="quiet">{t('imports.format.none')}</p>;
  }
  return (
    <div className="form">
      <RadioCards
        legend={formats.length > 1 ? t('imports.format.ask') : t('imports.format.only')}
        value={isOther ? OTHER : found}
        onChoose={(value) => {
          setIsOther(value === OTHER);
          if (value !== OTHER) choose({ timestampFormat: value });
        }}
        cards={[
          ...formats.map(({ format, example, meaning }) => ({
            value: format,
            title: NAMED[format] ? t(NAMED[format]) : format,
            note: <Meaning example={example} meaning={meaning} />,
          })),
          { value: OTHER, title: t('imports.format.other') },
        ]}
      />
      {isOther && (
        <TextField
          label={t('imports.format.pattern')}
          hint={t('imports.format.pattern.hint')}
          error={wrong ?? (isOpen ? t('imports.format.wrong') : undefined)}
          value={choices.timestampFormat ?? ''}
          onChange={({ target }) => form.type({ timestampFormat: target.value || undefined })}
          spellCheck={false}
          autoCapitalize="off"
        />
      )}
    </div>
  );
}

/** With the month in words: numbers would be as ambiguous as the file's own. */
function Meaning({ example, meaning }: { readonly example: string; readonly meaning: string }) {
  const { t, language } = usePreferences();
  // What has no zone yet is shown as it stands on a clock.
  const at = Date.parse(meaning.endsWith('Z') ? meaning : `${meaning}Z`);
  const words = new Intl.DateTimeFormat(language, {
    dateStyle: 'long',
    timeStyle: 'medium',
    hourCycle: 'h23',
    timeZone: 'UTC',
  }).format(at);
  const zone = meaning.endsWith('Z') ? ' UTC' : '';
  return t('imports.format.means', { example, meaning: words + zone });
}

function ZoneField({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { choices, choose, type, open } = form;
  const own = browserZone();
  return (
    <div className="form">
      <TextField
        label={t('imports.zone')}
        hint={t('imports.zone.hint')}
        error={
          form.refusalOf('timezone') ?? (open.needs.has('zone') ? t('imports.zone.ask') : undefined)
        }
        list={ZONES_ID}
        value={choices.timezone}
        onChange={({ target }) => type({ timezone: target.value })}
        spellCheck={false}
        autoCapitalize="off"
      />
      <datalist id={ZONES_ID}>
        {Intl.supportedValuesOf('timeZone').map((zone) => (
          <option key={zone}>{zone}</option>
        ))}
      </datalist>
      <div className="chips">
        {[...new Set([own, 'UTC'])].map((zone) => (
          <button
            key={zone}
            type="button"
            className="chip"
            aria-pressed={choices.timezone === zone}
            onClick={() => choose({ timezone: zone })}
          >
            {zone}
          </button>
        ))}
      </div>
    </div>
  );
}

function RepeatedHourField({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { choices, choose } = form;
  return (
    <SelectField
      label={t('imports.need.repeatedHour')}
      error={form.open.needs.has('repeatedHour') ? t('imports.repeated.ask') : undefined}
      value={choices.repeatedHour ?? ''}
      onChange={({ target }) =>
        choose({ repeatedHour: (target.value || undefined) as Choices['repeatedHour'] })
      }
    >
      <option value="">{t('imports.choose')}</option>
      {REPEATED_HOURS.map((each) => (
        <option key={each} value={each}>
          {t(`imports.repeated.${each}`)}
        </option>
      ))}
    </SelectField>
  );
}
