import { blockKeyText, spanOf, type ImportPart } from './block-key.js';
import type { Origin, StoredBlock } from './block.js';
import type { HourText, OffsetNs } from './hour-time.js';
import { InstantsText, MAX_READINGS_PER_BLOCK } from './instants-text.js';
import { readRuns, RunText } from './run-text.js';
import type { Stamp } from './stamp.js';
import { TagRuns } from './tag-runs.js';

/** A reading on its way into a block. */
export interface LogRow {
  readonly offsetNs: OffsetNs;
  /** Finite doubles, never -0. */
  readonly values: ReadonlyMap<string, number>;
  readonly tags: ReadonlyMap<string, string>;
  /** The row of the file that it stood in. */
  readonly place?: number;
}

/** DynamoDB bills writes by whole kilobytes … */
export const WRITE_UNIT_BYTES = 1024;
/** … and strongly consistent reads by four of them: a page of the log should not pay for larger blocks. */
export const MAX_BLOCK_BYTES = 4096;
/** From so many readings on, a larger block hardly saves anything for each of them. */
const ENOUGH_READINGS = 16;

/** The text of a reading that lacks a metric. */
export const NO_VALUE = '_';

/** Attribute names, a key with the stamp of a process, and an expiry. */
const FIXED_BYTES = 95;
/** Of an entry in a map of DynamoDB. */
const ENTRY_BYTES = 1;
/** One more instant, with its blank: less where the series is regular. */
const MAX_BYTES_OF_INSTANT = 14;
const BYTES_PER_DOUBLE = 8;

/**
 * Collects readings of one equipment and hour, in order of time, for one block. Sizes are those that
 * DynamoDB bills, or some bytes more.
 */
export class BlockBuilder {
  private readonly instants = new InstantsText();
  private readonly columns = new Map<string, RunText>();
  private readonly tags = new TagRuns();
  private readonly places = new RunText();
  private lastPlace = 0;
  private readonly fixedBytes: number;
  private bytes = 0;

  constructor(
    private readonly equipmentId: string,
    private readonly hour: HourText,
    private readonly origin: Origin,
  ) {
    const { by = '', importId = '' } = origin;
    // An import stands in the stamp, too.
    this.fixedBytes = FIXED_BYTES + equipmentId.length + by.length + 2 * importId.length;
  }

  get count(): number {
    return this.instants.count;
  }

  /** False, and nothing has changed, if the block has no room for it. An empty one has room for any. */
  add(row: LogRow): boolean {
    const texts = Array.from(row.values, ([metric, value]) => [metric, String(value)] as const);
    if (this.count > 0 && !this.hasRoom(this.bytesWith(texts, row), row.offsetNs)) return false;
    for (const [metric, text] of texts) this.columnOf(metric).add(text);
    this.instants.add(row.offsetNs);
    for (const [metric, column] of this.columns) {
      if (!row.values.has(metric)) column.add(NO_VALUE);
    }
    this.tags.add(row.tags);
    this.addPlace(row.place);
    this.bytes = this.measure();
    return true;
  }

  private bytesWith(texts: readonly (readonly [string, string])[], row: LogRow): number {
    let bytes = this.bytes + MAX_BYTES_OF_INSTANT + this.tags.bytesToAdd(row.tags);
    for (const [metric, text] of texts) {
      bytes += text.length + 1;
      if (!this.columns.has(metric)) bytes += metric.length + ENTRY_BYTES + '_*1000 '.length;
    }
    return bytes;
  }

  /** A block of more than some minutes ends with its first kilobyte, so that the wide ones are small. */
  private hasRoom(bytes: number, offsetNs: OffsetNs): boolean {
    if (bytes > MAX_BLOCK_BYTES || this.count >= MAX_READINGS_PER_BLOCK) return false;
    const isWide = spanOf(this.instants.firstNs, offsetNs) === 'h';
    return !isWide || this.count < ENOUGH_READINGS || bytes <= WRITE_UNIT_BYTES;
  }

  private columnOf(metric: string): RunText {
    const known = this.columns.get(metric);
    if (known) return known;
    const column = new RunText();
    column.add(NO_VALUE, this.count);
    this.columns.set(metric, column);
    return column;
  }

  private addPlace(place: number | undefined): void {
    if (place === undefined) return;
    this.places.add(String(place - this.lastPlace));
    this.lastPlace = place;
  }

  private measure(): number {
    let bytes = this.fixedBytes + this.instants.length + this.tags.bytes + this.places.length;
    for (const [metric, { length }] of this.columns) bytes += metric.length + ENTRY_BYTES + length;
    return bytes;
  }

  /** The block as it will be sent, in every attempt: under a stamp of this moment. */
  seal(stamp: Stamp, expiresAtEpochSeconds?: number, part?: ImportPart): StoredBlock {
    const { firstNs, lastNs } = this.instants;
    const span = spanOf(firstNs, lastNs);
    const key = blockKeyText({ hour: this.hour, span, lastNs, stamp, ...(part && { part }) });
    const tags = this.tags.json();
    const places = this.places.toString();
    return {
      equipmentId: this.equipmentId,
      key,
      ...(this.count > 1 && { instants: this.instants.toString() }),
      columns: this.sealedColumns(),
      ...(tags !== undefined && { tags }),
      ...(places !== '' && { places }),
      ...this.origin,
      ...(expiresAtEpochSeconds !== undefined && { expiresAtEpochSeconds }),
    };
  }

  /** As text, which people can read, unless doubles save a write unit. */
  private sealedColumns(): ReadonlyMap<string, string | Uint8Array> {
    const doublesBytes = this.count * BYTES_PER_DOUBLE;
    let saved = 0;
    for (const { length } of this.columns.values()) saved += Math.max(0, length - doublesBytes);
    const asText = writeUnits(this.bytes) <= writeUnits(this.bytes - saved);
    const sealed = new Map<string, string | Uint8Array>();
    for (const [metric, column] of this.columns) {
      const text = column.toString();
      sealed.set(metric, asText || text.length <= doublesBytes ? text : doublesOf(text));
    }
    return sealed;
  }
}

function writeUnits(bytes: number): number {
  return Math.ceil(bytes / WRITE_UNIT_BYTES);
}

function doublesOf(line: string): Uint8Array {
  const texts = readRuns(line, MAX_READINGS_PER_BLOCK) ?? [];
  const doubles = new DataView(new ArrayBuffer(texts.length * BYTES_PER_DOUBLE));
  for (const [index, text] of texts.entries()) {
    doubles.setFloat64(index * BYTES_PER_DOUBLE, text === NO_VALUE ? NaN : Number(text));
  }
  return new Uint8Array(doubles.buffer);
}
