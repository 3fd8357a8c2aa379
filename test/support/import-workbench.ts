import {
  CsvImporter,
  DEFAULT_OPTIONS,
  FairImporter,
  HourRecomputation,
  IMPORT_LIMITS,
  ImportQueue,
  ImportUndoer,
  NOT_UPLOADED,
  type ImportCreator,
  type ImportedHour,
  type ImportLimits,
  type ImportOptions,
  type ImportPorts,
  type ImportRecord,
  type RunOutcome,
  type RunRequest,
  type UndoPorts,
} from '@sensorflow/csv-import';
import { instantFromEpochMs } from '@sensorflow/kernel';
import {
  GroupCommit,
  LogReadingStore,
  Retention,
  type StoredReading,
} from '@sensorflow/sensor-data';
import Papa from 'papaparse';
import { FixedClock } from './fixed-clock.js';
import { InMemoryImportManifest } from './in-memory-import-manifest.js';
import { InMemoryImportQuotas } from './in-memory-import-quotas.js';
import { InMemoryImportStore } from './in-memory-import-store.js';
import { aNameLimit } from './in-memory-metric-names.js';
import { InMemoryBlockStore } from './in-memory-block-store.js';
import { InMemoryUploadStorage } from './in-memory-upload-storage.js';

export const ALL_THE_TIME = (): number => 900_000;

export interface UploadedFile {
  readonly fileName?: string;
  readonly options?: Partial<ImportOptions>;
  /** `ada` unless said; `null` for an import of an earlier version. */
  readonly createdBy?: string | null;
  readonly equipmentEntries?: readonly string[];
}

/** Keeps continuations until a test delivers them. */
export class InMemoryImportQueue extends ImportQueue {
  readonly continued: string[] = [];
  readonly delays: number[] = [];
  readonly retries: { readonly receiptHandle: string; readonly seconds: number }[] = [];
  /** Whether messages of other imports wait. */
  othersWait = false;

  override async continueImport(uploadId: string, delaySeconds = 0): Promise<void> {
    await Promise.resolve();
    this.continued.push(uploadId);
    this.delays.push(delaySeconds);
  }

  override async hasWaiting(): Promise<boolean> {
    await Promise.resolve();
    return this.othersWait;
  }

  override async retryAfter(receiptHandle: string, seconds: number): Promise<void> {
    await Promise.resolve();
    this.retries.push({ receiptHandle, seconds });
  }
}

/** Remembers the hours that were recomputed, in place of the aggregates. */
export class RecordedRecomputation extends HourRecomputation {
  readonly recomputed: string[] = [];

  override async recompute(hours: readonly ImportedHour[]): Promise<number> {
    await Promise.resolve();
    this.recomputed.push(...hours.map(({ equipmentId, hour }) => `${equipmentId} ${hour}`));
    return 0;
  }
}

/** Everything an import touches, in memory, and the importer on top of it. */
export class ImportWorkbench {
  readonly clock = new FixedClock();
  readonly imports = new InMemoryImportStore();
  readonly manifest = new InMemoryImportManifest();
  readonly quotas = new InMemoryImportQuotas();
  readonly storage = new InMemoryUploadStorage();
  readonly store = new InMemoryBlockStore();
  readonly queue = new InMemoryImportQueue();
  readonly writer = new GroupCommit(this.store, this.clock);
  readonly aggregates = new RecordedRecomputation();
  readonly ports: ImportPorts = {
    imports: this.imports,
    storage: this.storage,
    readings: this.writer,
    queue: this.queue,
    clock: this.clock,
    retention: Retention.FOREVER,
    names: aNameLimit(this.clock),
    manifest: this.manifest,
    aggregates: this.aggregates,
  };
  private uploads = 0;

  /** An import whose file was just uploaded, and what S3's event says of it. */
  async upload(file: Buffer | string, words: UploadedFile = {}): Promise<RunRequest> {
    this.uploads += 1;
    const uploadId = `00000000-0000-7000-8000-${String(this.uploads).padStart(12, '0')}`;
    const bytes = Buffer.from(file);
    await this.imports.create({
      uploadId,
      createdBy: creatorOf(words),
      equipmentEntries: words.equipmentEntries,
      fileName: words.fileName ?? 'readings.csv',
      declaredBytes: bytes.length,
      options: { ...DEFAULT_OPTIONS, ...words.options },
      createdAt: instantFromEpochMs(this.clock.nowEpochMs()),
      uploadExpiresAtEpochMs: this.clock.nowEpochMs() + 900_000,
      ...NOT_UPLOADED,
    });
    const etag = this.storage.put(uploadId, bytes);
    return { uploadId, messageId: 'message-1', object: { etag, bytes: bytes.length } };
  }

  /** The importer as the function runs it: one import of each caller at a time. */
  fairImporter(limits: Partial<ImportLimits> = {}, ports: Partial<ImportPorts> = {}): FairImporter {
    const importer = this.importer(limits, ports);
    return new FairImporter(importer, this.undoer(), { ...this.ports, quotas: this.quotas }, 1);
  }

  importer(limits: Partial<ImportLimits> = {}, ports: Partial<ImportPorts> = {}): CsvImporter {
    return new CsvImporter({ ...this.ports, ...ports }, { ...IMPORT_LIMITS, ...limits });
  }

  /** What takes imports back; hours count as recomputed once they are in `recomputed`. */
  undoer(ports: Partial<UndoPorts> = {}, limits: Partial<ImportLimits> = {}): ImportUndoer {
    return new ImportUndoer({ ...this.ports, ...ports }, { ...IMPORT_LIMITS, ...limits });
  }

  async beginUndo(uploadId: string, by = 'ann'): Promise<RunRequest> {
    await this.imports.beginUndo(uploadId, by, this.clock.nowEpochMs());
    return this.continuation(uploadId);
  }

  continuation(uploadId: string, messageId = 'message-of-undo'): RunRequest {
    return { uploadId, messageId, object: undefined };
  }

  async run(request: RunRequest, limits: Partial<ImportLimits> = {}): Promise<RunOutcome> {
    return this.importer(limits).run(request, ALL_THE_TIME);
  }

  async record(uploadId: string): Promise<ImportRecord> {
    const record = await this.imports.find(uploadId);
    if (!record) throw new Error(`there is no import ${uploadId}`);
    return record;
  }

  async importFile(file: Buffer | string, words: UploadedFile = {}): Promise<ImportRecord> {
    const request = await this.upload(file, words);
    await this.run(request);
    return this.record(request.uploadId);
  }

  /** The rows of the error report as text, without its header. */
  reportRows(uploadId: string, delimiter = ','): readonly (readonly string[])[] {
    const report = this.storage.reports.get(uploadId);
    if (report === undefined) return [];
    const parsed = Papa.parse<string[]>(report.trimEnd(), { delimiter });
    if (parsed.errors.length > 0) throw new Error('the report is no CSV');
    return parsed.data.slice(1);
  }

  /** `equipmentId timestamp metric=value …` of everything that stands, without the receipt. */
  async readings(): Promise<readonly string[]> {
    return (await this.stored()).map(inWords);
  }

  async stored(): Promise<readonly StoredReading[]> {
    const log = new LogReadingStore(this.store, Retention.FOREVER, this.clock);
    const stored: StoredReading[] = [];
    const ids = (await Array.fromAsync(this.store.scanEquipment())).flat();
    for (const id of ids.sort()) {
      for await (const part of log.scanRange(id, ...EVER)) stored.push(...part);
    }
    return stored;
  }
}

const EVER = [
  instantFromEpochMs(0),
  instantFromEpochMs(Date.parse('9999-12-31T23:59:59.999Z')),
] as const;

function creatorOf({ createdBy = 'ada' }: UploadedFile): ImportCreator | undefined {
  return createdBy === null ? undefined : { subject: `subject-of-${createdBy}`, name: createdBy };
}

function inWords({ equipmentId, timestamp, values }: StoredReading): string {
  const metrics = [...values].map(([name, value]) => `${name}=${value}`);
  return [equipmentId, timestamp, ...metrics].join(' ');
}
