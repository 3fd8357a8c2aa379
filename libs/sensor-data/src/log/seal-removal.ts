import { blockKeyText, spanOf, undoneMarkKey } from './block-key.js';
import type { Origin, StoredBlock } from './block.js';
import type { HourText, OffsetNs } from './hour-time.js';
import { instantText } from './instants-text.js';
import type { Stamp } from './stamp.js';

/** The part of an hour that is to be removed. */
export interface Removal {
  readonly hour: HourText;
  /** Both included. */
  readonly firstNs: OffsetNs;
  readonly lastNs: OffsetNs;
  /** Every metric unless set. */
  readonly metric?: string;
}

/** @param stamp above that of everything that is to go; what is newer stays */
export function sealRemoval(
  equipmentId: string,
  { hour, firstNs, lastNs, metric }: Removal,
  origin: Origin,
  stamp: Stamp,
  expiresAtEpochSeconds?: number,
): StoredBlock {
  return {
    equipmentId,
    key: blockKeyText({ hour, span: spanOf(firstNs, lastNs), lastNs, stamp }),
    removes: { from: instantText(firstNs), ...(metric !== undefined && { metric }) },
    ...origin,
    ...(expiresAtEpochSeconds !== undefined && { expiresAtEpochSeconds }),
  };
}

/** Takes back what an import brought into this hour, and what late attempts of it may still bring. */
export function undoneMark(
  equipmentId: string,
  hour: HourText,
  importId: string,
  by: string,
  expiresAtEpochSeconds?: number,
): StoredBlock {
  return {
    equipmentId,
    key: undoneMarkKey(hour, importId),
    by,
    ...(expiresAtEpochSeconds !== undefined && { expiresAtEpochSeconds }),
  };
}
