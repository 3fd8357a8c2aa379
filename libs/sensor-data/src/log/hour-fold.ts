import type { Instant } from '@sensorflow/kernel';
import type { StoredReading } from '../reading.js';
import type { LogBlock, ReadingsBlock, RemovalBlock } from './block.js';
import { instantAt, type HourText, type OffsetNs } from './hour-time.js';
import { compareStamps, stampInstant, type Stamp } from './stamp.js';

/** A value or a tag, with what decides whether it stands. */
interface Entry<T> {
  readonly value: T;
  readonly stamp: Stamp;
  /** Decides between equal stamps: the row of a file, or the place in the block. */
  readonly place: number;
}

/** What was said of one instant: for each metric, and each tag, the entry with the greatest stamp so far. */
interface InstantEntries {
  readonly offsetNs: OffsetNs;
  readonly values: Map<string, Entry<number>>;
  readonly tags: Map<string, Entry<string>>;
}

/** A reading as it stands, and the greatest stamp of its values and tags: a removal needs one above it. */
export interface StandingReading extends StoredReading {
  readonly stamp: Stamp;
}

/**
 * What stands of one equipment in one hour: of each metric and instant the value with the greatest stamp,
 * unless a removal has a greater one or its import was undone. Blocks can be added in any order and more
 * than once, and readings taken as soon as all blocks that hold their instant were added.
 */
export class HourFold {
  private readonly instants = new Map<OffsetNs, InstantEntries>();
  private readonly removalsAt = new Map<OffsetNs, RemovalBlock[]>();
  private readonly rangeRemovals: RemovalBlock[] = [];
  private readonly undone = new Set<string>();

  /** @param asOfEpochMicros leaves out what is younger */
  constructor(
    private readonly equipmentId: string,
    private readonly hour: HourText,
    private readonly asOfEpochMicros = Infinity,
  ) {}

  /** Instants that blocks have named and that were not taken yet. */
  get size(): number {
    return this.instants.size;
  }

  /** The mark of an undone import must come before the blocks of the import. */
  add(block: LogBlock): void {
    if (block.kind === 'undone') this.undone.add(block.importId);
    else if (block.stamp.epochMicros > this.asOfEpochMicros) return;
    else if (block.kind === 'removal') this.addRemoval(block);
    else if (!this.undone.has(block.origin.importId ?? '')) this.addReadings(block);
  }

  private addRemoval(removal: RemovalBlock): void {
    if (removal.firstNs < removal.lastNs) {
      this.rangeRemovals.push(removal);
      return;
    }
    const others = this.removalsAt.get(removal.lastNs);
    if (others) others.push(removal);
    else this.removalsAt.set(removal.lastNs, [removal]);
  }

  private addReadings({ offsetsNs, columns, tags, places, stamp }: ReadingsBlock): void {
    for (const [index, offsetNs] of offsetsNs.entries()) {
      const place = places[index] ?? index;
      const entries = this.entriesAt(offsetNs);
      for (const [metric, numbers] of columns) {
        const value = numbers[index] ?? NaN;
        if (!Number.isNaN(value)) keepGreater(entries.values, metric, { value, stamp, place });
      }
      for (const [name, value] of tags[index] ?? []) {
        keepGreater(entries.tags, name, { value, stamp, place });
      }
    }
  }

  private entriesAt(offsetNs: OffsetNs): InstantEntries {
    const known = this.instants.get(offsetNs);
    if (known) return known;
    const entries = { offsetNs, values: new Map(), tags: new Map() };
    this.instants.set(offsetNs, entries);
    return entries;
  }

  /** Takes the readings that stand with `fromNs` ≤ offset < `toNs` out of the fold, in order of time. */
  take(fromNs: OffsetNs, toNs: OffsetNs): readonly StandingReading[] {
    const taken: InstantEntries[] = [];
    for (const entries of this.instants.values()) {
      if (entries.offsetNs >= fromNs && entries.offsetNs < toNs) taken.push(entries);
    }
    for (const { offsetNs } of taken) this.instants.delete(offsetNs);
    taken.sort((a, b) => a.offsetNs - b.offsetNs);
    return taken.flatMap((entries) => this.standing(entries) ?? []);
  }

  private standing(entries: InstantEntries): StandingReading | undefined {
    const { offsetNs } = entries;
    const removals = this.removalsOf(offsetNs);
    let received: Stamp | undefined;
    const values = new Map<string, number>();
    for (const [metric, { value, stamp }] of entries.values) {
      if (removals.some((removal) => removes(removal, stamp, metric))) continue;
      values.set(metric, value);
      received = greaterOf(stamp, received);
    }
    if (!received) return undefined;
    let newest = received;
    const tags = new Map<string, string>();
    for (const [name, { value, stamp }] of entries.tags) {
      if (removals.some((removal) => removes(removal, stamp))) continue;
      tags.set(name, value);
      newest = greaterOf(stamp, newest);
    }
    const timestamp: Instant = instantAt(this.hour, offsetNs);
    const registerTime = stampInstant(received);
    return { equipmentId: this.equipmentId, timestamp, values, tags, registerTime, stamp: newest };
  }

  private removalsOf(offsetNs: OffsetNs): readonly RemovalBlock[] {
    const atInstant = this.removalsAt.get(offsetNs) ?? NONE;
    const covering = this.rangeRemovals.filter(
      ({ firstNs, lastNs }) => firstNs <= offsetNs && offsetNs <= lastNs,
    );
    return covering.length === 0 ? atInstant : [...atInstant, ...covering];
  }
}

const NONE: readonly RemovalBlock[] = [];

function keepGreater<T>(entries: Map<string, Entry<T>>, name: string, entry: Entry<T>): void {
  const known = entries.get(name);
  if (!known || compareEntries(entry, known) > 0) entries.set(name, entry);
}

function greaterOf(stamp: Stamp, other: Stamp | undefined): Stamp {
  return other && compareStamps(other, stamp) > 0 ? other : stamp;
}

function compareEntries<T>(a: Entry<T>, b: Entry<T>): number {
  return compareStamps(a.stamp, b.stamp) || a.place - b.place;
}

/** A removal of one metric keeps the tags. */
function removes(removal: RemovalBlock, stamp: Stamp, metric?: string): boolean {
  if (removal.metric !== undefined && removal.metric !== metric) return false;
  return compareStamps(removal.stamp, stamp) > 0;
}
