import type { Choices, Preview } from './choices.ts';

/** What only a person can say of a file, in the order of the form. */
export const NEEDS = [
  'encoding',
  'header',
  'delimiter',
  'layout',
  'time',
  'format',
  'zone',
  'repeatedHour',
  'equipment',
  'columns',
  'decimal',
] as const;
export type Need = (typeof NEEDS)[number];

type Fault = Preview['faults'][number];

const NEED_OF_CODE: Readonly<Record<string, Need>> = {
  'encoding-unsupported': 'encoding',
  'delimiter-ambiguous': 'delimiter',
  'header-missing': 'header',
  'header-role-unsaid': 'layout',
  'header-duplicate-column': 'columns',
  'header-invalid-column': 'columns',
  'header-no-metric': 'columns',
  'too-many-metrics': 'columns',
  'timestamp-format-unsaid': 'format',
  'timestamp-offset-missing': 'zone',
};

export interface OpenChoices {
  readonly needs: ReadonlySet<Need>;
  /** Faults of the whole file that no choice can mend. */
  readonly fatal: readonly Fault[];
  /** Faults of some rows: they would be rejected, or some of their cells. */
  readonly ofRows: readonly Fault[];
}

/** What a preview leaves open. */
export function openChoices(preview: Preview, choices: Choices): OpenChoices {
  const needs = new Set<Need>();
  const fatal: Fault[] = [];
  const ofRows: Fault[] = [];
  for (const fault of preview.faults) {
    const need = needOf(fault, preview, choices);
    if (need !== undefined) needs.add(need);
    else if (fault.rows > 0) ofRows.push(fault);
    else if (fault.code !== 'header-missing-column') fatal.push(fault);
  }
  for (const need of missingColumns(preview, choices)) needs.add(need);
  // Before its rows can be read, only the reason of a column tells.
  const hasCommas = preview.columns.some(({ reasonCode }) => reasonCode === 'decimal-commas');
  if (hasCommas && choices.decimal === undefined) needs.add('decimal');
  return { needs, fatal, ofRows };
}

function needOf(fault: Fault, preview: Preview, choices: Choices): Need | undefined {
  const { code, option } = fault;
  if (option === 'decimal') return choices.decimal === undefined ? 'decimal' : undefined;
  if (code === 'timestamp-ambiguous') {
    return choices.repeatedHour === undefined ? 'repeatedHour' : undefined;
  }
  // Rows that are no time, such as units, are bad rows; a file of nothing else is read in the wrong format.
  if (code === 'timestamp-malformed') return preview.readings.length === 0 ? 'format' : undefined;
  return NEED_OF_CODE[code];
}

/** A header that lacks a column may have it under another name. */
function missingColumns({ faults, columns }: Preview, { equipmentId }: Choices): readonly Need[] {
  if (!faults.some(({ code }) => code === 'header-missing-column')) return [];
  if (columns.length === 0) return ['header'];
  const roles = new Set(columns.map(({ role }) => role));
  const needs: Need[] = [];
  if (!roles.has('timestamp') && !roles.has('date')) needs.push('time');
  if (!roles.has('equipmentId') && equipmentId.trim() === '') needs.push('equipment');
  return needs.length > 0 ? needs : ['columns'];
}
