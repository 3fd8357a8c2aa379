import { EquipmentRestriction } from '@sensorflow/auth';
import { DomainError, type Clock, type Fault } from '@sensorflow/kernel';
import {
  ImportSealer,
  RowTable,
  type MetricNameLimit,
  type ReadingWriter,
  type Retention,
} from '@sensorflow/sensor-data';
import { ColumnFormats } from '../grammar/column-formats.js';
import { lastUnitsLine } from '../grammar/csv-row.js';
import { MAX_EQUIPMENT } from '../grammar/equipment-table.js';
import { FileFault } from '../file-fault.js';
import { metricsPerRow, readColumns, type FileColumns } from '../grammar/file-columns.js';
import { headerTaken } from '../grammar/file-header.js';
import { timestampsOf } from '../grammar/file-timestamps.js';
import { MAX_LONG_METRICS } from '../grammar/metric-table.js';
import { MissingCells } from '../grammar/missing-cells.js';
import { RowParser } from '../grammar/row-parser.js';
import { WrittenMetrics } from '../grammar/written-metrics.js';
import { CsvPreviews, type CsvPreview } from '../preview/csv-preview.js';
import { NO_VALID_ROW, noValidRow } from '../preview/no-valid-row.js';
import { BatchPace } from './batch-pace.js';
import { BatchReader, type Handover } from './batch-reader.js';
import { BatchWriter } from './batch-writer.js';
import { ContentsReader } from './contents-reader.js';
import { finishImport } from './finish-import.js';
import { EquipmentAdmission } from './equipment-admission.js';
import { reportOf } from './error-report.js';
import { stepMs, type ImportLimits } from './import-limits.js';
import { ImportProgress, LeaseLost } from './import-progress.js';
import type { ImportQueue } from './import-queue.js';
import { hasFaults, MANIFEST_START, type FileDialect } from './import-record.js';
import type { ImportStore } from './import-store.js';
import { NameAdmission } from './name-admission.js';
import { previewOfImport } from './preview-of-import.js';
import { openRows, type ImportedFile, type OpenRows } from './open-rows.js';
import type { RunGrant } from './leased-runs.js';
import { recomputeHours } from './recompute-hours.js';
import { rowsAsWritten } from './rows-as-written.js';
import { TimeSlice } from './time-slice.js';
import type { HourRecomputation } from '../undo/hour-recomputation.js';
import type { ImportManifest } from '../undo/import-manifest.js';
import { ManifestWriter } from '../undo/manifest-writer.js';
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
  readonly manifest: ImportManifest;
  readonly aggregates: HourRecomputation;
}

/** Imports of earlier versions share one budget of new metric names. */
const UNKNOWN_CREATOR = 'importer';

type Ending = Fault | 'complete' | Handover;

/**
 * One run over one file, from its checkpoint to the file's end or to the end of its time. Behind the rows, the
 * hours are recomputed into which they were written.
 */
export class ImportRun {
  private readonly progress: ImportProgress;
  private readonly slice: TimeSlice;
  private readonly contents: ContentsReader;

  constructor(
    private readonly file: ImportedFile,
    private readonly grant: RunGrant,
    private readonly ports: ImportPorts,
    private readonly limits: ImportLimits,
  ) {
    this.progress = new ImportProgress(file.record, grant.token, ports, limits);
    this.contents = new ContentsReader(file.record.checkpoint.contents);
    this.slice = new TimeSlice(limits.sliceMs, ports.queue, ports.clock);
  }

  /** Throws LeaseLost, and DomainError `unavailable` when a later run should try again. */
  async run(): Promise<'finished' | 'handed-over'> {
    const handover = (await this.readRows()) ?? (await this.recompute());
    if (handover === 'turn-over') return this.handOver(this.limits.turnPauseSeconds);
    const { checkpoint } = this.progress;
    if (handover || (hasFaults(checkpoint) && this.isOutOfTime())) return this.handOver();
    await finishImport(this.file.record, this.grant.token, checkpoint, this.ports);
    return 'finished';
  }

  /** Undefined once the checkpoint says that all rows are read. */
  private async readRows(): Promise<Handover | undefined> {
    if (this.progress.checkpoint.recomputation) return undefined;
    const ending = await this.importRows();
    if (ending === 'out-of-time' || ending === 'turn-over') return ending;
    const isComplete = ending === 'complete';
    const last = await this.ports.manifest.last(this.file.record.uploadId);
    const recomputation = {
      ...MANIFEST_START,
      startedAtEpochMs: this.ports.clock.nowEpochMs(),
      totalHours: last?.totalHours ?? 0,
      failure: isComplete ? await this.noValidRow() : ending,
    };
    const { bytesProcessed } = this.progress.checkpoint;
    this.progress.endRows(recomputation, isComplete ? this.file.object.bytes : bytesProcessed);
    await this.progress.save();
    return undefined;
  }

  /** Of a file without any. Its beginning is looked at once more, for what would help. */
  private async noValidRow(): Promise<Fault | undefined> {
    const { total, accepted } = this.progress.checkpoint.rows;
    if (total === 0 || accepted > 0) return undefined;
    try {
      return noValidRow(await this.previewed());
    } catch (error) {
      // Why there is none stands in the error report too.
      if (error instanceof DomainError) return NO_VALID_ROW;
      throw error;
    }
  }

  private async previewed(): Promise<CsvPreview> {
    const { storage, clock, retention } = this.ports;
    const { record, object } = this.file;
    const previews = new CsvPreviews(clock, retention);
    return previewOfImport(record, object.etag, this.progress.checkpoint, { storage, previews });
  }

  /** Of a dry run: the formats that the file's first timestamps can have, or those that are left of them. */
  private async columnFormats(): Promise<ColumnFormats | undefined> {
    const { dryRun, decimal } = this.file.record.options;
    if (!dryRun) return undefined;
    const known = this.progress.checkpoint.columnFormats ?? {
      possible: (await this.previewed()).timestampFormats,
      ruledOut: [],
    };
    return new ColumnFormats(known, this.ports.clock.nowEpochMs(), decimal);
  }

  private async recompute(): Promise<Handover | undefined> {
    const { clock } = this.ports;
    const { remainingMs } = this.grant;
    const outcome = await recomputeHours(this.file.record.uploadId, this.progress, this.ports, {
      handover: () => this.handover(),
      stepDeadlineEpochMs: () => clock.nowEpochMs() + stepMs(remainingMs(), this.limits),
    });
    return outcome === 'recomputed' ? undefined : outcome;
  }

  /** Ends at the end of the file, with the file's fault, or when the run's turn is over. */
  private async importRows(): Promise<Ending> {
    try {
      const columnFormats = await this.columnFormats();
      const rows = await openRows(this.file, this.progress.checkpoint, this.ports);
      return await this.importOpened(rows, columnFormats);
    } catch (error) {
      if (error instanceof FileFault) return { code: error.code, detail: error.message };
      throw error;
    }
  }

  private async importOpened(
    rows: OpenRows,
    columnFormats: ColumnFormats | undefined,
  ): Promise<'complete' | Handover> {
    this.progress.startRows(rows.dialect, rows.place);
    const columns = this.columnsOf(rows.dialect);
    const pace = new BatchPace(this.limits.batchMs);
    const writer = this.writerOf(rows.dialect, columns, pace);
    const reader = this.readerOf(rows, columns, pace, columnFormats);
    try {
      return await this.importBatches(reader, writer, this.tableFor(columns));
    } finally {
      // What stands in front of a fault is imported, and a run that ends has nothing on its way.
      try {
        await writer.drained();
      } finally {
        await reader.close();
      }
    }
  }

  /** One batch is read while the one before is being written; what an import holds is what these two hold. */
  private async importBatches(
    reader: BatchReader,
    writer: BatchWriter,
    newTable: () => RowTable,
  ): Promise<'complete' | Handover> {
    const tables: RowTable[] = [];
    const confirmed: Promise<void>[] = [];
    for (let turn = 0; ; turn = 1 - turn) {
      await confirmed[turn];
      const batch = reader.open((tables[turn] ??= newTable()));
      try {
        const ending = await reader.fill(batch);
        confirmed[turn] = writer.write(batch);
        if (ending !== 'full') return ending;
      } catch (error) {
        if (!(error instanceof LeaseLost)) confirmed[turn] = writer.write(batch);
        throw error;
      }
    }
  }

  private tableFor(columns: FileColumns): () => RowTable {
    const { maxBatchRows, maxBatchValues } = this.limits;
    const metrics = metricsPerRow(columns);
    const rows = Math.min(maxBatchRows, Math.floor(maxBatchValues / metrics));
    return () => new RowTable({ rows, metrics, equipment: MAX_EQUIPMENT });
  }

  private readerOf(
    rows: OpenRows,
    columns: FileColumns,
    pace: BatchPace,
    columnFormats: ColumnFormats | undefined,
  ): BatchReader {
    const { options } = this.file.record;
    const { names, retention, clock } = this.ports;
    const { limits, callerId } = this;
    const maxMetrics = columns.long ? MAX_LONG_METRICS : columns.metrics.length;
    const admission = new NameAdmission(names, callerId, maxMetrics);
    const { timeState, isUnderOtherHeader, writtenMetrics } = this.progress.checkpoint;
    const grammar = {
      columns,
      delimiter: rows.dialect.delimiter,
      decimal: options.decimal,
      missing: new MissingCells(options.missing),
      timestamps: timestampsOf(options, retention, timeState),
      writtenMetrics: new WrittenMetrics(writtenMetrics),
      columnFormats,
      isUnderOtherHeader: rows.dialect.headerLine === 0 ? undefined : isUnderOtherHeader,
      lastUnitsLine: lastUnitsLine(rows.dialect.headerLine),
      areTimestampsIndependent: options.repeatedHour !== 'in-order',
      ...limits,
    };
    const { restriction } = this;
    const check = restriction ? new EquipmentAdmission(restriction, admission) : admission;
    const parser = new RowParser(grammar, check, rows.place);
    const report = reportOf(rows.dialect, columns.names);
    return new BatchReader(
      {
        rows,
        columns,
        parser,
        names,
        admission,
        restriction,
        callerId,
        report,
        clock,
        limits,
        pace,
      },
      {
        assertLease: async () => {
          // The file may have stood still for long: does this run still hold the import, and do others see that?
          if (this.progress.isLeaseDoubtful()) await this.progress.save();
        },
        handover: () => this.handover(),
      },
    );
  }

  private writerOf(dialect: FileDialect, columns: FileColumns, pace: BatchPace): BatchWriter {
    const { options } = this.file.record;
    const context = {
      readings: this.ports.readings,
      callerId: this.callerId,
      sealer: this.sealer(),
      manifest: new ManifestWriter(
        this.ports.manifest,
        this.file.record.uploadId,
        this.grant.token,
      ),
      // Batches are confirmed in their order: the checkpoint stands in front of the next one.
      rowsAsWritten: (lines: ReadonlySet<number>) =>
        rowsAsWritten(this.file, this.progress.checkpoint, lines, this.ports, this.limits),
      report: reportOf(dialect, columns.names),
      dryRun: options.dryRun,
      clock: this.ports.clock,
    };
    return new BatchWriter(context, new WriteWindow(this.limits.maxCalls), pace, {
      assertLease: () => this.progress.save(),
      confirmed: async ({ upTo, rows: { table, equipment, metrics } }, result, refused) => {
        if (upTo) {
          this.progress.advance(result, upTo);

          const names = { equipmentIds: equipment.ids, metrics: metrics.names };
          this.contents.add({ ...names, table, end: upTo.readings, refused });
          this.progress.noteContents(this.contents.contents);
        }
        if (this.progress.isSaveDue()) await this.progress.save();
      },
    });
  }

  private get callerId(): string {
    return this.file.record.createdBy?.subject ?? UNKNOWN_CREATOR;
  }

  private get restriction(): EquipmentRestriction | undefined {
    const { equipmentEntries } = this.file.record;
    return equipmentEntries && new EquipmentRestriction(equipmentEntries);
  }

  private columnsOf({ headerText: text, headerLine: line, delimiter }: FileDialect): FileColumns {
    const taken = line === 0 ? '' : headerTaken({ line, text });
    return readColumns(text, delimiter, this.file.record.options, taken);
  }

  private sealer(): ImportSealer {
    const { uploadId, createdBy, startedAt, runs } = this.file.record;
    if (startedAt === undefined) throw new Error('a run without a start');
    const identity = { importId: uploadId, by: createdBy?.subject, startedAt, run: runs };
    return new ImportSealer(identity, (hour) => this.ports.retention.expiresAtEpochSeconds(hour));
  }

  private async handover(): Promise<Handover | undefined> {
    if (this.isOutOfTime()) return 'out-of-time';
    return (await this.slice.isOver()) ? 'turn-over' : undefined;
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
}
