import type { Instant, WorkBudget } from '@sensorflow/kernel';
import { keysOfSpan, marksOf, SPAN_NS, SPANS, type KeyRange } from './block-key.js';
import { blocksUnder, type BlockStore } from './block-store.js';
import type { LogBlock, Origin, ReadingsBlock, RemovalBlock } from './block.js';
import { hourOf, offsetOf, type OffsetNs } from './hour-time.js';
import { readBlock } from './read-block.js';
import { compareStamps, stampInstant, type Stamp } from './stamp.js';

/** A value that an instant once had, or still has. */
export interface PastValue extends Origin {
  readonly metric: string;
  readonly value: number;
  /** Whether a removal took it away. */
  readonly removed: boolean;
  readonly acceptedAt: Instant;
}

interface Accepted {
  readonly past: PastValue;
  readonly stamp: Stamp;
  /** Decides between equal stamps. */
  readonly place: number;
}

/**
 * Every value that one instant of an equipment ever had, the latest first: also what was corrected or
 * removed, but nothing of an undone import.
 */
export async function instantHistory(
  store: BlockStore,
  equipmentId: string,
  timestamp: Instant,
  budget?: WorkBudget,
): Promise<readonly PastValue[]> {
  const hour = hourOf(timestamp);
  const atNs = offsetOf(timestamp);
  const blocksIn = (keys: KeyRange) => blocksAbout(store, equipmentId, keys, atNs, budget);
  const ofSpans = SPANS.map((span) =>
    blocksIn(keysOfSpan(hour, span, atNs, atNs + SPAN_NS[span] + 1)),
  );
  const blocks = (await Promise.all(ofSpans)).flat();
  const isImported = blocks.some(
    (block) => block.kind === 'readings' && block.origin.importId !== undefined,
  );
  return historyIn(isImported ? [...blocks, ...(await blocksIn(marksOf(hour)))] : blocks, atNs);
}

function historyIn(blocks: readonly LogBlock[], atNs: OffsetNs): readonly PastValue[] {
  const undone = new Set(blocks.flatMap((b) => (b.kind === 'undone' ? b.importId : [])));
  const removals = blocks.flatMap((block) => (block.kind === 'removal' ? block : []));
  return blocks
    .flatMap((block) => {
      const stands = block.kind === 'readings' && !undone.has(block.origin.importId ?? '');
      return stands ? valuesAt(block, atNs, removals) : [];
    })
    .toSorted(latestFirst)
    .map(({ past }) => past);
}

/** Metrics of one block by name, so that the order is always the same. */
function latestFirst(a: Accepted, b: Accepted): number {
  const byTime = compareStamps(b.stamp, a.stamp) || b.place - a.place;
  return byTime || (a.past.metric < b.past.metric ? -1 : 1);
}

function valuesAt(
  { offsetsNs, columns, places, stamp, origin }: ReadingsBlock,
  atNs: OffsetNs,
  removals: readonly RemovalBlock[],
): readonly Accepted[] {
  const newer = removals.filter((removal) => compareStamps(removal.stamp, stamp) > 0);
  const acceptedAt = stampInstant(stamp);
  const accepted: Accepted[] = [];
  for (const [index, offsetNs] of offsetsNs.entries()) {
    if (offsetNs !== atNs) continue;
    for (const [metric, numbers] of columns) {
      const value = numbers[index] ?? NaN;
      if (Number.isNaN(value)) continue;
      const removed = newer.some((removal) => (removal.metric ?? metric) === metric);
      const past = { metric, value, removed, acceptedAt, ...origin };
      accepted.push({ past, stamp, place: places[index] ?? index });
    }
  }
  return accepted;
}

/** The marks among these keys, and the blocks that speak of the instant. */
async function blocksAbout(
  store: BlockStore,
  equipmentId: string,
  keys: KeyRange,
  atNs: OffsetNs,
  budget: WorkBudget | undefined,
): Promise<readonly LogBlock[]> {
  const found: LogBlock[] = [];
  for await (const stored of blocksUnder(store, equipmentId, keys, budget)) {
    const block = readBlock(stored);
    if (isAbout(block, atNs)) found.push(block);
  }
  return found;
}

function isAbout(block: LogBlock, atNs: OffsetNs): boolean {
  if (block.kind === 'undone') return true;
  if (block.kind === 'readings') return block.offsetsNs.includes(atNs);
  return block.firstNs <= atNs && atNs <= block.lastNs;
}
