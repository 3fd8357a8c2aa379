import {
  acceptedChange,
  rangeOfImport,
  shownBytes,
  type AcceptedChange,
  type ChangedRange,
  type StoredBlock,
} from '@sensorflow/sensor-data';
import { createHash } from 'node:crypto';
import { deflateRawSync, inflateRawSync } from 'node:zlib';

/** Blocks of a stream, as one message of the topic carries them. */
export interface ChangeMessage {
  readonly body: string;
  /** So many of the blocks are told by it and those before it. */
  readonly upTo: number;
}

/** Of JSON: deflated and in base64, even noise is below what the topic takes. */
const MAX_JSON_BYTES = 180_000;
/** As clients are shown it, which a feed holds as a whole: what is steady takes next to nothing in a block. */
const MAX_SHOWN_BYTES = 500_000;
/** A block is 4 KB at the most: nothing of ours unpacks to more. */
const MAX_UNPACKED_BYTES = 2 * MAX_JSON_BYTES;

/** `[equipmentId, key, instants, columns, tags, removes]`; bytes of a column as `[base64]`. */
type PackedBlock = readonly [
  string,
  string,
  string | 0,
  Readonly<Record<string, string | readonly [string]>> | 0,
  string | 0,
  StoredBlock['removes'] | 0,
];

interface Packed {
  readonly blocks: readonly PackedBlock[];
  /** `[equipmentId, from, to]` of what imports changed. */
  readonly changed: readonly (readonly [string, ChangedRange['from'], ChangedRange['to']])[];
  /** Digest of the keys of their blocks. */
  readonly of: string;
}

/**
 * The messages that tell of blocks, in their order; what imports brought is told as ranges. The same blocks
 * make the same messages, so that repeating them is noticed, and other blocks make others.
 */
export function* changeMessages(blocks: readonly StoredBlock[]): Generator<ChangeMessage> {
  let draft = new Draft();
  for (const [index, block] of blocks.entries()) {
    if (!draft.add(block)) {
      yield { body: draft.body(), upTo: index };
      draft = new Draft();
      draft.add(block);
    }
  }
  if (!draft.isEmpty) yield { body: draft.body(), upTo: blocks.length };
}

class Draft {
  private readonly blocks: string[] = [];
  private readonly ranges = new Map<string, ChangedRange>();
  /** Two imports can cover the same time: their keys tell them apart. */
  private readonly keys = createHash('sha256');
  private bytes = 0;
  private shownBytes = 0;

  get isEmpty(): boolean {
    return this.blocks.length === 0 && this.ranges.size === 0;
  }

  /** False, and nothing has changed, when the message has no room for it. */
  add(block: StoredBlock): boolean {
    const range = rangeOfImport(block);
    const text = range ? JSON.stringify(range) : JSON.stringify(packed(block));
    const bytes = this.bytes + Buffer.byteLength(text) + 1;
    const shown = this.shownBytes + (range ? 0 : shownBytes(block));
    if (!this.isEmpty && (bytes > MAX_JSON_BYTES || shown > MAX_SHOWN_BYTES)) return false;
    this.bytes = bytes;
    this.shownBytes = shown;
    if (range) {
      this.ranges.set(range.equipmentId, union(this.ranges.get(range.equipmentId), range));
      this.keys.update(`${block.equipmentId} ${block.key}\n`);
    } else this.blocks.push(text);
    return true;
  }

  body(): string {
    const changed = Array.from(this.ranges.values(), ({ equipmentId, from, to }) => [
      equipmentId,
      from,
      to,
    ]);
    const of = this.keys.digest('base64url');
    const json = `{"blocks":[${this.blocks.join(',')}],"changed":${JSON.stringify(changed)},"of":"${of}"}`;
    return deflateRawSync(json).toString('base64');
  }
}

/** From the earlier beginning to the later end. */
export function union(known: ChangedRange | undefined, range: ChangedRange): ChangedRange {
  if (!known) return range;
  return {
    ...known,
    from: known.from < range.from ? known.from : range.from,
    to: known.to > range.to ? known.to : range.to,
  };
}

function packed({ equipmentId, key, instants, columns, tags, removes }: StoredBlock): PackedBlock {
  const lines = columns && Object.fromEntries(Array.from(columns, packedColumn));
  return [equipmentId, key, instants ?? 0, lines ?? 0, tags ?? 0, removes ?? 0];
}

function packedColumn([metric, column]: readonly [string, string | Uint8Array]): readonly [
  string,
  string | readonly [string],
] {
  if (typeof column === 'string') return [metric, column];
  return [metric, [Buffer.from(column).toString('base64')]];
}

/** By equipment, in order. Throws for text that `changeMessages` never made. */
export function changesIn(body: Buffer): ReadonlyMap<string, readonly AcceptedChange[]> {
  const json = inflateRawSync(body, { maxOutputLength: MAX_UNPACKED_BYTES }).toString();
  const { blocks, changed } = JSON.parse(json) as Packed;
  const changes = new Map<string, AcceptedChange[]>();
  const add = (change: AcceptedChange) => {
    const known = changes.get(change.equipmentId);
    if (known) known.push(change);
    else changes.set(change.equipmentId, [change]);
  };
  for (const block of blocks) add(acceptedChange(unpacked(block)));
  for (const [equipmentId, from, to] of changed) add({ kind: 'changed', equipmentId, from, to });
  return changes;
}

function unpacked([equipmentId, key, instants, columns, tags, removes]: PackedBlock): StoredBlock {
  return {
    equipmentId,
    key,
    ...(instants !== 0 && { instants }),
    ...(columns !== 0 && { columns: new Map(Object.entries(columns).map(unpackedColumn)) }),
    ...(tags !== 0 && { tags }),
    ...(removes !== 0 && removes !== undefined && { removes }),
  };
}

function unpackedColumn([metric, line]: readonly [string, string | readonly [string]]) {
  const column = typeof line === 'string' ? line : Buffer.from(line[0], 'base64');
  return [metric, column] as const;
}
