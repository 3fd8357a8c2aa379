import { parseEquipmentId } from '@sensorflow/sensor-data';
import { randomBytes } from 'node:crypto';

/** Distinct equipment of one table: with ids of full length, some ten megabytes. */
export const MAX_EQUIPMENT = 2 ** 15;

const SLOTS = 2 ** 16;
const EMPTY = -1;
const NONE = -1;
const IN_ID = new Uint8Array(256);
for (const byte of Buffer.from(
  'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-',
)) {
  IN_ID[byte] = 1;
}

/**
 * Numbers for equipment ids. Those that are met again and again are recognized by their bytes, without making
 * a text of them: a slot for each hash remembers the last one that fell into it. What a slot does not know
 * costs a look-up of its text, and nothing more: no file can make it search.
 */
export class EquipmentTable {
  readonly ids: string[] = [];
  /** The equipment that `read` found; -1 when there is no such id, or no room for one more. */
  found = NONE;

  private readonly numbers = new Map<string, number>();
  private readonly slots = new Int32Array(SLOTS).fill(EMPTY);
  private readonly multiplier = randomBytes(4).readInt32LE() | 1;
  private bytes = new Uint8Array(2 ** 14);
  /** Where the bytes of each id begin; the last one is where the next will. */
  private readonly starts = new Int32Array(MAX_EQUIPMENT + 1);

  get room(): number {
    return MAX_EQUIPMENT - this.ids.length;
  }

  /** Reads bytes that can be those of an id, and answers where they end. */
  read(text: Uint8Array, start: number): number {
    const { multiplier } = this;
    let hash = 0;
    let at = start;
    for (let byte = text[at] ?? 0; IN_ID[byte] === 1; byte = text[++at] ?? 0) {
      hash = Math.imul(hash ^ byte, multiplier);
    }
    const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
    const known = this.slots[slot] ?? EMPTY;
    if (known !== EMPTY && this.isAt(known, text, start, at)) this.found = known;
    else this.found = this.lookUp(text, start, at, slot);
    return at;
  }

  private isAt(equipment: number, text: Uint8Array, start: number, end: number): boolean {
    const { bytes } = this;
    const first = this.starts[equipment] ?? 0;
    if ((this.starts[equipment + 1] ?? 0) - first !== end - start) return false;
    for (let at = start, own = first; at < end; at += 1, own += 1) {
      if (text[at] !== bytes[own]) return false;
    }
    return true;
  }

  private lookUp(text: Uint8Array, start: number, end: number, slot: number): number {
    const id = Buffer.from(text.buffer, text.byteOffset + start, end - start).toString('latin1');
    const equipment = this.numbers.get(id) ?? (parseEquipmentId(id).ok ? this.add(id) : NONE);
    if (equipment !== NONE) this.slots[slot] = equipment;
    return equipment;
  }

  /** The number of a valid id; -1 when there is no room for one more. */
  numberOf(id: string): number {
    return this.numbers.get(id) ?? this.add(id);
  }

  private add(id: string): number {
    if (this.room === 0) return NONE;
    const equipment = this.ids.length;
    const start = this.starts[equipment] ?? 0;
    while (start + id.length > this.bytes.length) this.grow();
    Buffer.from(this.bytes.buffer).write(id, start, 'latin1');
    this.starts[equipment + 1] = start + id.length;
    this.ids.push(id);
    this.numbers.set(id, equipment);
    return equipment;
  }

  private grow(): void {
    const larger = new Uint8Array(this.bytes.length * 2);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}
