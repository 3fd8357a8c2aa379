/** One UTC hour of one equipment: `2026-11-30T08`. */
export interface ImportedHour {
  readonly equipmentId: string;
  readonly hour: string;
}

/** Hours that a run was about to write. */
export interface HoursPart {
  readonly kind: 'hours';
  /** From 1, without gaps. */
  readonly number: number;
  /** Whose part it is: no two runs have one. */
  readonly writer: string;
  readonly hours: readonly ImportedHour[];
  /** Of all parts up to this one. */
  readonly totalHours: number;
}

/** No run names an hour behind it. */
export interface Fence {
  readonly kind: 'fence';
  readonly number: number;
  readonly totalHours: number;
}

export type ManifestPart = HoursPart | Fence;

/** What a part takes up at the most: DynamoDB holds 400 KB in an item. */
export const MAX_PART_BYTES = 256 * 1024;

/**
 * Where an import has written: numbered parts, each written before the blocks of its hours and never
 * changed. Undoing an import takes the next number, so that a run which comes late finds it taken.
 * Everything is strongly consistent. Throws DomainError `unavailable` (`store-unavailable`) when the store
 * does not answer.
 */
export abstract class ImportManifest {
  /**
   * Puts the part under its number, unless one stands there; answers the part that stands there then.
   * Repeating it is safe.
   */
  abstract create(uploadId: string, part: ManifestPart): Promise<ManifestPart>;

  abstract last(uploadId: string): Promise<ManifestPart | undefined>;

  /** The parts from a number on, in order. */
  abstract parts(uploadId: string, fromNumber: number): AsyncIterable<ManifestPart>;
}
