import type { ManifestProgress } from '../job/import-record.js';
import type { ImportedHour, ImportManifest } from './import-manifest.js';

/** Some hours of a manifest, and how far it has been gone through with them. */
export interface ManifestStep {
  readonly hours: readonly ImportedHour[];
  readonly after: ManifestProgress;
}

/** Hours that are worked on together. */
const HOURS_AT_A_TIME = 100;

/** The hours of a manifest from where a run stood, up to the fence or the last part; parts may be small. */
export async function* manifestSteps(
  manifest: ImportManifest,
  uploadId: string,
  from: ManifestProgress,
): AsyncGenerator<ManifestStep> {
  let gathered: ImportedHour[] = [];
  let after = from;
  for await (const part of manifest.parts(uploadId, from.nextPart)) {
    if (part.kind === 'fence') break;
    const { number, hours } = part;
    for (let at = number === from.nextPart ? from.nextHour : 0; at < hours.length;) {
      const some = hours.slice(at, at + HOURS_AT_A_TIME - gathered.length);
      gathered.push(...some);
      at += some.length;
      const doneHours = after.doneHours + some.length;
      after = { doneHours, nextPart: number, nextHour: at };
      if (gathered.length < HOURS_AT_A_TIME) continue;
      yield { hours: gathered, after };
      gathered = [];
    }
  }
  if (gathered.length > 0) yield { hours: gathered, after };
}
