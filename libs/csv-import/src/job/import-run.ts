import { instantFromEpochMs, type Clock, type Fault } from '@sensorflow/kernel';
import {
  ImportSealer,
  type MetricNameLimit,
  type ReadingWriter,
  type Retention,
} from '@sensorflow/sensor-data';
import type { RecordBlock } from '../text/csv-record.js';
import { RowReader } from '../grammar/csv-row.js';
import { ErrorReport } from './error-report.js';
import { readColumns } from '../grammar/file-columns.js';
import { FileFault } from '../file-fault.js';
import type { ImportLimits } from './import-limits.js';
import { ImportProgress, LeaseLost } from './import-progress.js';
import type { ImportQueue } from './import-queue.js';
import type { FileDialect, FinalStatus, RowCounts } from './import-record.js';
import type { ImportStore } from './import-store.js';
import { openRows, type ImportedFile } from './open-rows.js';
import { splitRecords } from '../text/record-splitter.js';
import { RowWriter, type JudgedBlock } from './row-writer.js';
import { TimeSlice } from './time-slice.js';
import type { UploadStorage } from './upload-storage.js';
import { WriteWindow } from './write-window.js';

export interface ImportPorts {
  readonly imports: ImportStore;
  readonly storage: UploadStorage;
  readonly readings: Pick<ReadingWriter, 'writeBlocks'>;
  readonly queue: ImportQueue;
  readonly clock: Clock;
  readonly retention: Retention;
  readonly names: MetricNameLimit;
}

/** What a run is allowed: its lease, and how long it may work. */
export interface RunGrant {
  readonly token: string;
  readonly remainingMs: () => number;
}

/** Imports of earlier versions share one budget of new metric names. */
const UNKNOWN_CREATOR = 'importer';

/** `turn-over`: others wait. */
type Handover = 'out-of-time' | 'turn-over';
type Ending = Fault | 'complete' | Handover;

/** One run over one file, from its checkpoint to the file's end or to the end of its time. */
export class ImportRun {
  private readonly progress: ImportProgress;
  private readonly slice: TimeSlice;

  constructor(
    private readonly file: ImportedFile,
    private readonly grant: RunGrant,
    private readonly ports: ImportPorts,
    private readonly limits: ImportLimits,
  ) {
    this.progress = new ImportProgress(file.record, grant.token, ports, limits);
    this.slice = new TimeSlice(limits.sliceMs, ports.queue, ports.clock);
  }

  /** Throws LeaseLost, and DomainError `unavailable` when a later run should try again. */
  async run(): Promise<'finished' | 'handed-over'> {
    const ending = await this.importRows();
    if (ending === 'out-of-time') return this.handOver();
    if (ending === 'turn-over') return this.handOver(this.limits.turnPauseSeconds);
    await this.progress.save();
    const { rows } = this.progress.checkpoint;
    if (rows.rejected > 0 && this.isOutOfTime()) return this.handOver();
    await this.finish(ending);
    return 'finished';
  }

  /** Ends at the end of the file, with the file's fault, or when the run's turn is over. */
  private async importRows(): Promise<Ending> {
    const window = new WriteWindow(this.limits.maxBlocks);
    try {
      const ending = await this.writeRows(window);
      await window.drained();
      return ending;
    } catch (error) {
      // What stands in front of the fault is imported, and a run that ends has nothing on its way.
      await window.drained();
      if (error instanceof FileFault) return { code: error.code, detail: error.message };
      throw error;
    }
  }

  private async writeRows(window: WriteWindow): Promise<'complete' | Handover> {
    const rows = await openRows(this.file, this.progress.checkpoint, this.ports);
    const { delimiter } = rows.dialect;
    const writer = this.writerFor(rows.dialect);
    this.progress.startRows(rows.dialect, rows.place);
    const pieces = rows.pieces(this.limits.pieceBytes);
    for await (const block of splitRecords(pieces, rows.place, delimiter, this.limits)) {
      const judged = await this.judge(block, writer, window);
      if (typeof judged === 'string') return judged;
      const bytesProcessed = rows.processed(block.next);
      await window.begin(async (before) => {
        const result = await writer.write(judged, before);
        this.progress.advance(result, block.next, bytesProcessed);
        if (this.progress.isSaveDue()) await this.progress.save();
      });
      if (this.isOutOfTime()) return 'out-of-time';
      if (await this.slice.isOver()) return 'turn-over';
    }
    return 'complete';
  }

  /** Waits while the creator brings too many new metric names at a time, like every other caller. */
  private async judge(
    block: RecordBlock,
    writer: RowWriter,
    window: WriteWindow,
  ): Promise<JudgedBlock | Handover> {
    for (;;) {
      if (this.progress.isLeaseDoubtful()) await this.assureLease(window);
      const judged = await writer.judge(block);
      if (!('waitMs' in judged)) return judged;
      if (this.isOutOfTime()) return 'out-of-time';
      if (await this.slice.isOver()) return 'turn-over';
      await this.ports.clock.sleep(Math.min(judged.waitMs, this.limits.checkpointMs));
    }
  }

  /** The file may have stood still for long: does this run still hold the import, and do others see that? */
  private async assureLease(window: WriteWindow): Promise<void> {
    // What is on its way saves too, and two at once would overlap.
    await window.drained();
    await this.progress.save();
  }

  private writerFor(dialect: FileDialect): RowWriter {
    const { options, createdBy } = this.file.record;
    const columns = readColumns(dialect.headerText, dialect.delimiter, options);
    const context = {
      delimiter: dialect.delimiter,
      reader: new RowReader(columns, options, this.ports.retention),
      names: this.ports.names,
      callerId: createdBy?.subject ?? UNKNOWN_CREATOR,
      report: reportOf(dialect, columns.names),
      sealer: this.sealer(),
      dryRun: options.dryRun,
    };
    return new RowWriter(context, this.ports.readings, this.ports.clock, () =>
      this.progress.save(),
    );
  }

  private sealer(): ImportSealer {
    const { uploadId, createdBy, startedAt, runs } = this.file.record;
    if (startedAt === undefined) throw new Error('a run without a start');
    const identity = { importId: uploadId, by: createdBy?.subject, startedAt, run: runs };
    return new ImportSealer(identity, (hour) => this.ports.retention.expiresAtEpochSeconds(hour));
  }

  private isOutOfTime(): boolean {
    return this.grant.remainingMs() < this.limits.handoverMs;
  }

  /** Released before the next run can begin, which would wait for a lease that is still held. */
  private async handOver(delaySeconds = 0): Promise<'handed-over'> {
    const { uploadId } = this.file.record;
    await this.progress.save();
    await this.ports.imports.release(uploadId, this.grant.token);
    await this.ports.queue.continueImport(uploadId, delaySeconds);
    return 'handed-over';
  }

  private async finish(ending: Exclude<Ending, Handover>): Promise<void> {
    const { record, object } = this.file;
    const { checkpoint } = this.progress;
    if (checkpoint.rows.rejected > 0) await this.assembleReport();
    const failure = ending === 'complete' ? noValidRow(checkpoint.rows) : ending;
    const finished = await this.ports.imports.finish(record.uploadId, this.grant.token, {
      status: finalStatus(failure, checkpoint.rows),
      failure,
      finishedAt: instantFromEpochMs(this.ports.clock.nowEpochMs()),
      checkpoint:
        ending === 'complete' ? { ...checkpoint, bytesProcessed: object.bytes } : checkpoint,
    });
    if (!finished) throw new LeaseLost('another run took the import over');
    await this.deleteReportParts();
  }

  private async assembleReport(): Promise<void> {
    const { dialect, report } = this.progress.checkpoint;
    if (!dialect) throw new Error('rows without a header');
    const { options, uploadId } = this.file.record;
    const { names } = readColumns(dialect.headerText, dialect.delimiter, options);
    const text = reportOf(dialect, names);
    const tail = text.tail(report.unlisted);
    await this.ports.storage.assembleReport(uploadId, text.head(), report, tail);
  }

  /** The import is finished either way; parts that stay behind cost a little storage. */
  private async deleteReportParts(): Promise<void> {
    const { parts } = this.progress.checkpoint.report;
    if (parts.length === 0) return;
    await this.ports.storage
      .deleteReportParts(this.file.record.uploadId, parts)
      .catch(() => undefined);
  }
}

function reportOf({ delimiter }: FileDialect, names: readonly string[]): ErrorReport {
  return new ErrorReport(names, delimiter);
}

function noValidRow({ total, accepted }: RowCounts): Fault | undefined {
  return total > 0 && accepted === 0
    ? { code: 'no-valid-row', detail: 'No row of the file is a valid reading.' }
    : undefined;
}

function finalStatus(failure: Fault | undefined, { rejected }: RowCounts): FinalStatus {
  if (failure) return 'failed';
  return rejected > 0 ? 'completed-with-errors' : 'completed';
}
