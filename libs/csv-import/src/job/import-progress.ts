import type { Clock } from '@sensorflow/kernel';
import type { ColumnFormatsState } from '../grammar/column-formats.js';
import type { CellCounts } from '../grammar/judged-rows.js';
import { stateOfMade } from '../grammar/written-metrics.js';
import type { TextPlace } from '../text/csv-record.js';
import { nextPart, withPart } from './error-report.js';
import type { FileContents } from './file-contents.js';
import type { ImportLimits } from './import-limits.js';
import type {
  FileDialect,
  ImportCheckpoint,
  ImportRecord,
  ManifestProgress,
  RecomputationProgress,
} from './import-record.js';
import type { ImportStore } from './import-store.js';
import type { UploadStorage } from './upload-storage.js';

/** Another run holds the import now; this one must not write anything any more. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

/** What a block of rows came to. */
export interface BlockResult {
  readonly accepted: number;
  readonly rejected: number;
  readonly cells: CellCounts;
  /** Its lines, in the order of the file. */
  readonly report: readonly string[];
}

/** How far the file is read. */
export interface ReadUpTo {
  readonly place: TextPlace;
  readonly bytesProcessed: number;
  /** Of the reader of timestamps. */
  readonly timeState: string;
  readonly isUnderOtherHeader: boolean;
  /** Of a long file. */
  readonly writtenMetrics: string;
  /** Of a dry run. */
  readonly columnFormats: ColumnFormatsState | undefined;
}

/** How far a run has come, and how much of that is safe. */
export class ImportProgress {
  checkpoint: ImportCheckpoint;
  private savedAtEpochMs: number;
  private unsavedReport: string[] = [];
  private unsavedReportBytes = 0;
  private saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly record: ImportRecord,
    private readonly token: string,
    private readonly ports: {
      readonly imports: ImportStore;
      readonly storage: UploadStorage;
      readonly clock: Clock;
    },
    private readonly limits: ImportLimits,
  ) {
    this.checkpoint = record.checkpoint;
    this.savedAtEpochMs = ports.clock.nowEpochMs();
  }

  startRows(dialect: FileDialect, { offset, line }: TextPlace): void {
    this.checkpoint = { ...this.checkpoint, dialect, offset, line };
  }

  /** Only for rows whose readings are confirmed. */
  advance(result: BlockResult, upTo: ReadUpTo): void {
    const { place, bytesProcessed, timeState, isUnderOtherHeader } = upTo;
    const { writtenMetrics, columnFormats } = upTo;
    const { accepted, rejected, cells: added, report } = result;
    const { rows, cells } = this.checkpoint;
    this.checkpoint = {
      ...this.checkpoint,
      offset: place.offset,
      line: place.line,
      timeState,
      isUnderOtherHeader,
      writtenMetrics,
      columnFormats,
      bytesProcessed,
      rows: {
        total: rows.total + accepted + rejected,
        accepted: rows.accepted + accepted,
        rejected: rows.rejected + rejected,
      },
      cells: {
        accepted: cells.accepted + added.accepted,
        rejected: cells.rejected + added.rejected,
        missing: cells.missing + added.missing,
      },
    };
    for (const line of report) this.list(line);
  }

  /** Of the rows that were advanced over. */
  noteContents(contents: FileContents): void {
    this.checkpoint = { ...this.checkpoint, contents };
  }

  /** All rows are confirmed. `bytesProcessed` of a file that was read to its end are all it has. */
  endRows(recomputation: RecomputationProgress, bytesProcessed: number): void {
    // Nobody reads on: a list of imports need not carry it.
    const contents = { ...this.checkpoint.contents, lastRows: undefined };
    const writtenMetrics = stateOfMade(this.checkpoint.writtenMetrics);
    const ended = { contents, writtenMetrics, recomputation, bytesProcessed };
    this.checkpoint = { ...this.checkpoint, ...ended };
  }

  advanceHours(to: ManifestProgress): void {
    const { recomputation } = this.checkpoint;
    if (!recomputation) throw new Error('rows are still to be read');
    this.checkpoint = { ...this.checkpoint, recomputation: { ...recomputation, ...to } };
  }

  private list(line: string): void {
    const { report } = this.checkpoint;
    const bytes = Buffer.byteLength(line);
    const listed = report.bytes + this.unsavedReportBytes + bytes;
    if (report.unlisted > 0 || listed > this.limits.maxReportBytes) {
      const unlisted = report.unlisted + 1;
      this.checkpoint = { ...this.checkpoint, report: { ...report, unlisted } };
      return;
    }
    this.unsavedReport.push(line);
    this.unsavedReportBytes += bytes;
  }

  isSaveDue(): boolean {
    return (
      this.sinceSavedMs() >= this.limits.checkpointMs ||
      this.unsavedReportBytes >= this.limits.maxReportPartBytes
    );
  }

  /** Whether the lease was not seen for so long that another run may hold the import by now. */
  isLeaseDoubtful(): boolean {
    return this.sinceSavedMs() >= this.limits.leaseMs;
  }

  private sinceSavedMs(): number {
    return this.ports.clock.nowEpochMs() - this.savedAtEpochMs;
  }

  /**
   * Saves what is confirmed now. Whoever reads and whoever writes may ask at the same time: they take turns,
   * and behind one that failed nothing is saved any more. Throws LeaseLost.
   */
  save(): Promise<void> {
    this.saving = this.saving.then(() => this.saveNow());
    return this.saving;
  }

  /** The report's part first: a checkpoint never speaks of a part that is not there. */
  private async saveNow(): Promise<void> {
    const { imports, clock } = this.ports;
    const nowEpochMs = clock.nowEpochMs();
    const { uploadId } = this.record;
    const part = this.takeReportPart();
    // What is confirmed meanwhile has its lines in the next part.
    const { checkpoint } = this;
    if (part) await this.ports.storage.putReportPart(uploadId, this.record.runs, ...part);
    if (!(await imports.saveCheckpoint(uploadId, this.token, checkpoint, nowEpochMs))) {
      throw new LeaseLost('another run took the import over');
    }
    this.savedAtEpochMs = nowEpochMs;
  }

  /** Number and text of the next part; undefined when there is nothing to report. */
  private takeReportPart(): readonly [number, string] | undefined {
    if (this.unsavedReport.length === 0) return undefined;
    const { runs: run } = this.record;
    const { report } = this.checkpoint;
    const text = this.unsavedReport.join('');
    this.checkpoint = {
      ...this.checkpoint,
      report: withPart(report, run, this.unsavedReportBytes),
    };
    this.unsavedReport = [];
    this.unsavedReportBytes = 0;
    return [nextPart(report, run), text];
  }
}
