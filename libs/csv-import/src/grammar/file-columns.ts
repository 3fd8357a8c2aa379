import { parseMetricName } from '@sensorflow/sensor-data';
import { fieldsOfLine } from './csv-fields.js';
import { unescaped } from './formula-cells.js';
import { FileFault } from '../file-fault.js';
import {
  canonicalWord,
  EQUIPMENT_ID,
  MAX_COLUMNS,
  TIMESTAMP,
  type ImportOptions,
} from './import-options.js';

/** What each field of a row means. */
export interface FileColumns {
  /** The names as they stand in the file. */
  readonly names: readonly string[];
  readonly equipmentIdAt: number;
  readonly timestampAt: number;
  readonly metrics: readonly { readonly at: number; readonly name: string }[];
}

/** Columns that an error report adds, and comments. */
const IGNORED_PREFIX = '_';

/**
 * Names are trimmed; `columns` renames or leaves out, then what begins with `_` is left out, and all
 * that is neither the equipment id nor the timestamp is a metric.
 * Throws FileFault `header-malformed`, `too-many-columns`, `header-missing-column`,
 * `header-duplicate-column`, `header-invalid-column` or `header-no-metric`.
 */
export function readColumns(
  headerText: string,
  delimiter: string,
  options: Pick<ImportOptions, 'columns'>,
): FileColumns {
  const names = fieldsOfLine(headerText, delimiter);
  if (!names) throw new FileFault('header-malformed', 'The quotes of the header line are broken.');
  if (names.length > MAX_COLUMNS) {
    throw new FileFault('too-many-columns', `A file has at most ${MAX_COLUMNS} columns.`);
  }
  const said = names.map((name) => nameSaid(name, options));
  assertRenamedExist(said, options);
  const used = said.flatMap((name, at) => {
    const meaning = options.columns.has(name) ? options.columns.get(name) : name;
    return typeof meaning !== 'string' || meaning.startsWith(IGNORED_PREFIX)
      ? []
      : [{ at, name: canonicalWord(meaning) }];
  });
  assertDistinct(used);
  return { names, ...places(used) };
}

/** Whether the line names the equipment and the time when cut at this delimiter. */
export function namesReadings(
  headerText: string,
  delimiter: string,
  options: Pick<ImportOptions, 'columns'>,
): boolean {
  const fields = fieldsOfLine(headerText, delimiter) ?? [];
  const names = fields.map((name) => nameSaid(name, options));
  const meanings = new Set(names.map((name) => canonicalWord(options.columns.get(name) ?? name)));
  return meanings.has(EQUIPMENT_ID) && meanings.has(TIMESTAMP);
}

/** The name as `columns` says it: an error report writes `+5V` as `'+5V`. */
function nameSaid(field: string, { columns }: Pick<ImportOptions, 'columns'>): string {
  const name = field.trim();
  const original = unescaped(name).trim();
  return !columns.has(name) && columns.has(original) ? original : name;
}

type UsedColumn = FileColumns['metrics'][number];

function places(used: readonly UsedColumn[]): Omit<FileColumns, 'names'> {
  const metrics = used.filter(({ name }) => name !== EQUIPMENT_ID && name !== TIMESTAMP);
  const columns = {
    equipmentIdAt: placeOf(EQUIPMENT_ID, used),
    timestampAt: placeOf(TIMESTAMP, used),
    metrics,
  };
  for (const metric of metrics) assertMetric(metric);
  if (metrics.length > 0) return columns;
  throw new FileFault(
    'header-no-metric',
    'The header names no column with numbers, such as value.',
  );
}

function placeOf(word: string, used: readonly UsedColumn[]): number {
  const column = used.find(({ name }) => name === word);
  if (column) return column.at;
  throw new FileFault(
    'header-missing-column',
    `The header has no column ${word}; columns can say which one it is.`,
  );
}

function assertMetric({ at, name }: UsedColumn): void {
  if (parseMetricName(name).ok) return;
  throw new FileFault(
    'header-invalid-column',
    `Column ${at + 1}, "${name.slice(0, 64)}", cannot be the name of a metric; columns can rename it or leave it out.`,
  );
}

function assertRenamedExist(names: readonly string[], { columns }: Pick<ImportOptions, 'columns'>) {
  const present = new Set(names);
  const missing = [...columns.keys()].find((name) => !present.has(name));
  if (missing === undefined) return;
  throw new FileFault(
    'header-missing-column',
    `columns speaks of "${missing.slice(0, 64)}", which the header does not have.`,
  );
}

function assertDistinct(used: readonly UsedColumn[]): void {
  const seen = new Set<string>();
  for (const { name } of used) {
    if (seen.has(name)) {
      const shown = name.slice(0, 64);
      throw new FileFault('header-duplicate-column', `The header names "${shown}" twice.`);
    }
    seen.add(name);
  }
}
