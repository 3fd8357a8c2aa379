import { DomainError, instantFromEpochMs, parseInstant, type Instant } from '@sensorflow/kernel';
import { undoneMark, type ReadingWriter, type Retention } from '@sensorflow/sensor-data';
import { IMPORT_LIMITS, stepMs, type ImportLimits } from '../job/import-limits.js';
import { LeaseLost } from '../job/import-progress.js';
import type { ImportQueue } from '../job/import-queue.js';
import type { ImportRecord, UndoProgress } from '../job/import-record.js';
import {
  LeasedRuns,
  type LeaseOutcome,
  type LeasePorts,
  type RunGrant,
  type RunRequest,
} from '../job/leased-runs.js';
import { TimeSlice } from '../job/time-slice.js';
import type { HourRecomputation } from './hour-recomputation.js';
import type { Fence, ImportedHour, ImportManifest } from './import-manifest.js';
import { manifestSteps } from './manifest-steps.js';

export interface UndoPorts extends LeasePorts {
  readonly manifest: ImportManifest;
  readonly readings: Pick<ReadingWriter, 'writeBlocks'>;
  readonly aggregates: HourRecomputation;
  readonly queue: ImportQueue;
  readonly retention: Retention;
}

type Needless = 'nothing-to-undo';
export type UndoOutcome = 'undone' | Needless | LeaseOutcome;

export type UndoLimits = Pick<
  ImportLimits,
  'checkpointMs' | 'handoverMs' | 'sliceMs' | 'turnPauseSeconds'
>;

/** The longest that a queue delays a message. */
const LAST_RETRY_SECONDS = 900;
/** The writer repeats each call for two seconds at least. */
const MAX_CALLS_IN_VAIN = 15;

/**
 * Takes back what an import brought: writes into each hour that its manifest names the mark that the
 * import is undone, and has the hour recomputed. The import's blocks stay where they are until they
 * expire; the mark hides them, and those that a late attempt of the import still brings.
 *
 * Safe to run any number of times, also at once, and to be killed at any moment: the next run goes on where
 * it stood.
 */
export class ImportUndoer {
  private readonly runs: LeasedRuns<'undone', Needless>;

  constructor(ports: UndoPorts, limits: UndoLimits = IMPORT_LIMITS) {
    const { imports } = ports;
    this.runs = new LeasedRuns(ports, {
      needless: (seen) => (seen?.status === 'undoing' ? undefined : 'nothing-to-undo'),
      claim: async ({ uploadId, lease: previous }, lease) =>
        imports.takeOverUndo(uploadId, { lease, previousToken: previous?.token }),
      run: async (record, grant) => new UndoRun(record, grant, ports, limits).run(),
      stepsOf: ({ undo }) => undo?.doneHours ?? 0,
      lastRetrySeconds: LAST_RETRY_SECONDS,
    });
  }

  /**
   * Works until the import is `undone` or `remainingMs()` falls below the limit; then a fresh message does
   * the rest. Throws DomainError `unavailable` when the delivery should be repeated. Behind the last one, a
   * message of its own tries again a quarter of an hour later: an undo is never given up.
   */
  async run(request: RunRequest, remainingMs: () => number): Promise<UndoOutcome> {
    return this.runs.run(request, remainingMs);
  }
}

class UndoRun {
  private progress: UndoProgress;
  private savedAtEpochMs = 0;
  private readonly slice: TimeSlice;

  constructor(
    private readonly record: ImportRecord,
    private readonly grant: RunGrant,
    private readonly ports: UndoPorts,
    private readonly limits: UndoLimits,
  ) {
    if (!record.undo) throw new Error('nobody asked for this undo');
    this.progress = record.undo;
    this.slice = new TimeSlice(limits.sliceMs, ports.queue, ports.clock);
  }

  async run(): Promise<'undone' | 'handed-over'> {
    const { uploadId } = this.record;
    const { manifest, imports, clock } = this.ports;
    const { totalHours } = await this.fence();
    this.progress = { ...this.progress, totalHours };
    await this.save();
    for await (const { hours, after } of manifestSteps(manifest, uploadId, this.progress)) {
      if (this.grant.remainingMs() < this.limits.handoverMs) return this.handOver(0);
      if (await this.slice.isOver()) return this.handOver(this.limits.turnPauseSeconds);
      const sealed = await this.takeBack(hours);
      const sealedHours = this.progress.sealedHours + sealed;
      this.progress = { ...this.progress, ...after, sealedHours };
      if (clock.nowEpochMs() - this.savedAtEpochMs >= this.limits.checkpointMs) await this.save();
    }
    const finishedAt = instantFromEpochMs(clock.nowEpochMs());
    const { token } = this.grant;
    const isOurs = await imports.finishUndo(uploadId, token, this.progress, finishedAt);
    if (!isOurs) throw new LeaseLost('another run took the undo over');
    return 'undone';
  }

  /** From then on no run can name another hour, and so write into one. */
  private async fence(): Promise<Fence> {
    const { manifest } = this.ports;
    const { uploadId } = this.record;
    let last = await manifest.last(uploadId);
    while (last?.kind !== 'fence') {
      const { number = 0, totalHours = 0 } = last ?? {};
      last = await manifest.create(uploadId, { kind: 'fence', number: number + 1, totalHours });
    }
    return last;
  }

  private async save(): Promise<void> {
    const nowEpochMs = this.ports.clock.nowEpochMs();
    const { imports } = this.ports;
    const { uploadId } = this.record;
    if (!(await imports.saveUndo(uploadId, this.grant.token, this.progress, nowEpochMs))) {
      throw new LeaseLost('another run took the undo over');
    }
    this.savedAtEpochMs = nowEpochMs;
  }

  /** Answers how many hours are sealed. */
  private async takeBack(hours: readonly ImportedHour[]): Promise<number> {
    const { clock, aggregates } = this.ports;
    const open = hours.filter(({ hour }) => !this.isSealed(hour));
    if (open.length === 0) return hours.length;
    const deadline = clock.nowEpochMs() + stepMs(this.grant.remainingMs(), this.limits);
    await this.mark(open);
    return hours.length - open.length + (await aggregates.recompute(open, deadline));
  }

  private isSealed(hour: string): boolean {
    return this.ports.retention.isSealed(startOf(hour), this.ports.clock.nowEpochMs());
  }

  private async mark(hours: readonly ImportedHour[]): Promise<void> {
    const { by } = this.progress;
    const marks = hours.map(({ equipmentId, hour }) => {
      const expiresAt = this.ports.retention.expiresAtEpochSeconds(hour);
      return undoneMark(equipmentId, hour, this.record.uploadId, by, expiresAt);
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

  private async handOver(delaySeconds: number): Promise<'handed-over'> {
    const { uploadId } = this.record;
    await this.save();
    await this.ports.imports.release(uploadId, this.grant.token);
    await this.ports.queue.continueImport(uploadId, delaySeconds);
    return 'handed-over';
  }
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
