import {
  DomainError,
  instantFromEpochMs,
  parseInstant,
  type Clock,
  type Instant,
} from '@sensorflow/kernel';
import { undoneMark, type ReadingWriter, type Retention } from '@sensorflow/sensor-data';
import type { ImportQueue } from '../job/import-queue.js';
import type { ImportRecord, UndoProgress } from '../job/import-record.js';
import type { ImportStore } from '../job/import-store.js';
import type { HourRecomputation } from './hour-recomputation.js';
import type { Fence, HoursPart, ImportedHour, ImportManifest } from './import-manifest.js';

export interface UndoPorts {
  readonly imports: ImportStore;
  readonly manifest: ImportManifest;
  readonly readings: Pick<ReadingWriter, 'writeBlocks'>;
  readonly aggregates: HourRecomputation;
  readonly queue: Pick<ImportQueue, 'continueImport'>;
  readonly clock: Clock;
  readonly retention: Retention;
}

export type UndoOutcome = 'undone' | 'handed-over' | 'nothing-to-undo';

/** Hours that are marked and recomputed together. */
const HOURS_AT_A_TIME = 100;
/** The writer repeats each call for two seconds at least. */
const MAX_CALLS_IN_VAIN = 15;

/**
 * Takes back what an import brought: writes into each hour that its manifest names the mark that the
 * import is undone, and has the hour recomputed. The import's blocks stay where they are until they
 * expire; the mark hides them, and those that a late attempt of the import still brings.
 *
 * Safe to run any number of times, also at once, and to be killed at any moment: it goes on with the part
 * of the manifest in which it stood.
 */
export class ImportUndoer {
  constructor(
    private readonly ports: UndoPorts,
    private readonly handoverMs: number,
  ) {}

  /**
   * Works until the import is `undone` or `remainingMs()` falls below the limit; then a fresh message does
   * the rest. Throws DomainError `unavailable` when the delivery should be repeated.
   */
  async run(uploadId: string, remainingMs: () => number): Promise<UndoOutcome> {
    const record = await this.ports.imports.find(uploadId);
    if (record?.status !== 'undoing' || !record.undo) return 'nothing-to-undo';
    const fence = await this.fence(uploadId);
    let progress: UndoProgress = { ...record.undo, totalHours: fence.totalHours };
    await this.ports.imports.saveUndo(uploadId, progress);
    for await (const part of this.ports.manifest.parts(uploadId, progress.nextPart)) {
      if (part.kind === 'fence') break;
      const sealed = await this.takeBack(record, part, remainingMs);
      if (sealed === 'out-of-time') return this.handOver(uploadId);
      progress = afterPart(progress, part, sealed);
      await this.ports.imports.saveUndo(uploadId, progress);
    }
    const finishedAt = instantFromEpochMs(this.ports.clock.nowEpochMs());
    await this.ports.imports.finishUndo(uploadId, finishedAt);
    return 'undone';
  }

  /** From then on no run can name another hour, and so write into one. */
  private async fence(uploadId: string): Promise<Fence> {
    const { manifest } = this.ports;
    let last = await manifest.last(uploadId);
    while (last?.kind !== 'fence') {
      const { number = 0, totalHours = 0 } = last ?? {};
      last = await manifest.create(uploadId, { kind: 'fence', number: number + 1, totalHours });
    }
    return last;
  }

  /** Answers how many hours are sealed. */
  private async takeBack(
    record: ImportRecord,
    { hours }: HoursPart,
    remainingMs: () => number,
  ): Promise<number | 'out-of-time'> {
    let sealed = 0;
    for (let from = 0; from < hours.length; from += HOURS_AT_A_TIME) {
      const leftMs = remainingMs() - this.handoverMs;
      if (leftMs < 0) return 'out-of-time';
      const some = hours.slice(from, from + HOURS_AT_A_TIME);
      const open = some.filter(({ hour }) => !this.isSealed(hour));
      await this.mark(record, open);
      const deadline = this.ports.clock.nowEpochMs() + leftMs;
      sealed += some.length - open.length;
      if (open.length > 0) sealed += await this.ports.aggregates.recompute(open, deadline);
    }
    return sealed;
  }

  private isSealed(hour: string): boolean {
    return this.ports.retention.isSealed(startOf(hour), this.ports.clock.nowEpochMs());
  }

  private async mark(
    { uploadId, undo }: ImportRecord,
    hours: readonly ImportedHour[],
  ): Promise<void> {
    const by = undo?.by ?? '';
    const marks = hours.map(({ equipmentId, hour }) => {
      const expiresAt = this.ports.retention.expiresAtEpochSeconds(hour);
      return undoneMark(equipmentId, hour, uploadId, by, expiresAt);
    });
    // A part may name an hour twice.
    let open = [
      ...new Map(marks.map((mark) => [`${mark.key} ${mark.equipmentId}`, mark])).values(),
    ];
    for (let callsInVain = 0; open.length > 0;) {
      const outcomes = await this.ports.readings.writeBlocks(open, by);
      const left = open.filter((_mark, index) => outcomes[index]?.outcome !== 'stored');
      callsInVain = left.length < open.length ? 0 : callsInVain + 1;
      if (callsInVain >= MAX_CALLS_IN_VAIN) throw unconfirmed(left.length);
      open = left;
    }
  }

  private async handOver(uploadId: string): Promise<'handed-over'> {
    await this.ports.queue.continueImport(uploadId);
    return 'handed-over';
  }
}

function afterPart(progress: UndoProgress, part: HoursPart, sealed: number): UndoProgress {
  return {
    ...progress,
    doneHours: progress.doneHours + part.hours.length,
    sealedHours: progress.sealedHours + sealed,
    nextPart: part.number + 1,
  };
}

function startOf(hour: string): Instant {
  const parsed = parseInstant(`${hour}:00:00Z`);
  if (!parsed.ok) throw new Error(`the manifest names no hour: ${hour}`);
  return parsed.value;
}

function unconfirmed(marks: number): DomainError {
  const detail = `The store does not confirm ${marks} marks of an undone import.`;
  return new DomainError('unavailable', 'marks-unconfirmed', detail);
}
