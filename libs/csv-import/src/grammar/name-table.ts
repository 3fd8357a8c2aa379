import { randomBytes } from 'node:crypto';

const SLOTS = 2 ** 16;
const EMPTY = -1;
const NONE = -1;

/** The bytes of these characters, for `NameTable`. */
export function bytesOf(characters: string): Uint8Array {
  const bytes = new Uint8Array(256);
  for (const byte of Buffer.from(characters)) bytes[byte] = 1;
  return bytes;
}

/**
 * Numbers for names of a file. Those that are met again and again are recognized by their bytes, without making
 * a text of them: a slot for each hash remembers the last one that fell into it. What a slot does not know
 * costs a look-up of its text, and nothing more: no file can make it search.
 */
export abstract class NameTable {
  readonly names: string[] = [];
  /** What `read` found; -1 when there is no such name, or no room for one more. */
  found = NONE;

  private readonly numbers = new Map<string, number>();
  private readonly slots = new Int32Array(SLOTS).fill(EMPTY);
  private readonly multiplier = randomBytes(4).readInt32LE() | 1;
  private bytes = new Uint8Array(2 ** 14);
  /** Where the bytes of each name begin; the last one is where the next will. */
  private readonly starts: Int32Array;

  /** @param inName 1 for each byte that a name may have, where `read` is to find its end */
  constructor(
    private readonly maxNames: number,
    private readonly inName: Uint8Array = new Uint8Array(256),
  ) {
    this.starts = new Int32Array(maxNames + 1);
  }

  /** Whether it is a name, and not only made of such bytes. */
  protected abstract accepts(name: string): boolean;

  get room(): number {
    return this.maxNames - this.names.length;
  }

  /** Reads bytes that can be those of a name, and answers where they end. */
  read(text: Uint8Array, start: number): number {
    const { multiplier, inName } = this;
    let hash = 0;
    let at = start;
    for (let byte = text[at] ?? 0; inName[byte] === 1; byte = text[++at] ?? 0) {
      hash = Math.imul(hash ^ byte, multiplier);
    }
    this.found = this.numberAt(text, start, at, hash);
    return at;
  }

  /** The number of the name that these bytes are; -1 when they are none. */
  find(text: Uint8Array, start: number, end: number): number {
    const { multiplier } = this;
    let hash = 0;
    for (let at = start; at < end; at += 1) hash = Math.imul(hash ^ (text[at] ?? 0), multiplier);
    return this.numberAt(text, start, end, hash);
  }

  private numberAt(text: Uint8Array, start: number, end: number, hash: number): number {
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.slots[slot] ?? EMPTY;
    return known !== EMPTY && this.isAt(known, text, start, end)
      ? known
      : this.lookUp(text, start, end, slot);
  }

  private isAt(number: number, text: Uint8Array, start: number, end: number): boolean {
    const { bytes } = this;
    const first = this.starts[number] ?? 0;
    if ((this.starts[number + 1] ?? 0) - first !== end - start) return false;
    for (let at = start, own = first; at < end; at += 1, own += 1) {
      if (text[at] !== bytes[own]) return false;
    }
    return true;
  }

  private lookUp(text: Uint8Array, start: number, end: number, slot: number): number {
    const name = Buffer.from(text.buffer, text.byteOffset + start, end - start).toString('latin1');
    const number = this.numbers.get(name) ?? (this.accepts(name) ? this.add(name) : NONE);
    if (number !== NONE) this.slots[slot] = number;
    return number;
  }

  /** The number of a valid name; -1 when there is no room for one more. */
  numberOf(name: string): number {
    return this.numbers.get(name) ?? this.add(name);
  }

  private add(name: string): number {
    if (this.room === 0) return NONE;
    const number = this.names.length;
    const start = this.starts[number] ?? 0;
    while (start + name.length > this.bytes.length) this.grow();
    Buffer.from(this.bytes.buffer).write(name, start, 'latin1');
    this.starts[number + 1] = start + name.length;
    this.names.push(name);
    this.numbers.set(name, number);
    return number;
  }

  private grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}
