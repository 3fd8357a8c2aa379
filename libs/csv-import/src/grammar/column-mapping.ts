import { accepted, refused, type Parsed } from '@sensorflow/kernel';
import { parseMetricName } from '@sensorflow/sensor-data';
import { unescaped } from './formula-cells.js';
import {
  canonicalWord,
  DATE,
  EQUIPMENT_ID,
  isColumnName,
  MAX_COLUMNS,
  METRIC,
  TIME,
  TIMESTAMP,
  VALUE,
} from './import-options.js';

/** The option `columns`: a column of the file → a role, the name of a metric, or null to leave it out. */
export type ColumnMapping = ReadonlyMap<string, string | null>;

const INVALID = 'columns-invalid';
const ROLES = new Set([EQUIPMENT_ID, TIMESTAMP, DATE, TIME, METRIC, VALUE]);

/** Fault: `columns-invalid`. */
export function parseColumns(raw: unknown): Parsed<ColumnMapping> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    return refused(INVALID, 'columns is an object: a column of the file → its role or new name.');
  }
  const columns = new Map<string, string | null>();
  for (const [column, target] of Object.entries(raw)) {
    if (!isColumnName(column) || !isTarget(target)) {
      return refused(
        INVALID,
        'A column becomes equipmentId, timestamp, date, time, metric, value or the name of a metric, or null to be left out.',
      );
    }
    if (columns.has(column.trim())) return refused(INVALID, 'columns names a column twice.');
    columns.set(column.trim(), target === null ? null : canonicalWord(target));
  }
  if (columns.size > MAX_COLUMNS) {
    return refused(INVALID, `columns names at most ${MAX_COLUMNS} columns.`);
  }
  const conflict = conflictAmong([...columns.values()].filter((target) => target !== null));
  return conflict === undefined ? accepted(columns) : refused(INVALID, conflict);
}

function isTarget(target: unknown): target is string | null {
  return target === null || (typeof target === 'string' && parseMetricName(target).ok);
}

function conflictAmong(targets: readonly string[]): string | undefined {
  const has = (role: string): boolean => targets.includes(role);
  if (new Set(targets).size < targets.length) return 'columns gives two columns one name.';
  if (has(DATE) !== has(TIME)) {
    return 'date and time go together; a single column with both is timestamp.';
  }
  if (has(TIMESTAMP) && has(DATE)) return 'A file has a timestamp, or date and time.';
  if (has(METRIC) && targets.some((target) => !ROLES.has(target))) {
    return 'A long file has its numbers in the column value, named by the column metric: no other column is a metric.';
  }
  return undefined;
}

/** A column as the option can name it. */
export interface NamedColumn {
  readonly at: number;
  /** Trimmed; of an error report, as it stood in the file. */
  readonly name: string;
  /** The name, and for one of several columns of a name its place among them: `Temp#2`. */
  readonly key: string;
}

const POSITION = /^([^]*)#([1-9]\d{0,3})$/;

export function namedColumns(
  fields: readonly string[],
  mapping: ColumnMapping,
): readonly NamedColumn[] {
  const names = fields.map((field) => nameSaid(field, mapping));
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  const seen = new Map<string, number>();
  return names.map((name, at) => {
    const place = (seen.get(name) ?? 0) + 1;
    seen.set(name, place);
    return { at, name, key: counts.get(name) === 1 ? name : `${name}#${place}` };
  });
}

/** The name as `columns` says it: an error report writes `+5V` as `'+5V`. */
function nameSaid(field: string, mapping: ColumnMapping): string {
  const name = field.trim();
  const original = unescaped(name).trim();
  return !mapping.has(name) && mapping.has(original) ? original : name;
}

export interface MappedColumns {
  /** What the option says of each column; undefined where it says nothing. */
  readonly targets: readonly (string | null | undefined)[];
  /** What it speaks of and the file does not have. */
  readonly unknown: readonly string[];
}

/** Where each name stands. */
export function placesOf(names: readonly string[]): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>();
  for (const [at, name] of names.entries()) {
    const known = places.get(name);
    if (known) known.push(at);
    else places.set(name, [at]);
  }
  return places;
}

/**
 * A name alone speaks of all columns that have it, except those that are named by position; `Temp#2` is the
 * second of the columns `Temp`, unless a column is called just so.
 */
export function mapColumns(columns: readonly NamedColumn[], mapping: ColumnMapping): MappedColumns {
  const places = placesOf(columns.map(({ name }) => name));
  const targets = columns.map((): string | null | undefined => undefined);
  const unknown: string[] = [];
  for (const [key, target] of mapping) {
    for (const at of places.get(key) ?? []) targets[at] = target;
  }
  for (const [key, target] of mapping) {
    if (places.has(key)) continue;
    const [, name = '', place = ''] = POSITION.exec(key) ?? [];
    const at = places.get(name)?.[Number(place) - 1];
    if (at === undefined) unknown.push(key);
    else targets[at] = target;
  }
  return { targets, unknown };
}
