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
import type { SampledRow } from './sampled-rows.js';

/** A column as it is read, and as it probably is meant: what `columns` may say of it. */
export interface ProposedColumn extends ColumnAsUnderstood {
  readonly proposal: string | null;
  readonly reason: string;
}

type Proposal = Pick<ProposedColumn, 'proposal' | 'reason'>;

const SAMPLES = 10;
const NAMED_LIKE_DATE = /^(?:date|datum|fecha|data|day|tag)$/i;
const NAMED_LIKE_TIME_OF_DAY = /^(?:time|uhrzeit|zeit|hora|clock)$/i;
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
  return columns.map((column, at) => ({ ...column, ...sampled.proposalFor(column, at) }));
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
    rows: readonly SampledRow[],
    private readonly options: ImportOptions,
    private readonly nowEpochMs: number,
  ) {
    this.missing = new MissingCells(options.missing);
    this.cells = columns.map((_, at) =>
      rows
        .flatMap(({ fields }) => fields[at]?.trim() ?? [])
        .filter((cell) => !this.missing.has(cell))
        .slice(0, SAMPLES),
    );
    const has = (role: string) => columns.some((column) => column.role === role);
    const names = new Set(columns.map(({ name }) => name.toLowerCase()));
    this.isLong = names.has(METRIC) && names.has(VALUE);
    const isTimeKnown = has(TIMESTAMP) || this.isSaidOf(DATE);
    const dateAt = this.find((at) => NAMED_LIKE_DATE.test(this.nameAt(at)));
    const timeAt = this.find((at) => NAMED_LIKE_TIME_OF_DAY.test(this.nameAt(at)));
    const areApart = !isTimeKnown && dateAt >= 0 && timeAt >= 0;
    this.dateAt = areApart ? dateAt : -1;
    this.timeAt = areApart ? timeAt : -1;
    this.timestampAt = isTimeKnown || areApart ? -1 : this.find((at) => this.isTimestamp(at));
    const isEquipmentKnown = options.equipmentId !== undefined || has(EQUIPMENT_ID);
    this.equipmentAt = isEquipmentKnown ? -1 : this.find((at) => this.isEquipment(at));
  }

  proposalFor({ name, key, role }: ColumnAsUnderstood, at: number): Proposal {
    if (this.isSaid(key)) return { proposal: role, reason: 'The option columns says so.' };
    if (role === TIMESTAMP || role === EQUIPMENT_ID) {
      return { proposal: role, reason: 'Its name says so.' };
    }
    if (at === this.timestampAt) {
      return { proposal: TIMESTAMP, reason: 'Its cells can be read as timestamps.' };
    }
    if (at === this.dateAt || at === this.timeAt) {
      const proposal = at === this.dateAt ? DATE : TIME;
      return { proposal, reason: 'Date and time of day stand in two columns.' };
    }
    if (at === this.equipmentAt) {
      return { proposal: EQUIPMENT_ID, reason: 'Its cells can be equipment ids.' };
    }
    if (this.isLong && [METRIC, VALUE].includes(name.toLowerCase())) {
      return {
        proposal: name.toLowerCase(),
        reason: 'The file seems to have a row for each value.',
      };
    }
    return this.metricProposal(name, role, at);
  }

  private metricProposal(name: string, role: string | null, at: number): Proposal {
    if (role === null) {
      return { proposal: null, reason: name === '' ? 'It has no name.' : 'It is left out.' };
    }
    const cells = this.cells[at] ?? [];
    const numbers = cells.filter((cell) => this.isNumber(cell));
    if (numbers.length === 0 && cells.some((cell) => this.hasUnsaidComma(cell))) {
      const reason = 'Its numbers have decimal commas: the option decimal is to say so.';
      return { proposal: role, reason };
    }
    if (cells.length > 0 && numbers.length === 0) {
      return { proposal: null, reason: 'None of its cells is a number.' };
    }
    const reason =
      role === name
        ? 'Every other column is a metric.'
        : 'Every other column is a metric; its name is made that of one.';
    return { proposal: role, reason };
  }

  private isSaid(key: string): boolean {
    const { columns } = this.options;
    return columns.has(key) || columns.has(key.replace(/#\d+$/, ''));
  }

  private isSaidOf(role: string): boolean {
    return [...this.options.columns.values()].includes(role);
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
    const areNumbers = cells.every((cell) => this.isNumber(cell));
    if (areNumbers && !NAMED_LIKE_TIMESTAMP.test(this.nameAt(at))) return false;
    return formatsThatFit(cells, this.nowEpochMs, this.options.decimal).length > 0;
  }

  private isEquipment(at: number): boolean {
    const cells = this.cells[at] ?? [];
    const canBeIds = cells.every((cell) => parseEquipmentId(cell).ok);
    return cells.length > 0 && canBeIds && NAMED_LIKE_EQUIPMENT.test(this.nameAt(at));
  }

  private hasUnsaidComma(cell: string): boolean {
    const number = parseCellNumber(cell, this.options.decimal);
    return !number.ok && number.fault.detail === COMMA_UNSAID.fault.detail;
  }

  private isNumber(cell: string): boolean {
    return parseCellNumber(cell, this.options.decimal).ok;
  }
}
