import { trimStreams, type TrimBounds } from '../dynamodb/trim-streams.js';
import { NAMED_TABLES, type Cloud } from './cloud.js';
import type { ReadStream } from './functions.js';
import type { StackLog } from './stack-log.js';
import type { Teardown } from './teardown.js';

const TRIM_EVERY_MS = 10 * 60_000;

/** Gives back, now and then, the disk space of stream records that nobody needs any more. */
export function startHousekeeping(
  cloud: Cloud,
  readStreams: readonly ReadStream[],
  log: StackLog,
  teardown: Teardown,
): void {
  const trim = async (): Promise<void> => {
    try {
      await trimStreams(cloud.dynamodbFile, trimBounds(readStreams));
    } catch (error) {
      log.note('dynamodb', `streams were not trimmed: ${String(error)}`);
    }
  };
  const timer = setInterval(() => void trim(), TRIM_EVERY_MS);
  teardown.add('callers', 'housekeeping', async () => clearInterval(timer));
}

/** A stream that nobody reads may go; one whose reader has no checkpoint yet is left out. */
function trimBounds(readStreams: readonly ReadStream[]): TrimBounds {
  const bounds = new Map<string, string | null>();
  for (const { definition, name } of NAMED_TABLES) {
    if (definition.stream === undefined) continue;
    const reader = readStreams.find(({ tableName }) => tableName === name);
    const reached = reader && Object.values(reader.mapping.status().checkpoint)[0];
    if (reader === undefined) bounds.set(name, null);
    else if (reached !== undefined) bounds.set(name, reached);
  }
  return Object.fromEntries(bounds);
}
