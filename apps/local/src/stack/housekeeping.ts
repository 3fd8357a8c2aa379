import { trimStreams } from '../dynamodb/trim-streams.js';
import type { StreamMapping } from '../lambda/stream-mapping.js';
import { TABLE_NAMES, type Cloud } from './cloud.js';
import type { StackLog } from './stack-log.js';
import type { Teardown } from './teardown.js';

const TRIM_EVERY_MS = 10 * 60_000;

/** Gives back, now and then, the disk space of stream records that nobody needs any more. */
export function startHousekeeping(
  cloud: Cloud,
  readings: StreamMapping,
  log: StackLog,
  teardown: Teardown,
): void {
  const trim = async (): Promise<void> => {
    try {
      const reached = Object.values(readings.status().checkpoint)[0];
      if (reached === undefined) return;
      await trimStreams(cloud.dynamodbFile, {
        [TABLE_NAMES.readings]: reached,
        // Nobody reads the aggregates' stream yet.
        [TABLE_NAMES.aggregates]: null,
      });
    } catch (error) {
      log.note('dynamodb', `streams were not trimmed: ${String(error)}`);
    }
  };
  const timer = setInterval(() => void trim(), TRIM_EVERY_MS);
  teardown.add('callers', 'housekeeping', async () => clearInterval(timer));
}
