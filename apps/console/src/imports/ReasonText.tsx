import type { MessageKey } from '../language/en.ts';
import { usePreferences } from '../shell/preferences.tsx';
import { COMMAS } from './needs.ts';

const REASONS: Readonly<Record<string, MessageKey>> = {
  'Its name says so.': 'imports.reason.name',
  'Its cells can be read as timestamps.': 'imports.reason.timestamps',
  'Date and time of day stand in two columns.': 'imports.reason.apart',
  'Its cells can be equipment ids.': 'imports.reason.equipment',
  'The file seems to have a row for each value.': 'imports.reason.long',
  'It has no name.': 'imports.reason.noName',
  'It is left out.': 'imports.reason.out',
  [COMMAS]: 'imports.reason.commas',
  'None of its cells is a number.': 'imports.reason.noNumber',
  'Every other column is a metric.': 'imports.reason.metric',
  'Every other column is a metric; its name is made that of one.': 'imports.reason.made',
};

/** Why a column is read as it is. */
export function ReasonText({ reason }: { readonly reason: string | undefined }) {
  const { t } = usePreferences();
  if (reason === undefined) return <span />;
  const key = REASONS[reason];
  return (
    <span className="small quiet import-column-reason" {...(!key && { lang: 'en' })}>
      {key ? t(key) : reason}
    </span>
  );
}
