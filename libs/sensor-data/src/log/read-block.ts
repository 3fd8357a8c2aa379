import { parseBlockKey, parseUndoneMarkKey, type BlockKey } from './block-key.js';
import { NO_VALUE } from './block-size.js';
import type { LogBlock, Origin, ReadingsBlock, RemovalBlock, StoredBlock } from './block.js';
import { readInstants } from './instants-text.js';
import { readRuns } from './run-text.js';
import { readTagRuns } from './tag-runs.js';

/** What a stored block says. Throws when SensorFlow never wrote it: the table was changed behind our back. */
export function readBlock(stored: StoredBlock): LogBlock {
  const mark = parseUndoneMarkKey(stored.key);
  if (mark) return { kind: 'undone', ...mark };
  const key = parseBlockKey(stored.key);
  if (!key) throw unreadable(stored, 'its key');
  return stored.removes ? removalOf(stored, key) : readingsOf(stored, key);
}

function removalOf(stored: StoredBlock, { hour, stamp, lastNs }: BlockKey): RemovalBlock {
  const [firstNs, ...others] = readInstants(stored.removes?.from ?? '') ?? [];
  if (firstNs === undefined || others.length > 0 || firstNs > lastNs) {
    throw unreadable(stored, 'removes');
  }
  const metric = stored.removes?.metric;
  const origin = originOf(stored);
  return {
    kind: 'removal',
    hour,
    stamp,
    origin,
    firstNs,
    lastNs,
    ...(metric !== undefined && { metric }),
  };
}

function readingsOf(stored: StoredBlock, { hour, stamp, lastNs }: BlockKey): ReadingsBlock {
  const { instants, columns, tags } = stored;
  const offsetsNs = instants === undefined ? [lastNs] : readInstants(instants);
  if (offsetsNs?.at(-1) !== lastNs) throw unreadable(stored, 'instants');
  const count = offsetsNs.length;
  const allTags = tags === undefined ? [] : readTagRuns(tags, count);
  if (!allTags) throw unreadable(stored, 'tags');
  const read = Array.from(columns ?? [], ([metric, column]) => {
    const numbers = readColumn(column, count);
    if (!numbers) throw unreadable(stored, metric);
    return [metric, numbers] as const;
  });
  if (read.length === 0) throw unreadable(stored, 'columns');
  return {
    kind: 'readings',
    hour,
    stamp,
    origin: originOf(stored),
    offsetsNs,
    columns: new Map(read),
    tags: allTags,
    places: placesOf(stored, count),
  };
}

function originOf({ importId, by }: StoredBlock): Origin {
  return { ...(importId !== undefined && { importId }), ...(by !== undefined && { by }) };
}

/** Undefined unless it holds exactly that many numbers, finite or NaN for none. */
function readColumn(column: string | Uint8Array, count: number): readonly number[] | undefined {
  const numbers = typeof column === 'string' ? numbersIn(column, count) : doublesIn(column);
  return numbers?.length === count ? numbers : undefined;
}

function numbersIn(line: string, most: number): readonly number[] | undefined {
  const numbers: number[] = [];
  for (const text of readRuns(line, most) ?? []) {
    const number = text === NO_VALUE ? NaN : Number(text);
    if (text !== NO_VALUE && !Number.isFinite(number)) return undefined;
    numbers.push(number);
  }
  return numbers;
}

function doublesIn(bytes: Uint8Array): readonly number[] | undefined {
  if (bytes.byteLength % 8 !== 0) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const numbers: number[] = [];
  for (let at = 0; at < bytes.byteLength; at += 8) numbers.push(view.getFloat64(at));
  return numbers.some((number) => Math.abs(number) === Infinity) ? undefined : numbers;
}

const DIFFERENCE = /^-?\d{1,15}$/;

function placesOf(stored: StoredBlock, count: number): readonly number[] {
  if (stored.places === undefined) return [];
  const differences = readRuns(stored.places, count);
  if (differences?.length !== count || !differences.every((text) => DIFFERENCE.test(text))) {
    throw unreadable(stored, 'places');
  }
  let place = 0;
  return differences.map((difference) => (place += Number(difference)));
}

function unreadable({ equipmentId, key }: StoredBlock, part: string): Error {
  return new Error(`The block ${equipmentId} ${key} is unreadable: ${part}`);
}
