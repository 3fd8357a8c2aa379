import { createHash } from 'node:crypto';
import type { LastRows } from './file-contents.js';

/** Equipment that is remembered at a time. */
const MAX_ENTRIES = 2 ** 15;
/** Metrics that are told apart, by a bit each. */
const MAX_METRICS = 64;
const WORD_BITS = 32;
const WORDS = MAX_METRICS / WORD_BITS;
const NEVER = -1;

const HASH_BYTES = 6;
const HOUR_BYTES = 4;
const OFFSET_BYTES = 6;
const ENTRY_BYTES = HASH_BYTES + HOUR_BYTES + OFFSET_BYTES + WORDS * 4;
/** A checkpoint is written every second. */
const MAX_KEPT_BYTES = 16 * 1024;

export const NO_ROOM = -1;

/**
 * Remembers of each equipment its latest instant and which metrics it had then, in columns of numbers. An
 * equipment goes by the first 48 bits of its id's SHA-256, so that a checkpoint can hold some hundred.
 */
export class LastRowTable {
  private readonly entryOfHash = new Map<number, number>();
  private readonly hashes = new Float64Array(MAX_ENTRIES);
  private readonly hours = new Int32Array(MAX_ENTRIES);
  private readonly offsetsNs = new Float64Array(MAX_ENTRIES);
  private readonly metrics = new Int32Array(MAX_ENTRIES * WORDS);
  private readonly bitOfMetric = new Map<string, number>();

  /** @param kept what an earlier run remembered */
  constructor(kept: LastRows | undefined) {
    for (const metric of kept?.metrics ?? []) this.bitOf(metric);
    const entries = Buffer.from(kept?.entries ?? []);
    for (let at = 0; at < entries.length; at += ENTRY_BYTES) this.restore(entries, at);
  }

  get size(): number {
    return this.entryOfHash.size;
  }

  /** The entry of an equipment; NO_ROOM where it would be one too many. */
  entryOf(equipmentId: string): number {
    const hash = createHash('sha256').update(equipmentId).digest().readUIntBE(0, HASH_BYTES);
    return this.entryOfHash.get(hash) ?? this.add(hash, NEVER, 0);
  }

  /** The bit of a metric; NO_ROOM where it would be one too many. */
  bitOf(metric: string): number {
    const known = this.bitOfMetric.get(metric);
    if (known !== undefined) return known;
    const bit = this.bitOfMetric.size;
    if (bit === MAX_METRICS) return NO_ROOM;
    this.bitOfMetric.set(metric, bit);
    return bit;
  }

  /** Below 0 where the instant lies before the latest one of the entry, 0 where it is the same. */
  compare(entry: number, hour: number, offsetNs: number): number {
    return hour - (this.hours[entry] ?? 0) || offsetNs - (this.offsetsNs[entry] ?? 0);
  }

  /** Makes it the latest instant, without metrics. */
  moveTo(entry: number, hour: number, offsetNs: number): void {
    this.hours[entry] = hour;
    this.offsetsNs[entry] = offsetNs;
    this.metrics.fill(0, entry * WORDS, (entry + 1) * WORDS);
  }

  /** Whether the latest instant had the metric before. */
  addMetric(entry: number, bit: number): boolean {
    const at = entry * WORDS + Math.floor(bit / WORD_BITS);
    const before = this.metrics[at] ?? 0;
    this.metrics[at] = before | (1 << (bit % WORD_BITS));
    return this.metrics[at] === before;
  }

  /** Undefined when it is too much for a checkpoint. */
  kept(): LastRows | undefined {
    const { size } = this;
    if (size * ENTRY_BYTES > MAX_KEPT_BYTES) return undefined;
    const entries = Buffer.alloc(size * ENTRY_BYTES);
    for (let entry = 0; entry < size; entry += 1) this.keep(entry, entries, entry * ENTRY_BYTES);
    return { metrics: [...this.bitOfMetric.keys()], entries };
  }

  private add(hash: number, hour: number, offsetNs: number): number {
    const entry = this.entryOfHash.size;
    if (entry === MAX_ENTRIES) return NO_ROOM;
    this.entryOfHash.set(hash, entry);
    this.hashes[entry] = hash;
    this.moveTo(entry, hour, offsetNs);
    return entry;
  }

  private keep(entry: number, to: Buffer, start: number): void {
    let at = to.writeUIntBE(this.hashes[entry] ?? 0, start, HASH_BYTES);
    at = to.writeInt32BE(this.hours[entry] ?? 0, at);
    at = to.writeUIntBE(this.offsetsNs[entry] ?? 0, at, OFFSET_BYTES);
    for (let word = entry * WORDS; word < (entry + 1) * WORDS; word += 1) {
      at = to.writeInt32BE(this.metrics[word] ?? 0, at);
    }
  }

  private restore(from: Buffer, start: number): void {
    const hourAt = start + HASH_BYTES;
    const offsetAt = hourAt + HOUR_BYTES;
    const hash = from.readUIntBE(start, HASH_BYTES);
    const offsetNs = from.readUIntBE(offsetAt, OFFSET_BYTES);
    const entry = this.add(hash, from.readInt32BE(hourAt), offsetNs);
    for (let word = 0; word < WORDS; word += 1) {
      const at = offsetAt + OFFSET_BYTES + word * 4;
      this.metrics[entry * WORDS + word] = from.readInt32BE(at);
    }
  }
}
