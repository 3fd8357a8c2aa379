import { DomainError, type Clock, type Fault } from '@sensorflow/kernel';
import {
  TOO_MANY_METRIC_NAMES,
  type ImportedRow,
  type ImportSealer,
  type MetricNameLimit,
  type ReadingWriter,
  type SealedRows,
} from '@sensorflow/sensor-data';
import { readFields, type FieldsFault, type RecordFields } from '../grammar/csv-fields.js';
import type { RecordBlock } from '../text/csv-record.js';
import type { ErrorReport, RejectedRow } from './error-report.js';
import type { RowReader } from '../grammar/csv-row.js';
import type { BlockResult } from './import-progress.js';

/**
 * So many calls in a row that store nothing leave the import to a later run. The writer repeats each of
 * them for two seconds at least.
 */
const MAX_CALLS_IN_VAIN = 15;

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

/** A row that is a reading to write. */
interface ReadingRow extends ImportedRow {
  readonly cells: readonly string[];
}

type JudgedRow = ReadingRow | RejectedRow;

/** The rows of a block in the order of the file. */
export interface JudgedBlock {
  readonly rows: readonly JudgedRow[];
}

/** The import's creator brings too many new metric names at a time: the block can be judged again then. */
export interface ThrottledBlock {
  readonly waitMs: number;
}

/** Everything about one file that its rows are read and written with. */
export interface RowContext {
  readonly delimiter: string;
  readonly reader: RowReader;
  readonly names: MetricNameLimit;
  /** Whose metric names they are. */
  readonly callerId: string;
  readonly sealer: ImportSealer;
  readonly report: ErrorReport;
  readonly dryRun: boolean;
}

/** Turns blocks of records into confirmed readings and lines of the error report. */
export class RowWriter {
  constructor(
    private readonly context: RowContext,
    private readonly readings: Pick<ReadingWriter, 'writeBlocks'>,
    private readonly clock: Clock,
    /** Called before readings are sent again: throws when that is not this run's business. */
    private readonly assertLease: () => Promise<void>,
  ) {}

  /** Throws DomainError `unavailable` (`metric-names-unknown`). */
  async judge(block: RecordBlock): Promise<JudgedBlock | ThrottledBlock> {
    const nowEpochMs = this.clock.nowEpochMs();
    const all = readFields(block, this.context.delimiter);
    const rows = block.records.map(({ line }, index) => {
      const fields = all[index];
      if (!fields) throw new Error('every record has an answer');
      return this.judgeRow(line, fields, nowEpochMs);
    });
    return this.withinNameLimit(rows);
  }

  private async withinNameLimit(rows: readonly JudgedRow[]): Promise<JudgedBlock | ThrottledBlock> {
    const { names, callerId } = this.context;
    const readings = rows.filter(isReading).map(({ reading }) => reading);
    const doubtful = await names.judgeAll(readings, callerId);
    if (doubtful.size === 0) return { rows };
    if ([...doubtful.values()].includes('unknown')) throw namesUnknown();
    const throttled = readings.filter((reading) => doubtful.get(reading) === 'throttled');
    if (throttled.length > 0) return { waitMs: names.waitMs(throttled, callerId) };
    return {
      rows: rows.map((row) =>
        isReading(row) && doubtful.has(row.reading)
          ? { line: row.line, cells: row.cells, faults: TOO_MANY_NAMES }
          : row,
      ),
    };
  }

  /**
   * Sends the readings of the block at once and returns when every one is confirmed, and the block
   * `before` too. What is not confirmed is sent again: only of the oldest block on its way, so that a
   * store that takes nothing is asked by one. Throws DomainError `unavailable`
   * (`readings-unconfirmed`), and what `before` throws.
   */
  async write({ rows }: JudgedBlock, before: Promise<void>): Promise<BlockResult> {
    const { dryRun, sealer } = this.context;
    const attempt = new Attempt(dryRun ? [] : sealer.seal(rows.filter(isReading)));
    await this.send(attempt);
    await before;
    while (attempt.open.length > 0) {
      if (attempt.callsInVain >= MAX_CALLS_IN_VAIN) throw unconfirmed(attempt.open.length);
      await this.assertLease();
      await this.send(attempt);
    }
    const rejected = this.reportLines(rows, attempt.refused);
    return { accepted: rows.length - rejected.length, rejected };
  }

  private async send(attempt: Attempt): Promise<void> {
    const blocks = attempt.open.map(({ block }) => block);
    const outcomes = await this.readings.writeBlocks(blocks, this.context.callerId);
    attempt.note(outcomes.map(({ outcome }) => outcome));
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
    refused: ReadonlySet<JudgedRow>,
  ): readonly string[] {
    const { report } = this.context;
    return rows.flatMap((row) => {
      if (!isReading(row)) return [report.rejected(row)];
      return refused.has(row) ? [report.rejected({ ...row, faults: [NOT_STORABLE] })] : [];
    });
  }
}

function isReading(row: JudgedRow): row is ReadingRow {
  return 'reading' in row;
}

const TOO_MANY_NAMES: RejectedRow['faults'] = [TOO_MANY_METRIC_NAMES];

function namesUnknown(): DomainError {
  const detail = 'The number of metric names cannot be checked right now.';
  return new DomainError('unavailable', 'metric-names-unknown', detail);
}

function unconfirmed(blocks: number): DomainError {
  const detail = `The store does not confirm ${blocks} blocks of readings.`;
  return new DomainError('unavailable', 'readings-unconfirmed', detail);
}

/** What became of a block's readings so far. */
class Attempt {
  readonly refused = new Set<ReadingRow>();
  /** Since anything was stored. */
  callsInVain = 0;

  /** @param open neither stored nor refused yet */
  constructor(public open: readonly SealedRows<ReadingRow>[]) {}

  note(outcomes: readonly string[]): void {
    const { open } = this;
    this.open = open.filter(({ rows }, index) => {
      const outcome = outcomes[index];
      if (outcome === 'refused') for (const row of rows) this.refused.add(row);
      return outcome !== 'stored' && outcome !== 'refused';
    });
    this.callsInVain = this.open.length === open.length ? this.callsInVain + 1 : 0;
  }
}
