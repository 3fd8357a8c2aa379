import { DomainError, type Clock, type Fault } from '@sensorflow/kernel';
import {
  TOO_MANY_METRIC_NAMES,
  type MetricNameLimit,
  type Reading,
  type ReadingWriter,
  type WriteOutcome,
} from '@sensorflow/sensor-data';
import { readFields, type FieldsFault, type RecordFields } from './csv-fields.js';
import type { RecordBlock } from './csv-record.js';
import type { ErrorReport, RejectedRow } from './error-report.js';
import type { RowReader } from './csv-row.js';
import type { BlockResult } from './import-progress.js';

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

/** The rows of a block, and the readings among them. */
export interface JudgedBlock {
  readonly rows: readonly JudgedRow[];
  readonly readings: readonly Reading[];
}

/** The import's creator brings too many new metric names at a time: the block can be judged again then. */
export interface ThrottledBlock {
  readonly waitMs: number;
}

export interface WrittenBlock extends BlockResult {
  /** Whether readings of this block or of one before were sent again, perhaps after those of a block behind. */
  readonly repeated: boolean;
}

/** Everything about one file that its rows are read and written with. */
export interface RowContext {
  readonly delimiter: string;
  readonly reader: RowReader;
  readonly names: MetricNameLimit;
  /** Whose metric names they are. */
  readonly callerId: string;
  readonly report: ErrorReport;
  readonly dryRun: boolean;
}

/** Turns blocks of records into confirmed readings and lines of the error report. */
export class RowWriter {
  constructor(
    private readonly context: RowContext,
    private readonly readings: Pick<ReadingWriter, 'write'>,
    private readonly clock: Clock,
    /** Called before readings are written again: throws when that is not this run's business. */
    private readonly assertLease: () => Promise<void>,
  ) {}

  /** Throws DomainError `unavailable` (`metric-names-unknown`). */
  async judge(block: RecordBlock): Promise<JudgedBlock | ThrottledBlock> {
    const nowEpochMs = this.clock.nowEpochMs();
    const all = readFields(block, this.context.delimiter);
    const readings: Reading[] = [];
    const rows = block.records.map(({ line }, index) => {
      const fields = all[index];
      if (!fields) throw new Error('every record has an answer');
      const row = this.judgeRow(line, fields, nowEpochMs);
      if ('reading' in row) readings.push(row.reading);
      return row;
    });
    return this.withinNameLimit({ rows, readings });
  }

  private async withinNameLimit(all: JudgedBlock): Promise<JudgedBlock | ThrottledBlock> {
    const { names, callerId } = this.context;
    const doubtful = await names.judgeAll(all.readings, callerId);
    if (doubtful.size === 0) return all;
    if ([...doubtful.values()].includes('unknown')) throw namesUnknown();
    const throttled = all.readings.filter((reading) => doubtful.get(reading) === 'throttled');
    if (throttled.length > 0) return { waitMs: names.waitMs(throttled, callerId) };
    const rows = all.rows.map((row) =>
      'reading' in row && doubtful.has(row.reading)
        ? { line: row.line, cells: row.cells, faults: TOO_MANY_NAMES }
        : row,
    );
    return { rows, readings: all.readings.filter((reading) => !doubtful.has(reading)) };
  }

  /**
   * Sends the readings of the block at once and returns when every one is confirmed, and the block
   * `before` too. The writer lets the last reading of a key stand, also of those under way together, so
   * the file's order is the order of effect; if the block before was sent again, then so is this one.
   * Throws DomainError `unavailable` (`readings-unconfirmed`), and what `before` throws.
   */
  async write({ rows, readings }: JudgedBlock, before: Promise<boolean>): Promise<WrittenBlock> {
    const attempt = new Attempt(this.context.dryRun ? [] : readings);
    attempt.note(await this.readings.write(attempt.open));
    const isBeforeRepeated = await before;
    if (isBeforeRepeated) attempt.startOver();
    // Also of a block that has nothing to send: the one behind it is on its way too.
    const repeated = isBeforeRepeated || attempt.open.length > 0;
    for (let idle = attempt.isIdle ? 1 : 0; attempt.open.length > 0;) {
      await this.beforeNextAttempt(idle, attempt.open.length);
      attempt.note(await this.readings.write(attempt.open));
      idle = attempt.isIdle ? idle + 1 : 0;
    }
    const rejected = this.reportLines(rows, attempt.refused);
    return { accepted: rows.length - rejected.length, rejected, repeated };
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

  private reportLines(
    rows: readonly JudgedRow[],
    refused: ReadonlySet<Reading>,
  ): readonly string[] {
    const lines: string[] = [];
    for (const row of rows) {
      if (!('reading' in row)) lines.push(this.context.report.rejected(row));
      else if (refused.has(row.reading)) {
        const { line, cells } = row;
        lines.push(this.context.report.rejected({ line, cells, faults: [NOT_STORABLE] }));
      }
    }
    return lines;
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

const TOO_MANY_NAMES: RejectedRow['faults'] = [TOO_MANY_METRIC_NAMES];

function namesUnknown(): DomainError {
  const detail = 'The number of metric names cannot be checked right now.';
  return new DomainError('unavailable', 'metric-names-unknown', detail);
}

/** What became of a block's readings so far. */
class Attempt {
  readonly refused = new Set<Reading>();
  /** The last attempt brought nothing. */
  isIdle = false;

  constructor(
    private readonly all: readonly Reading[],
    /** Neither stored nor refused yet. */
    public open: readonly Reading[] = all,
  ) {}

  note(outcomes: readonly WriteOutcome[]): void {
    const { open } = this;
    this.open = open.filter((reading, index) => {
      const { outcome } = outcomes[index] ?? UNKNOWN;
      if (outcome === 'refused') this.refused.add(reading);
      return outcome === 'not-stored' || outcome === 'unknown';
    });
    this.isIdle = open.length > 0 && this.open.length === open.length;
  }

  startOver(): void {
    this.open = this.all;
    this.refused.clear();
    this.isIdle = false;
  }
}

const UNKNOWN: WriteOutcome = { outcome: 'unknown' };
