import { useState, type ReactNode } from 'react';
import { SelectField } from '../design/Field.tsx';
import { RadioCards } from '../design/RadioCards.tsx';
import type { Translate } from '../language/translate.ts';
import { usePreferences } from '../shell/preferences.tsx';
import type { Choices, Delimiter, Encoding } from './choices.ts';
import type { DraftForm } from './draft-form.ts';
import { NeedMark } from './NeedMark.tsx';
import type { Need } from './needs.ts';
import { columnCount, firstLines } from './sample-rows.ts';

const ENCODINGS = ['utf-8', 'windows-1252', 'iso-8859-1', 'utf-16le', 'utf-16be'] as const;
/** Of them, those in which a text that is not UTF-8 can be. */
const OTHER_ENCODINGS = ENCODINGS.slice(1, 3);
const DELIMITERS = { comma: ',', semicolon: ';', tab: '\t', bar: '|' } as const;
const HEADER_LINES = 8;
const NEEDS: readonly Need[] = ['encoding', 'header', 'delimiter'];

/** Encoding, line of names and delimiter: shut, until one of them is open. */
export function WrittenChoices({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { needs } = form.open;
  const [isShown, setIsShown] = useState(false);
  const isOpen = isShown || NEEDS.some((need) => needs.has(need));
  return (
    <section className="card card-body form" id="choices-written">
      <h2>{t('imports.written.title')}</h2>
      <details open={isOpen} onToggle={({ currentTarget }) => setIsShown(currentTarget.open)}>
        <summary>
          <span>{summaryOf(form, t)}</span>{' '}
          <span className="link">{t('imports.written.change')}</span>
        </summary>
        <div className="form">
          <NeedMark form={form} need="encoding">
            <EncodingField form={form} />
          </NeedMark>
          <NeedMark form={form} need="header">
            <HeaderField form={form} />
          </NeedMark>
          <div className="form-row">
            <NeedMark form={form} need="delimiter">
              <DelimiterField form={form} />
            </NeedMark>
          </div>
        </div>
      </details>
    </section>
  );
}

function summaryOf({ preview, choices }: DraftForm, t: Translate): ReactNode {
  const { encoding, delimiter, headerLine } = preview;
  const unknown = t('imports.written.unknown');
  const header =
    headerLine === 0
      ? t('imports.written.noHeader')
      : t('imports.written.header', { line: String(headerLine ?? '?') });
  return t('imports.written.summary', {
    encoding: encoding?.toUpperCase() ?? unknown,
    delimiter: delimiter ? t(`imports.delimiter.${delimiterName(delimiter)}`) : unknown,
    header: headerLine === null ? unknown : header,
    decimal: t(choices.decimal === ',' ? 'imports.decimal.comma' : 'imports.decimal.point'),
  });
}

function delimiterName(delimiter: Delimiter): keyof typeof DELIMITERS {
  const names = Object.keys(DELIMITERS) as (keyof typeof DELIMITERS)[];
  return names.find((name) => DELIMITERS[name] === delimiter) ?? 'comma';
}

function EncodingField({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { draft, choices, preview, choose } = form;
  const isAsked =
    form.open.needs.has('encoding') || OTHER_ENCODINGS.some((each) => each === choices.encoding);
  if (isAsked) {
    const strange = (encoding: Encoding) =>
      firstLines(draft.head.text, encoding, 200).find((line) => /[\u0080-\uffff]/.test(line));
    return (
      <RadioCards
        legend={t('imports.encoding.ask')}
        value={choices.encoding}
        onChoose={(encoding) => choose({ encoding })}
        cards={OTHER_ENCODINGS.map((value) => ({
          value,
          title: value,
          note: strange(value)?.slice(0, 80),
        }))}
      />
    );
  }
  return (
    <SelectField
      label={t('imports.need.encoding')}
      value={choices.encoding ?? ''}
      onChange={({ target }) =>
        choose({ encoding: (target.value || undefined) as Choices['encoding'] })
      }
    >
      <option value="">{t('imports.encoding.found', { encoding: preview.encoding ?? '?' })}</option>
      {ENCODINGS.map((each) => (
        <option key={each}>{each}</option>
      ))}
    </SelectField>
  );
}

function HeaderField({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { lines, preview, choices, choose } = form;
  const withoutHeader = {
    headerLine: 0,
    names: Array.from(
      { length: columnCount(lines, choices.delimiter) },
      (_, index) => `column_${index + 1}`,
    ),
  };
  const shown = lines.slice(0, HEADER_LINES).flatMap((line, index) =>
    line.trim() === ''
      ? []
      : [
          {
            value: String(index + 1),
            title: t('imports.header.line', { line: index + 1 }),
            note: line.slice(0, 120),
          },
        ],
  );
  return (
    <RadioCards
      legend={t('imports.header.ask')}
      value={stringOf(choices.headerLine ?? preview.headerLine)}
      onChoose={(value) =>
        choose({
          columns: {},
          ...(value === '0' ? withoutHeader : { headerLine: Number(value), names: [] }),
        })
      }
      cards={[...shown, { value: '0', title: t('imports.header.none') }]}
      error={form.refusalOf('headerLine') ?? form.refusalOf('names')}
    />
  );
}

function stringOf(line: number | null): string | undefined {
  return line === null ? undefined : String(line);
}

function DelimiterField({ form }: { readonly form: DraftForm }) {
  const { t } = usePreferences();
  const { preview, choices, lines, choose, open } = form;
  const { delimiter: found } = preview;
  const isOpen = open.needs.has('delimiter');
  return (
    <SelectField
      label={t('imports.need.delimiter')}
      error={form.refusalOf('delimiter') ?? (isOpen ? t('imports.delimiter.ask') : undefined)}
      value={choices.delimiter ?? ''}
      onChange={({ target }) => {
        const delimiter = (target.value || undefined) as Delimiter | undefined;
        const count = columnCount(lines, delimiter);
        const names = Array.from({ length: count }, (_, index) => `column_${index + 1}`);
        choose({ delimiter, ...(choices.headerLine === 0 && { names }) });
      }}
    >
      <option value="">
        {found
          ? t('imports.delimiter.found', {
              delimiter: t(`imports.delimiter.${delimiterName(found)}`),
            })
          : t('imports.choose')}
      </option>
      {(Object.keys(DELIMITERS) as (keyof typeof DELIMITERS)[]).map((name) => (
        <option key={name} value={DELIMITERS[name]}>
          {t(`imports.delimiter.${name}`)}
        </option>
      ))}
    </SelectField>
  );
}
