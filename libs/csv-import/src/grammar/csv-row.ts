import { refused, type Fault, type Parsed } from '@sensorflow/kernel';
import {
  MAX_METRICS_PER_READING,
  parseEquipmentId,
  parseNumberText,
  type Reading,
} from '@sensorflow/sensor-data';
import type { FileColumns } from './file-columns.js';
import type { DecimalSign } from './import-options.js';
import type { TimestampReader } from './row-timestamp.js';

/** A row is a reading, or has faults. */
export type ParsedRow =
  | { readonly ok: true; readonly reading: Reading }
  | { readonly ok: false; readonly faults: readonly [Fault, ...Fault[]] };

export const NO_TAGS: ReadonlyMap<string, string> = new Map();

/** Turns the rows of one file into readings, under the rules that hold for readings over HTTP too. */
export class RowReader {
  private readonly readTimestamp: TimestampReader;
  private readonly decimal: DecimalSign;

  constructor(
    private readonly columns: FileColumns,
    {
      decimal,
      readTimestamp,
    }: { readonly decimal: DecimalSign; readonly readTimestamp: TimestampReader },
  ) {
    this.readTimestamp = readTimestamp;
    this.decimal = decimal;
  }

  read(fields: readonly string[], nowEpochMs: number): ParsedRow {
    const { columns } = this;
    if (fields.length !== columns.names.length) return wrong(this.fieldCount(fields.length));
    const equipmentId = parseEquipmentId(trimmed(fields[columns.equipmentIdAt]));
    const timestamp = this.readTimestamp(trimmed(fields[columns.timestampAt]), nowEpochMs);
    const values = new Map<string, number>();
    const faults = this.readMetrics(fields, values);
    if (equipmentId.ok && timestamp.ok && !faults) {
      const reading = { equipmentId: equipmentId.value, timestamp: timestamp.value, values };
      return { ok: true, reading: { ...reading, tags: NO_TAGS } };
    }
    return this.isHeader(fields)
      ? wrong({ code: 'header-repeated', detail: 'The line is the header line again.' })
      : { ok: false, faults: allFaults(equipmentId, timestamp, faults) };
  }

  /** Fills `values`; undefined when nothing is wrong. */
  private readMetrics(
    fields: readonly string[],
    values: Map<string, number>,
  ): readonly Fault[] | undefined {
    let faults: Fault[] | undefined;
    let filled = 0;
    for (const { at, name } of this.columns.metrics) {
      const cell = trimmed(fields[at]);
      if (cell === '') continue;
      filled += 1;
      const number = parseCell(cell, this.decimal);
      if (number.ok) values.set(name, number.value);
      else (faults ??= []).push({ ...number.fault, detail: `${name}: ${number.fault.detail}` });
    }
    if (filled === 0) return [{ code: 'value-missing', detail: 'The row has no metric.' }];
    if (filled > MAX_METRICS_PER_READING) {
      const detail = `A reading has at most ${MAX_METRICS_PER_READING} metrics.`;
      return [...(faults ?? []), { code: 'too-many-metrics', detail }];
    }
    return faults;
  }

  private fieldCount(count: number): Fault {
    const expected = this.columns.names.length;
    return { code: 'field-count', detail: `The row has ${count} fields, the header ${expected}.` };
  }

  private isHeader(fields: readonly string[]): boolean {
    return this.columns.names.every((name, at) => name === fields[at]);
  }
}

const NOT_A_NUMBER_WITH_COMMA = refused(
  'value-not-a-number',
  'A metric is a number with a decimal comma, such as 78,42, without text, blanks or thousands separators.',
);

/** With a decimal comma a point can only be a thousands separator, which is refused. */
function parseCell(cell: string, decimal: DecimalSign): Parsed<number> {
  if (decimal === '.') return parseNumberText(cell);
  if (cell.includes('.')) return NOT_A_NUMBER_WITH_COMMA;
  const parsed = parseNumberText(cell.replace(',', '.'));
  const isNoNumber = !parsed.ok && parsed.fault.code === NOT_A_NUMBER_WITH_COMMA.fault.code;
  return isNoNumber ? NOT_A_NUMBER_WITH_COMMA : parsed;
}

/** Without the ASCII blanks around it; any other blank is part of the text, and wrong there. */
function trimmed(cell = ''): string {
  let start = 0;
  let end = cell.length;
  while (start < end && isBlank(cell.charCodeAt(start))) start += 1;
  while (end > start && isBlank(cell.charCodeAt(end - 1))) end -= 1;
  return start === 0 && end === cell.length ? cell : cell.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

function wrong(fault: Fault): ParsedRow {
  return { ok: false, faults: [fault] };
}

function allFaults(
  equipmentId: Parsed<string>,
  timestamp: Parsed<unknown>,
  values: readonly Fault[] | undefined,
): readonly [Fault, ...Fault[]] {
  const faults = [equipmentId, timestamp].flatMap((parsed) => (parsed.ok ? [] : [parsed.fault]));
  const [first, ...rest] = [...faults, ...(values ?? [])];
  if (!first) throw new Error('a refused row has a fault');
  return [first, ...rest];
}
