import type { FittingFormat } from '../grammar/formats-that-fit.js';
import {
  DATE,
  TIME,
  TIMESTAMP,
  type DecimalSign,
  type ImportOptions,
} from '../grammar/import-options.js';
import { ISO_FORMAT } from '../grammar/timestamp-format.js';
import type { ProposedColumn } from './fitting-proposals.js';
import type { SampledRow } from './sampled-rows.js';

const COMMA = /^[+-]?\d+,(\d+)$/;
const POINT = /^[+-]?\d*\.\d+$/;
/** As many digits as a separator of thousands has behind it. */
const GROUP = 3;
const TIMES: ReadonlySet<string | null> = new Set([TIMESTAMP, DATE, TIME]);

/**
 * What was said of a file, and what can be said beside it: what only a person can decide is left open.
 *
 * @param hasHeaderFaults the header cannot be read with what was said
 */
export function proposedOptions(
  options: ImportOptions,
  proposed: readonly ProposedColumn[],
  formats: readonly FittingFormat[],
  rows: readonly SampledRow[],
  hasHeaderFaults: boolean,
): ImportOptions {
  // Of a header with faults, what is read alike is so in the same words only: a metric may be called date.
  const differ = hasHeaderFaults || proposed.some(({ role, proposal }) => role !== proposal);
  const columns = new Map(proposed.map(({ key, proposal }) => [key, proposal]));
  return {
    ...options,
    columns: differ && proposed.length > 0 ? columns : options.columns,
    timestampFormat: options.timestampFormat ?? onlyFormat(formats),
    decimal: proposedDecimal(options, proposed, rows),
  };
}

/** Undefined where there are several, and for the format that a file has unless it is said otherwise. */
export function onlyFormat([only, another]: readonly FittingFormat[]): string | undefined {
  return another || only?.format === ISO_FORMAT.text ? undefined : only?.format;
}

/** A comma where some number can have no other sign. */
function proposedDecimal(
  { decimal }: ImportOptions,
  columns: readonly ProposedColumn[],
  rows: readonly SampledRow[],
): DecimalSign {
  let isComma = decimal === ',';
  for (const { fields, fault } of rows) {
    if (fault) continue;
    for (const [at, field] of fields.entries()) {
      if (TIMES.has(columns[at]?.proposal ?? null)) continue;
      const cell = field.trim();
      if (POINT.test(cell)) return decimal;
      isComma ||= (COMMA.exec(cell)?.[1]?.length ?? GROUP) !== GROUP;
    }
  }
  return isComma ? ',' : decimal;
}
