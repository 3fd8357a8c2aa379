import type { LogBlock, StoredBlock } from './block.js';

/** Blocks that are read before anything is known of their size: of the largest, 16 KB. */
const FIRST_BLOCKS = 4;
/** For all of a range: an hour of readings one a minute costs one call. */
const FIRST_SCANNED_BLOCKS = 64;
/** What a call reads for a page of readings: four read units … */
const PAGE_BYTES = 16 * 1024;
/** … and for all of a range, or where a page has to read much first, in pieces that are parsed in some milliseconds. */
const SCAN_BYTES = 64 * 1024;
const MAX_BLOCKS = 1000;

/**
 * How many blocks the next call to the store asks for: no more than hold what is wanted, by the size of
 * those read so far.
 */
export class ChunkSize {
  private blocks = 0;
  private readings = 0;
  private bytes = 0;
  private hourBytes = 0;
  /** When a call brings nothing that was wanted, the next one is larger. */
  private last = { blocks: 0, wanted: NaN };

  /** @param wanted readings that the caller still wants */
  next(wanted: number): number {
    const few = Math.min(FIRST_BLOCKS, wanted + 1);
    const first = wanted === Infinity ? FIRST_SCANNED_BLOCKS : few;
    const blocks = this.blocks === 0 ? first : Math.max(few, this.fitting(wanted));
    this.last = { blocks, wanted };
    return blocks;
  }

  private fitting(wanted: number): number {
    const isStalled = this.last.wanted === wanted;
    const bytes = wanted === Infinity || isStalled ? SCAN_BYTES : PAGE_BYTES;
    const byBytes = Math.floor((bytes * this.blocks) / this.bytes);
    // One more than wanted tells whether there is a next page.
    const byReadings = Math.ceil(((wanted + 1) * this.blocks) / Math.max(1, this.readings));
    const more = isStalled ? 2 * this.last.blocks : 0;
    return Math.min(byBytes, Math.max(byReadings, more), MAX_BLOCKS);
  }

  note(stored: StoredBlock, block: LogBlock): void {
    const bytes = sizeOf(stored);
    this.blocks += 1;
    this.bytes += bytes;
    this.hourBytes += bytes;
    if (block.kind === 'readings') this.readings += block.offsetsNs.length;
  }

  hourBegins(): void {
    this.hourBytes = 0;
  }

  /** Whether the hour has taken as much as a page should. */
  get isHourLarge(): boolean {
    return this.hourBytes > PAGE_BYTES;
  }
}

/** About what DynamoDB counts. */
function sizeOf({ equipmentId, key, instants, columns, tags, places, importId, by }: StoredBlock) {
  let bytes = NAMES_BYTES + equipmentId.length + key.length + (instants?.length ?? 0);
  for (const [metric, column] of columns ?? []) bytes += metric.length + 1 + column.length;
  return (
    bytes +
    (tags?.length ?? 0) +
    (places?.length ?? 0) +
    (importId?.length ?? 0) +
    (by?.length ?? 0)
  );
}

const NAMES_BYTES = 22;
