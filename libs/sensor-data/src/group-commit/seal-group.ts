import type { Instant } from '@sensorflow/kernel';
import { packRows } from '../log/pack-rows.js';
import { isSealedAsOne, sealOne } from '../log/seal-one.js';
import { stampInstant, type Stamp, type StampClock } from '../log/stamp.js';
import { SealedBlock, type OpenGroup } from './write-unit.js';

/** Packs the readings of a group into blocks and seals them; readings of one instant keep the order of arrival. */
export type SealGroup = (group: OpenGroup) => readonly SealedBlock[];

/** @param expiresAtEpochSeconds when the store may delete the readings of an hour; undefined for never */
export function groupSealer(
  stamps: StampClock,
  expiresAtEpochSeconds: (hour: string) => number | undefined,
): SealGroup {
  const registerTimeOf = latestRemembered();
  return ({ waiters, equipmentId, hour, caller }) => {
    const origin = caller.callerId === '' ? {} : { by: caller.callerId };
    const expiresAt = expiresAtEpochSeconds(hour);
    const [only] = waiters;
    if (only && waiters.length === 1 && isSealedAsOne(only)) {
      const stamp = stamps.next();
      const block = sealOne({ equipmentId, hour, origin }, only, stamp, expiresAt);
      return [new SealedBlock(caller, block, registerTimeOf(stamp), waiters, true)];
    }
    return packRows(equipmentId, hour, origin, waiters).map(({ block, rows }) => {
      const stamp = stamps.next();
      const sealed = block.seal(stamp, expiresAt);
      return new SealedBlock(caller, sealed, registerTimeOf(stamp), rows, true);
    });
  };
}

/** Many blocks are sealed in one millisecond, and writing an instant is slow. */
function latestRemembered(): (stamp: Stamp) => Instant {
  let latestEpochMs = NaN;
  let latest: Instant | undefined;
  return (stamp) => {
    const epochMs = Math.floor(stamp.epochMicros / 1000);
    if (epochMs !== latestEpochMs || latest === undefined) latest = stampInstant(stamp);
    latestEpochMs = epochMs;
    return latest;
  };
}
