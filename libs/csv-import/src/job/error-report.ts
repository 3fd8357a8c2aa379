import { CODE_COLUMN, DETAIL_COLUMN } from '../grammar/csv-row.js';
import { quotedCell } from '../grammar/formula-cells.js';
import type { ReportedRow } from '../grammar/judged-rows.js';
import type { TextEncoding } from '../text/text-encoding.js';
import type { FileDialect, ReportState, RunParts } from './import-record.js';

/** The columns that a report adds; an uploaded report has them already. */
const OWN_COLUMNS = ['_line', CODE_COLUMN, DETAIL_COLUMN];
const LINE_END = '\r\n';
const BYTE_ORDER_MARK = '\ufeff';

/**
 * The text of an error report: a CSV in the file's own dialect, so that it can be corrected and
 * uploaded with the same options. Every cell is quoted, and one that a spreadsheet would run as a
 * formula begins with an apostrophe; no cell of a valid row does.
 */
export class ErrorReport {
  private readonly keptAt: readonly number[];

  constructor(
    private readonly names: readonly string[],
    private readonly delimiter: string,
    private readonly encoding: TextEncoding,
  ) {
    this.keptAt = names.flatMap((name, at) => (OWN_COLUMNS.includes(name.trim()) ? [] : [at]));
  }

  head(): string {
    const head = this.row([...OWN_COLUMNS, ...this.keptAt.map((at) => this.names[at] ?? '')]);
    // It is read with the options of the file, and is UTF-8 whatever the file was.
    return this.encoding === 'utf-8' ? head : `${BYTE_ORDER_MARK}${head}`;
  }

  reported({ line, faults, cells }: ReportedRow): string {
    const detail = faults.map((fault) => fault.detail).join(' ');
    return this.row([String(line), faults[0].code, detail, ...this.own(cells)]);
  }

  /** Says what is not listed; nothing when everything is. */
  tail(unlisted: number): string {
    if (unlisted === 0) return '';
    return this.row(['', 'report-full', `${unlisted} more rows with faults are not listed.`]);
  }

  /** Cells beyond the header's stay, because they are what is wrong with the row. */
  private own(cells: readonly string[]): readonly string[] {
    return [...this.keptAt.map((at) => cells[at] ?? ''), ...cells.slice(this.names.length)];
  }

  private row(cells: readonly string[]): string {
    return cells.map(quotedCell).join(this.delimiter) + LINE_END;
  }
}

/** The report with one more part of this run. */
export function withPart(report: ReportState, run: number, bytes: number): ReportState {
  const last = report.parts.at(-1);
  const own: RunParts = { run, count: nextPart(report, run) };
  const earlier = last?.run === run ? report.parts.slice(0, -1) : report.parts;
  return { ...report, parts: [...earlier, own], bytes: report.bytes + bytes };
}

/** The number of the next part that this run writes. */
export function nextPart({ parts }: ReportState, run: number): number {
  const last = parts.at(-1);
  return last?.run === run ? last.count + 1 : 1;
}

/** The report on a file with these columns, in its own dialect. */
export function reportOf(
  { delimiter, encoding }: FileDialect,
  names: readonly string[],
): ErrorReport {
  return new ErrorReport(names, delimiter, encoding);
}
