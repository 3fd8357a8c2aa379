import type { HourRecomputation } from '../undo/hour-recomputation.js';
import type { ImportManifest } from '../undo/import-manifest.js';
import { manifestSteps } from '../undo/manifest-steps.js';
import type { Handover } from './batch-reader.js';
import type { ImportProgress } from './import-progress.js';

export interface RecomputePorts {
  readonly manifest: ImportManifest;
  readonly aggregates: HourRecomputation;
}

/** What bounds a run. */
export interface RunBounds {
  /** Asked between some hours and the next: whether the rest is another run's. */
  handover(): Promise<Handover | undefined>;
  /** When hours that are begun now have to be done. */
  stepDeadlineEpochMs(): number;
}

/**
 * Recomputes the hours that an import has written into, from where its checkpoint says. An older run that is
 * still at work may name more hours meanwhile: it writes the same readings, and changes nothing.
 */
export async function recomputeHours(
  uploadId: string,
  progress: ImportProgress,
  { manifest, aggregates }: RecomputePorts,
  bounds: RunBounds,
): Promise<'recomputed' | Handover> {
  const { recomputation } = progress.checkpoint;
  if (!recomputation) throw new Error('rows are still to be read');
  if (recomputation.doneHours >= recomputation.totalHours) return 'recomputed';
  for await (const { hours, after } of manifestSteps(manifest, uploadId, recomputation)) {
    const handover = await bounds.handover();
    if (handover) return handover;
    await aggregates.recompute(hours, bounds.stepDeadlineEpochMs());
    progress.advanceHours(after);
    if (progress.isSaveDue()) await progress.save();
    if (after.doneHours >= recomputation.totalHours) break;
  }
  return 'recomputed';
}
