import type { Fault } from '@sensorflow/kernel';
import { COMMA_UNSAID } from '../grammar/cell-number.js';
import type { FittingFormat } from '../grammar/formats-that-fit.js';
import type { ImportOptions } from '../grammar/import-options.js';
import { NO_ZONE } from '../grammar/timestamp-reader.js';

/** A fault of the file, or of some of its rows. */
export interface PreviewFault extends Fault {
  /** Of the first row that has it, from 1; undefined for one of the whole file. */
  readonly line: number | undefined;
  /** How many of the rows that were looked at have it; 0 for one of the whole file. */
  readonly rows: number;
  /** The option that may help. */
  readonly option: keyof ImportOptions | undefined;
}

/** The code of a file whose timestamps have a format that nobody has said. */
export const FORMAT_UNSAID = 'timestamp-format-unsaid';
const OPTIONS: Readonly<Record<string, keyof ImportOptions>> = {
  'column-unnamed': 'columns',
  'delimiter-ambiguous': 'delimiter',
  'encoding-unsupported': 'encoding',
  'encoding-invalid': 'encoding',
  'field-count': 'delimiter',
  'header-duplicate-column': 'columns',
  'header-invalid-column': 'columns',
  'header-missing': 'headerLine',
  'header-missing-column': 'columns',
  'header-no-metric': 'columns',
  'header-role-unsaid': 'columns',
  'timestamp-ambiguous': 'repeatedHour',
  [FORMAT_UNSAID]: 'timestampFormat',
  'timestamp-malformed': 'timestampFormat',
  'timestamp-offset-missing': 'timezone',
  'too-many-metrics': 'columns',
};
/** Of each code, those that differ in what they say. */
const MAX_FAULTS = 100;

export function faultOf(fault: Fault, option = optionFor(fault)): PreviewFault {
  return { ...fault, line: undefined, rows: 0, option };
}

function optionFor({ code, detail }: Fault): keyof ImportOptions | undefined {
  if (detail.endsWith(COMMA_UNSAID.fault.detail)) return 'decimal';
  return detail.includes('option timestampFormat') ? 'timestampFormat' : OPTIONS[code];
}

/** Faults as they are found, each once with the number of its rows. */
export class FoundFaults {
  private readonly found = new Map<string, PreviewFault>();

  constructor(ofFile: readonly PreviewFault[]) {
    for (const fault of ofFile) this.found.set(keyOf(fault), fault);
  }

  /** Timestamps that only the option `timestampFormat` makes sense of: which one is for a person to say. */
  addFormats(formats: readonly FittingFormat[], { timestampFormat }: ImportOptions): void {
    const isIso = formats.some(({ format }) => format === 'iso');
    if (timestampFormat !== undefined || formats.length === 0 || isIso) return;
    const known = formats.map(({ format }) => format);
    const detail =
      known.length === 1
        ? `The timestamps are written as ${known[0]}: timestampFormat is to say so.`
        : `The timestamps can be read as ${known.join(' or ')}: only timestampFormat can say which is meant.`;
    const parameters = { formats: known.join(' · ') };
    const fault = { code: FORMAT_UNSAID, detail, parameters };
    this.found.set(keyOf(fault), faultOf(fault));
  }

  /** Rows that cannot be read yet do not say that they need a zone. */
  addZone(formats: readonly FittingFormat[], { timezone }: ImportOptions): void {
    const areLocal = formats.length > 0 && formats.every(({ meaning }) => !meaning.endsWith('Z'));
    if (timezone !== undefined || !areLocal) return;
    this.found.set(keyOf(NO_ZONE.fault), faultOf(NO_ZONE.fault));
  }

  addRow(line: number, faults: readonly Fault[]): void {
    for (const fault of faults) {
      const known = this.found.get(keyOf(fault));
      if (!known && this.found.size >= MAX_FAULTS) continue;
      const first = known ?? faultOf(fault);
      this.found.set(keyOf(fault), { ...first, line: first.line ?? line, rows: first.rows + 1 });
    }
  }

  all(): readonly PreviewFault[] {
    return [...this.found.values()];
  }
}

function keyOf({ code, detail }: Fault): string {
  return `${code} ${detail}`;
}
