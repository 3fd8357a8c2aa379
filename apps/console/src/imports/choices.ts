import type { components } from '#console-api';

export type Preview = components['schemas']['CsvPreview'];
export type PreviewedColumn = components['schemas']['PreviewedColumn'];
export type FileOptions = Partial<
  Omit<components['schemas']['NewImport'], 'fileName' | 'size' | 'dryRun'>
>;
export type RepeatedHour = NonNullable<FileOptions['repeatedHour']>;
export type Delimiter = NonNullable<FileOptions['delimiter']>;
export type DecimalSign = NonNullable<FileOptions['decimal']>;
export type Encoding = NonNullable<FileOptions['encoding']>;

/** What somebody has said of a file; empty or undefined where nobody has. */
export interface Choices {
  readonly equipmentId: string;
  /** A column's key → its role, the name of a metric, or null to leave it out. */
  readonly columns: Readonly<Record<string, string | null>>;
  readonly timestampFormat: string | undefined;
  readonly timezone: string;
  readonly repeatedHour: RepeatedHour | undefined;
  readonly delimiter: Delimiter | undefined;
  readonly decimal: DecimalSign | undefined;
  readonly encoding: Encoding | undefined;
  /** 0 for a file without one. */
  readonly headerLine: number | undefined;
  /** Of the columns of a file without a header line. */
  readonly names: readonly string[];
  /** Cells that mean no value, one on each line. */
  readonly missing: string;
}

export const NO_CHOICES: Choices = {
  equipmentId: '',
  columns: {},
  timestampFormat: undefined,
  timezone: '',
  repeatedHour: undefined,
  delimiter: undefined,
  decimal: undefined,
  encoding: undefined,
  headerLine: undefined,
  names: [],
  missing: '',
};

export function optionsOf(choices: Choices): FileOptions {
  const { equipmentId, timezone, columns, headerLine, names, missing } = choices;
  const { timestampFormat, repeatedHour, delimiter, decimal, encoding } = choices;
  const cells = missing.split('\n').map((cell) => cell.trim());
  const missingCells = cells.filter((cell) => cell !== '');
  return {
    ...(equipmentId.trim() !== '' && { equipmentId: equipmentId.trim() }),
    ...(Object.keys(columns).length > 0 && { columns }),
    ...(timestampFormat !== undefined && { timestampFormat }),
    ...(timezone.trim() !== '' && { timezone: timezone.trim() }),
    ...(repeatedHour && { repeatedHour }),
    ...(delimiter && { delimiter }),
    ...(decimal && { decimal }),
    ...(encoding && { encoding }),
    ...(headerLine !== undefined && { headerLine }),
    ...(headerLine === 0 && { names: [...names] }),
    ...(missingCells.length > 0 && { missing: missingCells }),
  };
}

/** The choices behind the options of an import, for a corrected file. */
export function choicesOf(options: FileOptions): Choices {
  return {
    equipmentId: options.equipmentId ?? '',
    columns: options.columns ?? {},
    timestampFormat: options.timestampFormat ?? undefined,
    timezone: options.timezone ?? '',
    repeatedHour: options.repeatedHour ?? undefined,
    delimiter: options.delimiter ?? undefined,
    decimal: options.decimal ?? undefined,
    encoding: options.encoding ?? undefined,
    headerLine: options.headerLine ?? undefined,
    names: options.names ?? [],
    missing: (options.missing ?? []).join('\n'),
  };
}

/**
 * The options with everything that a preview of them proposes and that nobody can doubt: what each column probably
 * is, and the format that alone fits. What has several meanings stays open.
 */
export function withProposals(options: FileOptions, preview: Preview): FileOptions {
  const said = options.columns ?? {};
  const isSaid = (key: string) =>
    Object.hasOwn(said, key) || Object.hasOwn(said, key.replace(/#\d+$/, ''));
  const codes = new Set(preview.faults.map(({ code }) => code));
  const proposed = preview.columns.flatMap(({ key, name, role, proposal, reasonCode }) => {
    if (isSaid(key)) return [];
    // A column called date is read as a metric of that name until somebody says that it is the date.
    if (reasonCode === 'date-and-time-apart') return [[key, proposal] as const];
    // Whether a file has a row for each value is for a person to say.
    const isLayout = codes.has('header-role-unsaid') && /^(metric|value)$/i.test(name);
    if (proposal !== role) return isLayout ? [] : [[key, proposal] as const];
    const isUnnamed = role === null && !name.startsWith('_') && codes.has('header-invalid-column');
    return isUnnamed ? [[key, null] as const] : [];
  });
  const [format, another] = preview.timestampFormats;
  const isOnly = format && !another && format.format !== 'iso';
  return {
    ...options,
    ...(proposed.length > 0 && { columns: { ...said, ...Object.fromEntries(proposed) } }),
    ...(isOnly && { timestampFormat: options.timestampFormat ?? format.format }),
  };
}

/** Without choices for columns that another header line had. */
export function withoutStaleColumns(options: FileOptions, preview: Preview): FileOptions {
  const { columns, ...others } = options;
  if (!columns || preview.columns.length === 0) return options;
  const known = new Set(preview.columns.flatMap(({ key, name }) => [key, name]));
  const kept = Object.entries(columns).filter(([key]) => known.has(key));
  if (kept.length === Object.keys(columns).length) return options;
  return kept.length === 0 ? others : { ...others, columns: Object.fromEntries(kept) };
}
