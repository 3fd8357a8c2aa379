import type { Clock } from '@sensorflow/kernel';
import { DoneHours } from '../undo/done-hours.js';
import type { HourRecomputation } from '../undo/hour-recomputation.js';
import type { ImportManifest } from '../undo/import-manifest.js';
import { manifestSteps } from '../undo/manifest-steps.js';
import type { Handover } from './batch-reader.js';
import type { ImportProgress } from './import-progress.js';
import type { ManifestProgress } from './import-record.js';

export interface RecomputePorts {
  readonly manifest: ImportManifest;
  readonly aggregates: HourRecomputation;
  readonly clock: Clock;
}

/** What bounds a run. */
export interface RunBounds {
  /** Asked between some hours and the next: whether the rest is another run's. */
  handover(): Promise<Handover | undefined>;
  /** When hours that are begun now have to be done. */
  stepDeadlineEpochMs(): number;
  /** As of ImportLimits. */
  readonly sumsMs: number;
}

/**
 * Recomputes the hours that an import has written into, and the fleet's sums over them, from where its
 * checkpoint says. An older run that is still at work may name more hours meanwhile: it writes the same
 * readings, and changes nothing.
 */
export async function recomputeHours(
  uploadId: string,
  progress: ImportProgress,
  { manifest, aggregates, clock }: RecomputePorts,
  bounds: RunBounds,
): Promise<'recomputed' | Handover> {
  const { recomputation } = progress.checkpoint;
  if (!recomputation) throw new Error('rows are still to be read');
  if (recomputation.doneHours >= recomputation.totalHours) return 'recomputed';
  const done = new DoneHours<ManifestProgress>(aggregates, clock, bounds.sumsMs);
  const advance = (reached: ManifestProgress | undefined) => {
    if (reached) progress.advanceHours(reached);
  };
  for await (const { hours, after } of manifestSteps(manifest, uploadId, recomputation)) {
    const handover = await bounds.handover();
    if (handover) {
      advance(await done.settleInTime(bounds.stepDeadlineEpochMs()));
      return handover;
    }
    await aggregates.recompute(hours, bounds.stepDeadlineEpochMs());
    done.noteRecomputed(after);
    if (done.isDue) advance(await done.settle(bounds.stepDeadlineEpochMs()));
    if (progress.isSaveDue()) await progress.save();
    if (after.doneHours >= recomputation.totalHours) break;
  }
  advance(await done.settle(bounds.stepDeadlineEpochMs()));
  return 'recomputed';
}
