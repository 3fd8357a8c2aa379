import type { Fault } from '@sensorflow/kernel';
import { MAX_METRICS_PER_READING } from '@sensorflow/sensor-data';
import { mapColumns, namedColumns, placesOf, type NamedColumn } from './column-mapping.js';
import { fieldsOfLine } from './csv-fields.js';
import { FileFault } from '../file-fault.js';
import {
  canonicalWord,
  CUTTING_SIGNS,
  DATE,
  EQUIPMENT_ID,
  MAX_COLUMNS,
  METRIC,
  TIME,
  TIMESTAMP,
  VALUE,
  type ImportOptions,
} from './import-options.js';
import { isDatum } from './datum.js';
import { madeMetricName } from './made-metric-name.js';

/** What each field of a row means. */
export interface FileColumns {
  /** The names as they stand in the file. */
  readonly names: readonly string[];
  /** A row has at least so many fields; those behind them have no name. */
  readonly fieldCount: number;
  /** What the option `columns` leaves out. */
  readonly leftOut: ReadonlySet<number>;
  /** Where the equipment stands, or that of the whole file. */
  readonly equipment: { readonly at: number } | { readonly id: string };
  /** Where the timestamp stands: one field, or date and time. */
  readonly timestampAt: readonly [number] | readonly [number, number];
  /** Of a long file there are none: its rows name them. */
  readonly metrics: readonly { readonly at: number; readonly name: string }[];
  /** Of a long file. */
  readonly long: { readonly metricAt: number; readonly valueAt: number } | undefined;
}

/** A column of the file and what it is read as, in the words of the option `columns`. */
export interface ColumnAsUnderstood {
  /** How `columns` names it: `Temp#2` is the second of that name. */
  readonly key: string;
  readonly name: string;
  /** `equipmentId`, `timestamp`, `date`, `time`, `metric`, `value`, the name of a metric, or null: left out. */
  readonly role: string | null;
}

/** A header line as it is understood; it can be read when it has no faults. */
export interface HeaderColumns {
  readonly columns: readonly ColumnAsUnderstood[];
  readonly faults: readonly Fault[];
  readonly file: FileColumns | undefined;
}

type HeaderOptions = Pick<ImportOptions, 'columns' | 'equipmentId'>;

/** How a fault begins that the option equipmentId may help against. */
export const NO_EQUIPMENT = 'The header has no column equipmentId';
/** Columns that an error report adds, and comments. */
const IGNORED_PREFIX = '_';
const SHOWN_LENGTH = 64;
const SHOWN_COLUMNS = 20;

/** The metrics of one row, at most. */
export function metricsPerRow({ metrics, long }: FileColumns): number {
  return long ? 1 : metrics.length;
}

/**
 * Throws FileFault with the code of the first fault of the header and the details of all.
 *
 * @param taken what is to be said of the line that was taken for the header
 */
export function readColumns(
  headerText: string,
  delimiter: string,
  options: HeaderOptions,
  taken = '',
): FileColumns {
  const { faults, file } = understandHeader(headerText, delimiter, options);
  const [first] = faults;
  if (first) {
    const details = faults.map(({ detail }) => detail);
    throw new FileFault(first.code, [...details, taken].join(' ').trimEnd());
  }
  if (!file) throw new Error('a header without faults can be read');
  return file;
}

export function columnsAsUnderstood(
  headerText: string,
  delimiter: string,
  options: HeaderOptions,
): readonly ColumnAsUnderstood[] {
  return understandHeader(headerText, delimiter, options).columns;
}

/**
 * Names are trimmed. `columns` has the first word; then what begins with `_` is left out, the equipment and the
 * timestamp are known by their names, and all others are metrics, under names made of theirs. In a long file,
 * which has a column `metric`, all others are left out. Faults: `header-malformed`, `too-many-columns`,
 * `header-missing-column`, `header-duplicate-column`, `header-invalid-column`, `header-no-metric`,
 * `header-role-unsaid`, `too-many-metrics`.
 */
export function understandHeader(
  headerText: string,
  delimiter: string,
  options: HeaderOptions,
): HeaderColumns {
  const fields = fieldsOfLine(headerText, delimiter);
  if (!fields)
    return refusedHeader('header-malformed', 'The quotes of the header line are broken.');
  if (fields.length > MAX_COLUMNS) {
    const detail = `A file has at most ${MAX_COLUMNS} columns; this one has ${fields.length}.`;
    return refusedHeader('too-many-columns', detail, { most: MAX_COLUMNS, count: fields.length });
  }
  return new HeaderReading(fields, options).read();
}

/** Whether the line names the time, and the equipment where it has to, when cut at this delimiter. */
export function namesReadings(
  headerText: string,
  delimiter: string,
  options: HeaderOptions,
): boolean {
  const fields = fieldsOfLine(headerText, delimiter) ?? [];
  const areNames = fields.every((field) => options.columns.has(field.trim()) || !isDatum(field));
  return areNames && fields.length <= MAX_COLUMNS && new HeaderReading(fields, options).hasKeys();
}

function refusedHeader(code: string, detail: string, parameters = {}): HeaderColumns {
  return { columns: [], faults: [{ code, detail, parameters }], file: undefined };
}

/** Names of columns whose meaning nobody can doubt, without blanks and marks; one of the exact word goes first. */
const WRITTEN_OTHERWISE: Readonly<Record<string, string>> = {
  timestamp: TIMESTAMP,
  datetime: TIMESTAMP,
  equipmentid: EQUIPMENT_ID,
};

class HeaderReading {
  private readonly columns: readonly NamedColumn[];
  private readonly roles: (string | null)[];
  private readonly unknown: readonly string[];
  private readonly said: ReadonlySet<string | null | undefined>;
  private readonly faults: Fault[] = [];
  /** Behind the last column with a name or a role. */
  private readonly fieldCount: number;
  private readonly leftOut: ReadonlySet<number>;

  constructor(
    fields: readonly string[],
    private readonly options: HeaderOptions,
  ) {
    this.columns = namedColumns(fields, options.columns);
    const { targets, unknown } = mapColumns(this.columns, options.columns);
    this.unknown = unknown;
    this.said = new Set(targets);
    this.leftOut = new Set([...targets.keys()].filter((at) => targets[at] === null));
    this.fieldCount = fields.findLastIndex((name, at) => name.trim() !== '' || targets[at]) + 1;
    this.roles = targets.map((target, at) => target ?? this.wordOf(at, target));
    for (const role of [TIMESTAMP, EQUIPMENT_ID]) this.takeWrittenOtherwise(role, targets);
    if (!this.isLong) this.nameMetrics(targets);
  }

  /** What a column is called that `columns` says nothing of; null when it is left out, or has to be named yet. */
  private wordOf(at: number, target: null | undefined): string | null {
    const name = this.columns[at]?.name ?? '';
    if (target === null || name.startsWith(IGNORED_PREFIX)) return null;
    const word = canonicalWord(name);
    const isKey = word === EQUIPMENT_ID || word === TIMESTAMP;
    return isKey || (word === VALUE && this.said.has(METRIC)) ? word : null;
  }

  private takeWrittenOtherwise(
    role: string,
    targets: readonly (string | null | undefined)[],
  ): void {
    const isTaken = role === TIMESTAMP ? this.hasTime() : this.hasEquipment();
    if (isTaken) return;
    const found = this.columns.filter(({ at, name }) => {
      const letters = name.replace(/[\s_#-]/g, '').toLowerCase();
      const isOpen = targets[at] === undefined && !name.startsWith(IGNORED_PREFIX);
      return isOpen && WRITTEN_OTHERWISE[letters] === role;
    });
    const [only, another] = found;
    if (only && !another) this.roles[only.at] = role;
  }

  private nameMetrics(targets: readonly (string | null | undefined)[]): void {
    for (const { at, name } of this.columns) {
      const isOpen = targets[at] === undefined && this.roles[at] === null;
      if (!isOpen || at >= this.fieldCount || name.startsWith(IGNORED_PREFIX)) continue;
      const word = canonicalWord(name);
      this.roles[at] = word === VALUE ? word : (madeMetricName(name) ?? null);
      const isNamed = this.roles[at] !== null;
      if (!isNamed) this.refuse('header-invalid-column', unnamed(at, name), { place: at + 1 });
    }
  }

  private get isLong(): boolean {
    return this.said.has(METRIC);
  }

  hasKeys(): boolean {
    return this.hasTime() && this.hasEquipment();
  }

  private hasTime(): boolean {
    return this.placeOf(TIMESTAMP) >= 0 || this.said.has(DATE);
  }

  private hasEquipment(): boolean {
    return this.options.equipmentId !== undefined || this.placeOf(EQUIPMENT_ID) >= 0;
  }

  private placeOf(role: string): number {
    return this.roles.indexOf(role);
  }

  read(): HeaderColumns {
    this.refuseUnknown();
    this.refuseMissing();
    this.refuseTwice();
    this.refuseMetrics();
    const columns = this.columns.map(({ at, name, key }) => ({
      key,
      name,
      role: this.roles[at] ?? null,
    }));
    const { faults } = this;
    return { columns, faults, file: faults.length === 0 ? this.fileColumns() : undefined };
  }

  private fileColumns(): FileColumns {
    const { equipmentId } = this.options;
    const timestampAt = this.placeOf(TIMESTAMP);
    return {
      names: this.columns.map(({ name }) => name),
      fieldCount: this.fieldCount,
      leftOut: this.leftOut,
      equipment:
        equipmentId === undefined ? { at: this.placeOf(EQUIPMENT_ID) } : { id: equipmentId },
      timestampAt: timestampAt >= 0 ? [timestampAt] : [this.placeOf(DATE), this.placeOf(TIME)],
      metrics: this.isLong ? [] : this.metrics(),
      long: this.isLong
        ? { metricAt: this.placeOf(METRIC), valueAt: this.placeOf(VALUE) }
        : undefined,
    };
  }

  private metrics(): FileColumns['metrics'] {
    return this.columns.flatMap(({ at }) => {
      const name = this.roles[at] ?? null;
      return name === null || this.isKey(name) ? [] : [{ at, name }];
    });
  }

  private isKey(role: string): boolean {
    const { said } = this;
    return (
      role === EQUIPMENT_ID ||
      role === TIMESTAMP ||
      ((role === DATE || role === TIME || role === METRIC) && said.has(role))
    );
  }

  private refuse(code: string, detail: string, parameters = {}): void {
    this.faults.push({ code, detail, parameters });
  }

  private refuseUnknown(): void {
    if (this.unknown.length === 0) return;
    const unknown = this.unknown.map(shown).join(', ');
    this.refuse(
      'header-missing-column',
      `columns speaks of ${unknown}, which the header does not have: it has ${this.shownNames()}.`,
    );
  }

  private refuseMissing(): void {
    if (!this.hasTime()) {
      this.refuse(
        'header-missing-column',
        `The header has no column timestamp; columns can say which one it is, or which are date and time: it has ${this.shownNames()}.`,
      );
    }
    if (!this.hasEquipment()) {
      this.refuse(
        'header-missing-column',
        `${NO_EQUIPMENT}; columns can say which one it is, or equipmentId the equipment of the whole file: it has ${this.shownNames()}.`,
      );
    }
    if (this.isLong && this.placeOf(VALUE) < 0) {
      this.refuse(
        'header-missing-column',
        `The header has no column value beside that of the metric; columns can say which one it is: it has ${this.shownNames()}.`,
      );
    }
  }

  private refuseTwice(): void {
    for (const [role, found] of placesOf(this.roles.map((own) => own ?? ''))) {
      if (found.length < 2 || role === '') continue;
      const keys = found
        .slice(0, SHOWN_COLUMNS)
        .map((at) => shown(this.columns[at]?.key ?? ''))
        .join(', ');
      this.refuse(
        'header-duplicate-column',
        `The header names ${shown(role)} twice: ${keys}. columns can rename or leave out each of them.`,
        { name: role.slice(0, SHOWN_LENGTH) },
      );
    }
    if (this.options.equipmentId !== undefined && this.placeOf(EQUIPMENT_ID) >= 0) {
      const key = this.columns[this.placeOf(EQUIPMENT_ID)]?.key ?? '';
      this.refuse(
        'header-duplicate-column',
        `The whole file has one equipmentId, and the column ${shown(key)} another; columns can leave it out: {${JSON.stringify(key)}: null}.`,
      );
    }
  }

  private refuseMetrics(): void {
    if (this.isLong) return;
    const names = this.metrics().map(({ name }) => name.toLowerCase());
    if (names.includes(METRIC) && names.includes(VALUE)) {
      this.refuse(
        'header-role-unsaid',
        'The columns metric and value may be a long file, with a row for each value: then columns has {"metric": "metric", "value": "value"}; if not, rename them.',
      );
    }
    if (names.length === 0 && this.faults.length === 0) {
      const only =
        this.fieldCount === 1 ? ` Its only column is ${this.shownNames()}: ${CUTTING_SIGNS}.` : '';
      const detail = `The header names no column with numbers, such as value.${only}`;
      this.refuse('header-no-metric', detail);
    }
    if (names.length > MAX_METRICS_PER_READING) {
      this.refuse(
        'too-many-metrics',
        `The file has ${names.length} columns with numbers, and a reading at most ${MAX_METRICS_PER_READING} metrics. Leave some out with columns ({"name": null}) and import the file once more with the others: their values come to stand beside each other.`,
        { count: names.length, most: MAX_METRICS_PER_READING },
      );
    }
  }

  private shownNames(): string {
    const names = this.columns.slice(0, this.fieldCount).map(({ key }) => shown(key));
    const isLong = names.length > SHOWN_COLUMNS;
    return isLong ? `${names.slice(0, SHOWN_COLUMNS).join(', ')} …` : names.join(', ');
  }
}

function unnamed(at: number, name: string): string {
  const what = name === '' ? ' has no name' : `, ${shown(name)}, cannot be made a metric's name`;
  return `Column ${at + 1}${what}; columns can name it or leave it out: {${JSON.stringify(name.slice(0, SHOWN_LENGTH))}: null}.`;
}

function shown(name: string): string {
  return `"${name.slice(0, SHOWN_LENGTH)}"`;
}
