import { blockKeyText, spanOf, type ImportPart } from './block-key.js';
import {
  BYTES_PER_DOUBLE,
  doublesSaveUnits,
  ENTRY_BYTES,
  fixedBytes,
  hasRoom,
  MAX_BYTES_OF_INSTANT,
  NO_VALUE,
} from './block-size.js';
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

class Column extends RunText {
  constructor(readonly metric: string) {
    super();
  }
}

/**
 * Collects readings of one equipment and hour, in order of time, for one block. Sizes are those that
 * DynamoDB bills, or some bytes more.
 */
export class BlockBuilder {
  private readonly instants = new InstantsText();
  private readonly columns: Column[] = [];
  private readonly tags = new TagRuns();
  private places: RunText | undefined;
  private lastPlace = 0;

  constructor(
    private readonly equipmentId: string,
    private readonly hour: HourText,
    private readonly origin: Origin,
  ) {}

  get count(): number {
    return this.instants.count;
  }

  /** False, and nothing has changed, if the block has no room for it. An empty one has room for any. */
  add(row: LogRow): boolean {
    const { count } = this;
    if (count > 0 && !hasRoom(this.bytesWith(row), count, this.instants.firstNs, row.offsetNs)) {
      return false;
    }
    let position = 0;
    for (const [metric, value] of row.values) {
      this.columnOf(metric, position).add(String(value));
      position += 1;
    }
    this.instants.add(row.offsetNs);
    if (this.columns.length > row.values.size) this.fillGaps(row);
    this.tags.add(row.tags);
    this.addPlace(row.place);
    return true;
  }

  private bytesWith(row: LogRow): number {
    let bytes = this.measure() + MAX_BYTES_OF_INSTANT + this.tags.bytesToAdd(row.tags);
    let position = 0;
    for (const [metric, value] of row.values) {
      bytes += String(value).length + 1;
      if (!this.findColumn(metric, position)) {
        bytes += metric.length + ENTRY_BYTES + '_*1000 '.length;
      }
      position += 1;
    }
    return bytes;
  }

  private fillGaps({ values }: LogRow): void {
    for (const column of this.columns) if (!values.has(column.metric)) column.add(NO_VALUE);
  }

  private columnOf(metric: string, position: number): RunText {
    const known = this.findColumn(metric, position);
    if (known) return known;
    const column = new Column(metric);
    column.add(NO_VALUE, this.count);
    this.columns.push(column);
    return column;
  }

  /** Readings of one equipment mostly name their metrics in one order. */
  private findColumn(metric: string, position: number): Column | undefined {
    const likely = this.columns[position];
    if (likely?.metric === metric) return likely;
    return this.columns.find((column) => column.metric === metric);
  }

  private addPlace(place: number | undefined): void {
    if (place === undefined) return;
    this.places ??= new RunText();
    this.places.add(String(place - this.lastPlace));
    this.lastPlace = place;
  }

  private measure(): number {
    let bytes = fixedBytes(this.equipmentId, this.origin);
    bytes += this.instants.length + this.tags.bytes + (this.places?.length ?? 0);
    for (const { metric, length } of this.columns) bytes += metric.length + ENTRY_BYTES + length;
    return bytes;
  }

  /** The block as it will be sent, in every attempt: under a stamp of this moment. */
  seal(stamp: Stamp, expiresAtEpochSeconds?: number, part?: ImportPart): StoredBlock {
    const { firstNs, lastNs } = this.instants;
    const span = spanOf(firstNs, lastNs);
    const key = blockKeyText({ hour: this.hour, span, lastNs, stamp, part });
    const block: Unsealed = {
      equipmentId: this.equipmentId,
      key,
      columns: this.sealedColumns(),
      ...this.origin,
    };
    const tags = this.tags.json();
    // Assigned, because spreading what may be missing is slow.
    if (this.count > 1) block.instants = this.instants.toString();
    if (tags !== undefined) block.tags = tags;
    if (this.places) block.places = this.places.toString();
    if (expiresAtEpochSeconds !== undefined) block.expiresAtEpochSeconds = expiresAtEpochSeconds;
    return block;
  }

  /** As text, which people can read, unless doubles save a write unit. */
  private sealedColumns(): ReadonlyMap<string, string | Uint8Array> {
    const doublesBytes = this.count * BYTES_PER_DOUBLE;
    let saved = 0;
    for (const { length } of this.columns) saved += Math.max(0, length - doublesBytes);
    const asText = saved === 0 || !doublesSaveUnits(this.measure(), saved);
    const sealed = new Map<string, string | Uint8Array>();
    for (const column of this.columns) {
      const text = column.toString();
      sealed.set(column.metric, asText || text.length <= doublesBytes ? text : doublesOf(text));
    }
    return sealed;
  }
}

type Unsealed = { -readonly [Part in keyof StoredBlock]: StoredBlock[Part] };

function doublesOf(line: string): Uint8Array {
  const texts = readRuns(line, MAX_READINGS_PER_BLOCK) ?? [];
  const doubles = new DataView(new ArrayBuffer(texts.length * BYTES_PER_DOUBLE));
  for (const [index, text] of texts.entries()) {
    doubles.setFloat64(index * BYTES_PER_DOUBLE, text === NO_VALUE ? NaN : Number(text));
  }
  return new Uint8Array(doubles.buffer);
}
