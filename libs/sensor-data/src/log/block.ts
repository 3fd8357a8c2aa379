import type { HourText, OffsetNs } from './hour-time.js';
import type { Stamp } from './stamp.js';

/**
 * A block as the store keeps it: what arrived together of one equipment within one UTC hour, or a removal,
 * or the mark that takes an import back. Written once and never changed. Lines are texts that people can
 * read too; see RunText and InstantsText.
 */
export interface StoredBlock {
  readonly equipmentId: string;
  /** See `blockKeyText` and `undoneMarkKey`. */
  readonly key: string;
  /** The instants, unless there is only one: that is in the key. */
  readonly instants?: string;
  /** For each metric its numbers as a line, `_` where there is none; or as big-endian doubles, NaN for none. */
  readonly columns?: ReadonlyMap<string, string | Uint8Array>;
  /** JSON: how many readings in a row have which tags. */
  readonly tags?: string;
  /** Row numbers in the file, as differences. */
  readonly places?: string;
  readonly importId?: string;
  /** Who sent it. */
  readonly by?: string;
  readonly removes?: StoredRemoval;
  /** When the store may delete it. */
  readonly expiresAtEpochSeconds?: number;
}

/** Removes every value from an instant of the hour up to and including that of the key. */
export interface StoredRemoval {
  /** As InstantsText writes it. */
  readonly from: string;
  /** Every metric unless set. */
  readonly metric?: string;
}

/** Where a block's readings came from. */
export interface Origin {
  readonly importId?: string;
  readonly by?: string;
}

/** Readings as a block holds them: columns of equal length, in order of time. */
export interface ReadingsBlock {
  readonly kind: 'readings';
  readonly hour: HourText;
  readonly stamp: Stamp;
  readonly origin: Origin;
  readonly offsetsNs: readonly OffsetNs[];
  /** NaN where a reading has no such metric. */
  readonly columns: ReadonlyMap<string, ArrayLike<number>>;
  /** One map for each reading, or none at all. */
  readonly tags: readonly ReadonlyMap<string, string>[];
  /** Only of an import: row numbers, which order its own readings. Without them, the order in the block counts. */
  readonly places: readonly number[];
}

/** Takes away what stood at its instants when it was made: values with a smaller stamp. */
export interface RemovalBlock {
  readonly kind: 'removal';
  readonly hour: HourText;
  readonly stamp: Stamp;
  readonly origin: Origin;
  /** Both included. */
  readonly firstNs: OffsetNs;
  readonly lastNs: OffsetNs;
  readonly metric?: string;
}

/** Nothing of this import stands in this hour, whenever it lands. */
export interface UndoneMark {
  readonly kind: 'undone';
  readonly hour: HourText;
  readonly importId: string;
}

export type LogBlock = ReadingsBlock | RemovalBlock | UndoneMark;
