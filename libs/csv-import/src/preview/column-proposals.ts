import { parseEquipmentId } from '@sensorflow/sensor-data';
import { COMMA_UNSAID, parseCellNumber } from '../grammar/cell-number.js';
import type { ColumnAsUnderstood, HeaderColumns } from '../grammar/file-columns.js';
import { fittingFormats, type FittingFormat } from '../grammar/formats-that-fit.js';
import {
  DATE,
  EQUIPMENT_ID,
  METRIC,
  TIME,
  TIMESTAMP,
  VALUE,
  type ImportOptions,
} from '../grammar/import-options.js';
import { MissingCells } from '../grammar/missing-cells.js';
import type { Steps } from '../steps.js';
import { fittingTogether, type ProposedColumn, type SingleProposal } from './fitting-proposals.js';
import { longLayout, type LongLayout } from './long-layout.js';
import type { SampledRow } from './sampled-rows.js';

type Proposal = Pick<ProposedColumn, 'proposal' | 'reason'>;
const ROLES: ReadonlySet<string | null> = new Set([
  EQUIPMENT_ID,
  TIMESTAMP,
  DATE,
  TIME,
  METRIC,
  VALUE,
]);

const SAMPLES = 10;
const COLUMNS_AT_A_TIME = 100;
/** Columns whose cells are tried in every format of timestamps. */
const TIMES_AT_A_TIME = 20;
/** A format that has a time of day. */
const WITH_TIME = /^iso$|[Hh]/;
/** Of a time of day that is not midnight. */
const PAST_MIDNIGHT = /[1-9]/;
const TIME_AT_END = /\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?:[.,]\d+)?(?: ?[AaPp]\.?[Mm]\.?)?$/;
/** A word alone, such as `on`, is rather a state. */
const LIKE_EQUIPMENT = /^(?=.*\p{L})(?=.*[\d_.:-])/u;
const NAMED_LIKE_DATE = /^(?:date|datum|fecha|data|day|tag|dia|día|jour)\b/i;
const NAMED_LIKE_TIME_OF_DAY =
  /^(?:time|time of day|uhrzeit|zeit|hora|hour|hours|hr|heure|ora|stunde|clock)\b/i;
const NAMED_LIKE_TIMESTAMP =
  /time|date|datum|zeit|fecha|hora|stamp|changed|recorded|^ts$|^t$|^data$/i;
const NAMED_LIKE_EQUIPMENT =
  /equip|device|sensor|machine|entity|station|logger|asset|meter|serial|^id$|_id$|name$|ger(?:ä|ae)t/i;

/**
 * What each column probably is, where the option `columns` says nothing of it, and why; some columns a step.
 *
 * @param hasNames of a file without a header line the names say nothing
 */
export function* columnProposals(
  { columns }: HeaderColumns,
  rows: readonly SampledRow[],
  options: ImportOptions,
  nowEpochMs: number,
  hasNames = true,
): Steps<readonly ProposedColumn[]> {
  const sampled = new SampledColumns(columns, rows, options, nowEpochMs);
  yield* sampled.findRoles(hasNames);
  const proposals: SingleProposal[] = [];
  for (const [at, column] of columns.entries()) {
    proposals.push(sampled.proposalFor(column, at));
    if (at % COLUMNS_AT_A_TIME === COLUMNS_AT_A_TIME - 1) yield;
  }
  return fittingTogether(proposals);
}

class SampledColumns {
  private readonly cells: readonly (readonly string[])[];
  private readonly missing: MissingCells;
  private isLong: boolean;
  private layout: LongLayout | undefined;
  private timestampAt = -1;
  private dateAt = -1;
  private timeAt = -1;
  private equipmentAt = -1;

  constructor(
    private readonly columns: readonly ColumnAsUnderstood[],
    private readonly rows: readonly SampledRow[],
    private readonly options: ImportOptions,
    private readonly nowEpochMs: number,
  ) {
    this.missing = new MissingCells(options.missing);
    this.cells = cellsByColumn(columns.length, rows, this.missing);
    this.isLong = this.isSaidOf(METRIC) || this.seemsLong();
  }

  /** To be done before anything is asked. */
  *findRoles(hasNames: boolean): Steps<void> {
    const has = (role: string) => this.columns.some((column) => column.role === role);
    if (!has(TIMESTAMP) && !this.isSaidOf(DATE)) {
      if (hasNames) yield* this.findTimeByName();
      else yield* this.findTimeByCells();
    }
    if (this.options.equipmentId === undefined && !has(EQUIPMENT_ID)) {
      this.equipmentAt = this.find((at) =>
        hasNames ? this.isEquipment(at) : this.isLikeEquipment(at),
      );
    }
    if (!this.isLong) this.findLayout();
  }

  /** By the rows, where the names do not say it. */
  private findLayout(): void {
    const placeOf = (role: string) => this.columns.findIndex((column) => column.role === role);
    const time = [this.timestampAt, this.dateAt, this.timeAt, placeOf(TIMESTAMP)];
    const keys = [...time, this.equipmentAt, placeOf(EQUIPMENT_ID)].filter((at) => at >= 0);
    const open = this.openColumns().filter((at) => !keys.includes(at));
    const isNumeric = (at: number) => (this.cells[at] ?? []).some((cell) => this.isNumber(cell));
    const words = open.filter((at) => (this.cells[at] ?? []).length > 0 && !isNumeric(at));
    const hasTime = time.some((at) => at >= 0);
    // The words may be those of equipment.
    const hasEquipment =
      this.options.equipmentId !== undefined || this.equipmentAt >= 0 || placeOf(EQUIPMENT_ID) >= 0;
    if (!hasTime || !hasEquipment || this.options.columns.size > 0) return;
    this.layout = longLayout(this.rows, { keys, words, numbers: open.filter(isNumeric) });
    this.isLong = this.layout !== undefined;
  }

  private *findTimeByName(): Steps<void> {
    const dateAt = this.find((at) => NAMED_LIKE_DATE.test(this.nameAt(at)));
    const timeAt = this.find((at) => NAMED_LIKE_TIME_OF_DAY.test(this.nameAt(at)));
    if (dateAt >= 0 && timeAt >= 0) {
      if (yield* this.hasTimeOfDay(dateAt)) {
        this.timestampAt = dateAt;
        return;
      }
      if (yield* this.areApart(dateAt, timeAt)) {
        this.dateAt = dateAt;
        this.timeAt = timeAt;
        return;
      }
    }
    for (const [looked, at] of this.openColumns().entries()) {
      const isTimestamp = yield* this.isTimestamp(at);
      if (looked % TIMES_AT_A_TIME === TIMES_AT_A_TIME - 1) yield;
      if (!isTimestamp) continue;
      this.timestampAt = at;
      return;
    }
  }

  /** Text that can be a time; where there is none, a number that can be that of an epoch. */
  private *findTimeByCells(): Steps<void> {
    const fitting: (readonly [number, readonly FittingFormat[]])[] = [];
    for (const [looked, at] of this.openColumns().entries()) {
      const formats = yield* this.formatsOf(this.cells[at] ?? []);
      if (formats.length > 0) fitting.push([at, formats]);
      if (looked % TIMES_AT_A_TIME === TIMES_AT_A_TIME - 1) yield;
    }
    const texts = fitting.find(([at]) => !this.areNumbers(this.cells[at] ?? []));
    const epochs = fitting.find(([, all]) => all.some(({ format }) => format.startsWith('epoch')));
    const [at = -1, formats = []] = texts ?? epochs ?? [];
    const isDate = texts !== undefined && formats.every(({ format }) => !WITH_TIME.test(format));
    const timeAt = at + 1;
    if (isDate && (yield* this.formatsOf(this.joined(at, timeAt))).length > 0) {
      this.dateAt = at;
      this.timeAt = timeAt;
    } else this.timestampAt = at;
  }

  proposalFor(column: ColumnAsUnderstood, at: number): SingleProposal {
    const { key, role } = column;
    if (this.isSaid(key)) {
      const isMetric = role !== null && !ROLES.has(role);
      return { ...column, proposal: role, reason: 'said-by-columns', isSaid: true, isMetric };
    }
    const asRole = this.roleProposal(column, at);
    const proposal = asRole ?? this.metricProposal(column, at);
    return { ...column, ...proposal, isSaid: false, isMetric: asRole === undefined };
  }

  private roleProposal({ name, role }: ColumnAsUnderstood, at: number): Proposal | undefined {
    if (role === EQUIPMENT_ID && this.options.equipmentId !== undefined) {
      return { proposal: null, reason: 'equipment-of-file' };
    }
    if (role === TIMESTAMP || role === EQUIPMENT_ID) {
      return { proposal: role, reason: 'named-so' };
    }
    if (at === this.timestampAt) {
      return { proposal: TIMESTAMP, reason: 'holds-timestamps' };
    }
    if (at === this.dateAt || at === this.timeAt) {
      const proposal = at === this.dateAt ? DATE : TIME;
      return { proposal, reason: 'date-and-time-apart' };
    }
    if (at === this.equipmentAt) {
      return { proposal: EQUIPMENT_ID, reason: 'holds-equipment-ids' };
    }
    if (at === this.layout?.metricAt || at === this.layout?.valueAt) {
      const proposal = at === this.layout.metricAt ? METRIC : VALUE;
      return { proposal, reason: 'row-for-each-value' };
    }
    if (this.isLong && !this.layout && [METRIC, VALUE].includes(name.toLowerCase())) {
      return { proposal: name.toLowerCase(), reason: 'row-for-each-value' };
    }
    if (this.isLong) return { proposal: null, reason: 'beside-value' };
    return undefined;
  }

  private metricProposal({ name, role }: ColumnAsUnderstood, at: number): Proposal {
    const cells = this.cells[at] ?? [];
    const numbers = cells.filter((cell) => this.isNumber(cell));
    if (role === null && numbers.length > 0 && /^\p{L}/u.test(name)) {
      return { proposal: `m_${at + 1}`, reason: 'other-letters' };
    }
    if (role === null) {
      return { proposal: null, reason: name === '' ? 'no-name' : 'left-out' };
    }
    if (numbers.length === 0 && cells.some((cell) => this.hasUnsaidComma(cell))) {
      return { proposal: role, reason: 'decimal-commas' };
    }
    if (cells.length > 0 && numbers.length === 0) {
      return { proposal: null, reason: 'no-number' };
    }
    return { proposal: role, reason: role === name ? 'metric' : 'metric-renamed' };
  }

  private isSaid(key: string): boolean {
    const { columns } = this.options;
    return columns.has(key) || columns.has(key.replace(/#\d+$/, ''));
  }

  private isSaidOf(role: string): boolean {
    return [...this.options.columns.values()].includes(role);
  }

  /** By two columns of these names, of which the first holds no numbers. */
  private seemsLong(): boolean {
    const names = this.columns.map(({ name }) => name.toLowerCase());
    const metricAt = names.indexOf(METRIC);
    const cells = this.cells[metricAt] ?? [];
    return names.includes(VALUE) && metricAt >= 0 && !this.areNumbers(cells);
  }

  private areNumbers(cells: readonly string[]): boolean {
    return cells.length > 0 && cells.every((cell) => this.isNumber(cell));
  }

  /** Unless the second holds dates as well. */
  private *areApart(dateAt: number, timeAt: number): Steps<boolean> {
    const times = this.cells[timeAt] ?? [];
    if (this.areNumbers(times)) return true;
    if ((yield* this.formatsOf(this.joined(dateAt, timeAt))).length > 0) return true;
    return (yield* this.formatsOf(times)).length === 0;
  }

  /** Whether a column of dates needs no other one; midnight alone says nothing. */
  private *hasTimeOfDay(at: number): Steps<boolean> {
    const cells = this.cells[at] ?? [];
    if (!cells.some((cell) => PAST_MIDNIGHT.test(TIME_AT_END.exec(cell)?.[0] ?? ''))) return false;
    const formats = yield* this.formatsOf(cells);
    return formats.some(({ format }) => WITH_TIME.test(format));
  }

  private joined(dateAt: number, timeAt: number): readonly string[] {
    const cells = this.rows.map(({ fields }) => [fields[dateAt], fields[timeAt]] as const);
    return cells
      .flatMap(([date, time]) => (date && time ? `${date.trim()} ${time.trim()}` : []))
      .slice(0, SAMPLES);
  }

  private *formatsOf(cells: readonly string[]): Steps<readonly FittingFormat[]> {
    return yield* fittingFormats(cells, this.nowEpochMs, this.options.decimal);
  }

  private find(fits: (at: number) => boolean): number {
    return this.openColumns().find(fits) ?? -1;
  }

  /** Of which the option `columns` says nothing. */
  private openColumns(): readonly number[] {
    const all = [...this.columns.keys()];
    return all.filter((at) => {
      const { key = '', name = '' } = this.columns[at] ?? {};
      return !this.isSaid(key) && !name.startsWith('_');
    });
  }

  private nameAt(at: number): string {
    return this.columns[at]?.name ?? '';
  }

  /** Numbers are timestamps only where the name says so. */
  private *isTimestamp(at: number): Steps<boolean> {
    const cells = this.cells[at] ?? [];
    if (cells.length === 0) return NAMED_LIKE_TIMESTAMP.test(this.nameAt(at));
    if (this.areNumbers(cells) && !NAMED_LIKE_TIMESTAMP.test(this.nameAt(at))) return false;
    return (yield* this.formatsOf(cells)).length > 0;
  }

  private isLikeEquipment(at: number): boolean {
    const cells = this.cells[at] ?? [];
    const isTime = [this.timestampAt, this.dateAt, this.timeAt].includes(at);
    const areIds = cells.every((cell) => parseEquipmentId(cell).ok && !this.isNumber(cell));
    return !isTime && areIds && cells.some((cell) => LIKE_EQUIPMENT.test(cell));
  }

  private isEquipment(at: number): boolean {
    const cells = this.cells[at] ?? [];
    const ids = cells.filter((cell) => parseEquipmentId(cell).ok);
    return ids.length * 2 > cells.length && NAMED_LIKE_EQUIPMENT.test(this.nameAt(at));
  }

  private hasUnsaidComma(cell: string): boolean {
    const number = parseCellNumber(cell, this.options.decimal);
    return !number.ok && number.fault.detail === COMMA_UNSAID.fault.detail;
  }

  private isNumber(cell: string): boolean {
    return parseCellNumber(cell, this.options.decimal).ok;
  }
}

/** The first of each column that have a value, without blanks around them. */
function cellsByColumn(
  columns: number,
  rows: readonly SampledRow[],
  missing: MissingCells,
): readonly (readonly string[])[] {
  const cells = Array.from({ length: columns }, (): string[] => []);
  for (const { fields, fault } of rows) {
    if (fault) continue;
    for (const [at, field] of fields.entries()) {
      const own = cells[at];
      if (!own || own.length === SAMPLES) continue;
      const cell = field.trim();
      if (!missing.has(cell)) own.push(cell);
    }
  }
  return cells;
}
