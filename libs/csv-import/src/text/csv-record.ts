/** What is wrong with a record before its fields are looked at. */
export type RecordFault =
  'unclosed-quote' | 'quote-malformed' | 'embedded-newline' | 'row-too-long' | 'zero-bytes';

/** One record: the bytes from `start` to `end` of its block, without the line end. */
export interface CsvRecord {
  readonly start: number;
  readonly end: number;
  /** Of its first line, from 1. */
  readonly line: number;
  readonly fault?: RecordFault;
  /** The beginning of a record that is too long to be kept. */
  readonly excerpt?: Buffer;
}

export interface RecordBlock {
  readonly bytes: Buffer;
  readonly records: readonly CsvRecord[];
  /** Behind the last record: where reading can go on. */
  readonly next: TextPlace;
}

export interface TextPlace {
  readonly offset: number;
  readonly line: number;
}

export const LF = 0x0a;
export const CR = 0x0d;
export const QUOTE = 0x22;
export const SPACE = 0x20;
