import type { EquipmentRestriction } from '@sensorflow/auth';
import { DomainError, type Clock, type Fault } from '@sensorflow/kernel';
import {
  TOO_MANY_METRIC_NAMES,
  type MetricNameLimit,
  type RowTable,
} from '@sensorflow/sensor-data';
import { EquipmentTable } from '../grammar/equipment-table.js';
import type { FileColumns } from '../grammar/file-columns.js';
import { NO_CELLS, type DoubtfulRow, type JudgedRows } from '../grammar/judged-rows.js';
import { MetricTable } from '../grammar/metric-table.js';
import type { RowParser } from '../grammar/row-parser.js';
import { UnreadText } from '../text/unread-text.js';
import type { BatchPace } from './batch-pace.js';
import type { ErrorReport } from './error-report.js';
import type { ImportLimits } from './import-limits.js';
import type { NameAdmission } from './name-admission.js';
import type { OpenRows } from './open-rows.js';
import { RowBatch } from './row-batch.js';

/** `turn-over`: others wait. */
export type Handover = 'out-of-time' | 'turn-over';

/** Everything about one file that its rows are read with. */
export interface ReadContext {
  readonly rows: OpenRows;
  readonly columns: FileColumns;
  readonly parser: RowParser;
  readonly names: MetricNameLimit;
  readonly admission: NameAdmission;
  /** The only equipment whose rows are taken; undefined for any. */
  readonly restriction: EquipmentRestriction | undefined;
  /** Whose metric names they are. */
  readonly callerId: string;
  readonly report: ErrorReport;
  readonly clock: Clock;
  readonly limits: ImportLimits;
  readonly pace: BatchPace;
}

/** Asked between pieces of the text. */
export interface ReadWatch {
  /** Throws when this run may not go on at all. */
  assertLease(): Promise<void>;
  handover(): Promise<Handover | undefined>;
}

/** Reads a file's rows into batches. */
export class BatchReader {
  private readonly text: UnreadText;
  /** Whether more of the file is needed to go on. */
  private isUsedUp = true;
  private equipment = new EquipmentTable();
  private metrics: MetricTable;

  constructor(
    private readonly context: ReadContext,
    private readonly watch: ReadWatch,
  ) {
    this.text = new UnreadText(context.rows.bytes, context.limits.pieceBytes);
    this.metrics = new MetricTable(context.columns.metrics);
    context.admission.begin(this.metrics.names);
  }

  open(table: RowTable): RowBatch {
    if (this.equipment.room === 0 || this.metrics.room === 0) {
      this.equipment = new EquipmentTable();
      this.metrics = new MetricTable(this.context.columns.metrics);
      this.context.admission.begin(this.metrics.names);
    }
    return new RowBatch(table, this.equipment, this.metrics, this.context.clock.nowEpochMs());
  }

  /**
   * Judges rows until the batch is full, the file is read, or the run's turn is over. Whatever it throws,
   * the batch holds what stands in front of that. Throws FileFault, DomainError `unavailable`, and what the
   * watch throws.
   */
  async fill(batch: RowBatch): Promise<'full' | 'complete' | Handover> {
    const { rows, parser } = this.context;
    for (;;) {
      if (this.isUsedUp) await this.text.read();
      await this.watch.assertLease();
      this.parse(batch);
      const interrupted = await this.settleDoubts(batch);
      if (interrupted) return interrupted;
      this.report(batch);
      const { place, timeState, isUnderOtherHeader, writtenMetrics, columnFormats } = parser;
      const bytesProcessed = rows.processed(place);
      const states = { timeState, isUnderOtherHeader, writtenMetrics, columnFormats };
      batch.mark({ place, bytesProcessed, ...states });
      if (this.text.isLast && this.isUsedUp) return 'complete';
      const handover = await this.watch.handover();
      if (handover) return handover;
      if (!this.isUsedUp || this.isFull(batch)) return 'full';
    }
  }

  async close(): Promise<void> {
    await this.text.close();
  }

  private parse({ rows }: RowBatch): void {
    const { parser, clock } = this.context;
    const { bytes, isLast } = this.text;
    this.text.use(parser.parse(bytes, isLast, rows, clock.nowEpochMs()));
    this.isUsedUp = rows.room > 0 && rows.roomForNames > 0;
  }

  /**
   * Asks for the names that are in doubt, and waits while the creator brings too many new ones at a time,
   * like every other caller. Throws DomainError `unavailable` (`metric-names-unknown`).
   */
  private async settleDoubts({ rows }: RowBatch): Promise<Handover | undefined> {
    const { names, callerId, clock, limits, parser } = this.context;
    this.rejectForbidden(rows);
    while (rows.doubtful.length > 0) {
      const readings = rows.doubtful.map(({ reading }) => reading);
      const verdicts = await names.judgeAll(readings, callerId);
      if ([...verdicts.values()].includes('unknown')) throw namesUnknown();
      const throttled = readings.filter((reading) => verdicts.get(reading) === 'throttled');
      if (throttled.length === 0) {
        for (const row of rows.doubtful.splice(0)) {
          const { line, reading } = row;
          if (verdicts.has(reading)) reject(row, TOO_MANY_METRIC_NAMES, rows);
          else parser.addAdmitted(line, reading, rows);
        }
        break;
      }
      const handover = await this.watch.handover();
      if (handover) return handover;
      await clock.sleep(Math.min(names.waitMs(throttled, callerId), limits.leaseMs));
      await this.watch.assertLease();
    }
    return undefined;
  }

  private rejectForbidden(rows: JudgedRows): void {
    const { restriction } = this.context;
    if (!restriction || rows.doubtful.length === 0) return;
    for (const row of rows.doubtful.splice(0)) {
      const fault = restriction.faultOf(row.reading.equipmentId);
      if (fault) reject(row, fault, rows);
      else rows.doubtful.push(row);
    }
  }

  /** In the order of the file: what was in doubt comes late. */
  private report(batch: RowBatch): void {
    const reported = batch.rows.reported.splice(0).sort((a, b) => a.line - b.line);
    for (const row of reported) {
      batch.report({ line: row.line, text: this.context.report.reported(row) });
      if (row.isRejected) batch.rejectedRows += 1;
    }
  }

  private isFull({ rows: { table }, reportBytes, openedEpochMs }: RowBatch): boolean {
    const { pace, clock, limits } = this.context;
    return (
      pace.isReached(table) ||
      reportBytes >= limits.maxReportPartBytes ||
      clock.nowEpochMs() - openedEpochMs >= limits.batchMs
    );
  }
}

function reject({ line, cells, reading }: DoubtfulRow, fault: Fault, rows: JudgedRows): void {
  rows.reported.push({ line, isRejected: true, cells, faults: [fault] });
  rows.count({ ...NO_CELLS, rejected: reading.values.size });
}

function namesUnknown(): DomainError {
  const detail = 'The number of metric names cannot be checked right now.';
  return new DomainError('unavailable', 'metric-names-unknown', detail);
}
