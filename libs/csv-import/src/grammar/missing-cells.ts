import { plainNumber } from './cell-number.js';

/** What means no value where nobody says otherwise, in any case of letters. */
export const USUAL_MISSING = [
  'NaN',
  'NA',
  'N/A',
  '#N/A',
  'null',
  '-',
  '--',
  '---',
  '?',
  'unavailable',
  'unknown',
] as const;

const LOWER_CASE = 0x20;

/**
 * Cells that mean no value: empty ones, and these texts. One that is a number (`-200`) means that number however
 * it is written.
 */
export class MissingCells {
  /** Of texts that are numbers. */
  readonly numbers: readonly number[];

  private readonly texts: ReadonlySet<string>;
  /** The same as bytes, by their length. */
  private readonly bytesByLength: readonly (readonly Uint8Array[])[];

  constructor(texts: readonly string[] = USUAL_MISSING) {
    this.numbers = texts.map(plainNumber).filter((number) => number !== undefined);
    this.texts = new Set(texts.map((text) => text.toLowerCase()));
    const byLength: Uint8Array[][] = [];
    for (const text of this.texts) {
      const bytes = Buffer.from(text);
      (byLength[bytes.length] ??= []).push(bytes);
    }
    this.bytesByLength = byLength;
  }

  /** Whether a cell without blanks around it has no value. */
  has(cell: string): boolean {
    return cell === '' || this.texts.has(cell.toLowerCase());
  }

  /** Says the same of ASCII from its bytes; what is not ASCII has its answer elsewhere. */
  hasBytes(text: Uint8Array, start: number, end: number): boolean {
    if (start === end) return true;
    for (const bytes of this.bytesByLength[end - start] ?? []) {
      let own = 0;
      while (own < bytes.length && isSame(text[start + own] ?? 0, bytes[own] ?? 0)) own += 1;
      if (own === bytes.length) return true;
    }
    return false;
  }
}

function isSame(byte: number, lowerCase: number): boolean {
  const isUpperCase = byte >= 0x41 && byte <= 0x5a;
  return (isUpperCase ? byte | LOWER_CASE : byte) === lowerCase;
}
