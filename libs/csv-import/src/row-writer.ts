import { DomainError, type Clock, type Fault } from '@sensorflow/kernel';
import type { Reading, ReadingWriter, WriteOutcome } from '@sensorflow/sensor-data';
import { readFields, type FieldsFault, type RecordFields } from './csv-fields.js';
import type { RecordBlock } from './csv-record.js';
import type { ErrorReport, RejectedRow } from './error-report.js';
import type { RowReader } from './csv-row.js';

/** Between attempts that store nothing; then the import is left to a later run. */
const PAUSES_MS = [1000, 2000, 4000, 8000, 16_000];

const DETAILS: Readonly<Record<FieldsFault, string>> = {
  'unclosed-quote': 'A quoted field is not closed.',
  'quote-malformed': 'A closing quote must be followed by the delimiter or the end of the line.',
  'embedded-newline': 'A field runs over a line end.',
  'row-too-long': 'The row is longer than 64 KiB.',
  'encoding-invalid': 'The row is not valid text in the encoding of the file.',
};
const NOT_STORABLE: Fault = {
  code: 'reading-not-storable',
  detail: 'The store cannot hold this reading.',
};

/** A row in the order of the file: a reading to write, or a row to report. */
type JudgedRow = { readonly line: number; readonly cells: readonly string[] } & (
  { readonly reading: Reading } | { readonly faults: RejectedRow['faults'] }
);

/** Everything about one file that its rows are read and written with. */
export interface RowContext {
  readonly delimiter: string;
  readonly reader: RowReader;
  readonly report: ErrorReport;
  readonly dryRun: boolean;
}

/** Turns blocks of records into confirmed readings and lines of the error report. */
export class RowWriter {
  constructor(
    private readonly context: RowContext,
    private readonly readings: ReadingWriter,
    private readonly clock: Clock,
    /** Called before readings are written again: throws when that is not this run's business. */
    private readonly assertLease: () => Promise<void>,
  ) {}

  /**
   * Returns when every reading of the block is confirmed. Blocks are written one after the other and
   * the writer lets the last reading of a key stand, so the file's order is the order of effect.
   * Throws DomainError `unavailable` (`readings-unconfirmed`).
   */
  async write(block: RecordBlock) {
    const rows = this.judge(block);
    const readings = rows.flatMap((row) => ('reading' in row ? [row.reading] : []));
    const refused = this.context.dryRun ? new Set<Reading>() : await this.confirm(readings);
    const rejected = rows.flatMap((row) => {
      if (!('reading' in row)) return [this.context.report.rejected(row)];
      if (!refused.has(row.reading)) return [];
      const { line, cells } = row;
      return [this.context.report.rejected({ line, cells, faults: [NOT_STORABLE] })];
    });
    return { accepted: rows.length - rejected.length, rejected };
  }

  private judge(block: RecordBlock): readonly JudgedRow[] {
    const nowEpochMs = this.clock.nowEpochMs();
    const all = readFields(block, this.context.delimiter);
    return block.records.map(({ line }, index) => {
      const fields = all[index];
      if (!fields) throw new Error('every record has an answer');
      return this.judgeRow(line, fields, nowEpochMs);
    });
  }

  private judgeRow(line: number, fields: RecordFields, nowEpochMs: number): JudgedRow {
    if (!fields.ok) {
      const { fault: code, shown: cells } = fields;
      return { line, cells, faults: [{ code, detail: DETAILS[code] }] };
    }
    const { fields: cells } = fields;
    const row = this.context.reader.read(cells, nowEpochMs);
    return row.ok ? { line, cells, reading: row.reading } : { line, cells, faults: row.faults };
  }

  /** The readings that the store refuses; all others are stored. */
  private async confirm(readings: readonly Reading[]): Promise<ReadonlySet<Reading>> {
    const refused = new Set<Reading>();
    let open = readings;
    for (let idleAttempts = 0; open.length > 0;) {
      const outcomes = await this.readings.write(open);
      const left = open.filter((reading, index) => {
        const { outcome } = outcomes[index] ?? UNKNOWN;
        if (outcome === 'refused') refused.add(reading);
        return outcome === 'not-stored' || outcome === 'unknown';
      });
      idleAttempts = left.length < open.length ? 0 : idleAttempts + 1;
      open = left;
      if (open.length > 0) await this.beforeNextAttempt(idleAttempts, open.length);
    }
    return refused;
  }

  /** A slow store is given its time; one that takes nothing is waited for, and then given up. */
  private async beforeNextAttempt(idleAttempts: number, unconfirmed: number): Promise<void> {
    if (idleAttempts > 0) {
      const pauseMs = PAUSES_MS[idleAttempts - 1];
      if (pauseMs === undefined) {
        const detail = `The store does not confirm ${unconfirmed} readings.`;
        throw new DomainError('unavailable', 'readings-unconfirmed', detail);
      }
      await this.clock.sleep(pauseMs);
    }
    await this.assertLease();
  }
}

const UNKNOWN: WriteOutcome = { outcome: 'unknown' };
