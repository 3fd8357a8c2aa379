import { parseEquipmentId } from '@sensorflow/sensor-data';
import { COMMA_UNSAID, parseCellNumber } from '../grammar/cell-number.js';
import type { ColumnAsUnderstood, HeaderColumns } from '../grammar/file-columns.js';
import { formatsThatFit } from '../grammar/formats-that-fit.js';
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
import { fittingTogether, type ProposedColumn, type SingleProposal } from './fitting-proposals.js';
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
const NAMED_LIKE_DATE = /^(?:date|datum|fecha|data|day|tag|dia|día|jour)\b/i;
const NAMED_LIKE_TIME_OF_DAY =
  /^(?:time|time of day|uhrzeit|zeit|hora|hour|hours|hr|heure|ora|stunde|clock)\b/i;
const NAMED_LIKE_TIMESTAMP =
  /time|date|datum|zeit|fecha|hora|stamp|changed|recorded|^ts$|^t$|^data$/i;
const NAMED_LIKE_EQUIPMENT =
  /equip|device|sensor|machine|entity|station|logger|asset|meter|serial|^id$|_id$|name$|ger(?:ä|ae)t/i;

/** What each column probably is, where the option `columns` says nothing of it, and why. */
export function columnProposals(
  { columns }: HeaderColumns,
  rows: readonly SampledRow[],
  options: ImportOptions,
  nowEpochMs: number,
): readonly ProposedColumn[] {
  const sampled = new SampledColumns(columns, rows, options, nowEpochMs);
  return fittingTogether(columns.map((column, at) => sampled.proposalFor(column, at)));
}

class SampledColumns {
  private readonly cells: readonly (readonly string[])[];
  private readonly missing: MissingCells;
  private readonly isLong: boolean;
  private readonly timestampAt: number;
  private readonly dateAt: number;
  private readonly timeAt: number;
  private readonly equipmentAt: number;

  constructor(
    private readonly columns: readonly ColumnAsUnderstood[],
    private readonly rows: readonly SampledRow[],
    private readonly options: ImportOptions,
    private readonly nowEpochMs: number,
  ) {
    this.missing = new MissingCells(options.missing);
    this.cells = columns.map((_, at) =>
      rows
        .flatMap(({ fields, fault }) => (fault ? [] : (fields[at]?.trim() ?? [])))
        .filter((cell) => !this.missing.has(cell))
        .slice(0, SAMPLES),
    );
    const has = (role: string) => columns.some((column) => column.role === role);
    this.isLong = this.isSaidOf(METRIC) || this.seemsLong();
    const isTimeKnown = has(TIMESTAMP) || this.isSaidOf(DATE);
    const dateAt = this.find((at) => NAMED_LIKE_DATE.test(this.nameAt(at)));
    const timeAt = this.find((at) => NAMED_LIKE_TIME_OF_DAY.test(this.nameAt(at)));
    const areApart = !isTimeKnown && this.areApart(dateAt, timeAt);
    this.dateAt = areApart ? dateAt : -1;
    this.timeAt = areApart ? timeAt : -1;
    this.timestampAt = isTimeKnown || areApart ? -1 : this.find((at) => this.isTimestamp(at));
    const isEquipmentKnown = options.equipmentId !== undefined || has(EQUIPMENT_ID);
    this.equipmentAt = isEquipmentKnown ? -1 : this.find((at) => this.isEquipment(at));
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
    if (this.isLong && [METRIC, VALUE].includes(name.toLowerCase())) {
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
  private areApart(dateAt: number, timeAt: number): boolean {
    if (dateAt < 0 || timeAt < 0) return false;
    const joined = this.rows
      .map(({ fields }) => `${fields[dateAt]?.trim()} ${fields[timeAt]?.trim()}`)
      .slice(0, SAMPLES);
    const fit = (cells: readonly string[]) =>
      formatsThatFit(cells, this.nowEpochMs, this.options.decimal).length > 0;
    const times = this.cells[timeAt] ?? [];
    return fit(joined) || this.areNumbers(times) || !fit(times);
  }

  private find(fits: (at: number) => boolean): number {
    return this.columns.findIndex(
      ({ key, name }, at) => !this.isSaid(key) && !name.startsWith('_') && fits(at),
    );
  }

  private nameAt(at: number): string {
    return this.columns[at]?.name ?? '';
  }

  /** Numbers are timestamps only where the name says so. */
  private isTimestamp(at: number): boolean {
    const cells = this.cells[at] ?? [];
    if (cells.length === 0) return NAMED_LIKE_TIMESTAMP.test(this.nameAt(at));
    if (this.areNumbers(cells) && !NAMED_LIKE_TIMESTAMP.test(this.nameAt(at))) return false;
    return formatsThatFit(cells, this.nowEpochMs, this.options.decimal).length > 0;
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
