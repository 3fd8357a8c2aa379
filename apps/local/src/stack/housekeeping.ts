import { reclaimSpace } from '../dynamodb/database-space.js';
import { sweepExpired } from '../dynamodb/sweep-expired.js';
import { trimStreams, type TrimBounds } from '../dynamodb/trim-streams.js';
import { PollingLoop } from '../lambda/polling-loop.js';
import { NAMED_TABLES, type Cloud } from './cloud.js';
import type { ReadStream } from './functions.js';
import type { StackLog } from './stack-log.js';
import type { Teardown } from './teardown.js';

/** What a reader has passed stays so long at least: a backup copies checkpoints and then records. */
const TRIM_EVERY_MS = 30_000;
/** Below, the streams are quiet. Space that busy ones will need again is not given back. */
const QUIET_RECORDS = 5_000;
const SWEEP_PAUSE_MS = 10_000;
/** A sweep looks at every item: it takes at most a fiftieth of the time, however many there are. */
const PAUSE_PER_SWEEP = 50;
const STOP_GRACE_MS = 2_000;

/** What DynamoDB does by itself: forgets stream records that nobody needs any more, and items that expired. */
export function startHousekeeping(
  cloud: Cloud,
  readStreams: readonly ReadStream[],
  log: StackLog,
  teardown: Teardown,
): void {
  startTrimming(cloud, readStreams, log, teardown);
  startSweeping(cloud, log, teardown);
}

function startSweeping(cloud: Cloud, log: StackLog, teardown: Teardown): void {
  const sweep = async (): Promise<number> => {
    const startedAt = performance.now();
    try {
      const removed = await sweepExpired(cloud.dynoxideBinary, cloud.dynamodbFile);
      if (removed > 0) log.note('dynamodb', `${removed} expired items removed`);
    } catch (error) {
      log.note('dynamodb', `expired items were not removed: ${String(error)}`);
    }
    return Math.max(SWEEP_PAUSE_MS, PAUSE_PER_SWEEP * (performance.now() - startedAt));
  };
  const loop = new PollingLoop(sweep);
  loop.start();
  teardown.add('callers', 'expiry', () => loop.stop(STOP_GRACE_MS));
}

function startTrimming(
  cloud: Cloud,
  readStreams: readonly ReadStream[],
  log: StackLog,
  teardown: Teardown,
): void {
  let passed: TrimBounds = {};
  const trim = async (): Promise<number> => {
    const isOver = () => loop.isStopping;
    const passedSince = trimBounds(readStreams);
    try {
      const deleted = await trimStreams(cloud.dynamodbFile, passed, isOver);
      if (deleted < QUIET_RECORDS) await reclaimSpace(cloud.dynamodbFile, isOver);
    } catch (error) {
      log.note('dynamodb', `streams were not trimmed: ${String(error)}`);
    }
    passed = passedSince;
    return TRIM_EVERY_MS;
  };
  const loop = new PollingLoop(trim);
  loop.start();
  teardown.add('callers', 'housekeeping', () => loop.stop(STOP_GRACE_MS));
}

/** A stream that nobody reads may go; one whose reader has no checkpoint yet is left out. */
function trimBounds(readStreams: readonly ReadStream[]): TrimBounds {
  const bounds = new Map<string, string | null>();
  for (const { definition, name } of NAMED_TABLES) {
    if (definition.stream === undefined) continue;
    const readers = readStreams.filter(({ tableName }) => tableName === name);
    const reached = readers.flatMap(
      ({ mapping }) => Object.values(mapping.status().checkpoint)[0] ?? [],
    );
    if (readers.length === 0) bounds.set(name, null);
    else if (reached.length === readers.length) bounds.set(name, lowestOf(reached));
  }
  return Object.fromEntries(bounds);
}

/** The embedded store numbers the records of a stream. */
function lowestOf(sequenceNumbers: readonly string[]): string {
  return sequenceNumbers.reduce((lowest, one) => (BigInt(one) < BigInt(lowest) ? one : lowest));
}
