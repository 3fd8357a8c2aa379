import {
  CR,
  LF,
  SPACE,
  type CsvRecord,
  type RecordBlock,
  type RecordFault,
  type TextPlace,
} from './csv-record.js';
import { QuotedRecords } from './quoted-records.js';

const EXCERPT_BYTES = 1024;
/** A zero byte alone may be damage within a row; so many of them are what was never written. */
const ZEROS = Buffer.alloc(4);

/** A line too long to be kept: what the report says of it. */
interface LongRow {
  readonly line: number;
  /** Line ends that were dropped with its first bytes. */
  readonly lineEnds: number;
  readonly excerpt: Buffer;
}

interface FoundRecord extends CsvRecord {
  /** Where the next record starts. */
  readonly next: number;
  /** How many lines it runs over. */
  readonly lines: number;
}

/** What was found in some bytes. */
export interface Split {
  /** Undefined when no record ends in the bytes. */
  readonly block: RecordBlock | undefined;
  /** Bytes that need not be shown again. */
  readonly consumed: number;
}

/**
 * Cuts text into records, some whole records at a time, in memory bounded by the longest row.
 * Lines end with LF, CRLF or CR, also mixed; lines of nothing but spaces are none. A quoted field may
 * run over line ends when it is properly closed within `maxRowBytes`; otherwise its quote is that one
 * line's fault, and the next line is read as usual: a stray quote must not swallow the file. Zero bytes in
 * a row, which a power loss leaves, end a record that is none; what follows them begins another.
 */
export class RecordSplitter {
  private longRow: LongRow | undefined;
  /** Offset of the bytes that come next. */
  private position: number;
  private readonly delimiter: number;

  constructor(
    private resume: TextPlace,
    delimiter: string,
    private readonly maxRowBytes: number,
  ) {
    this.position = resume.offset;
    this.delimiter = delimiter.charCodeAt(0);
  }

  /** Where the next record begins. */
  get place(): TextPlace {
    return this.resume;
  }

  /** Whether the bytes that come next belong to a row that began before them. */
  get isInsideRow(): boolean {
    return this.longRow !== undefined;
  }

  /** Somebody else has read the next so many lines, which are whole records. */
  pass(bytes: number, lines: number): void {
    const { offset, line } = this.resume;
    this.position += bytes;
    this.resume = { offset: offset + bytes, line: line + lines };
  }

  /**
   * The next records, at most so many. What is not consumed is to be shown again, with more bytes behind it.
   * `final`: none will come, so the last line needs no line end.
   */
  split(bytes: Buffer, final: boolean, maxRecords: number): Split {
    const before = this.resume;
    const records: CsvRecord[] = [];
    const quoted = new QuotedRecords(bytes, this.delimiter, this.maxRowBytes, final);
    const lines = new LineEnds(bytes, final);
    let at = 0;
    while (records.length < maxRecords && (at < bytes.length || this.longRow)) {
      const record = this.longRow
        ? this.restOfLongRow(lines, at, this.longRow)
        : this.recordAt(bytes, lines, quoted, at);
      if (!record) break;
      if (record.excerpt || record.fault || !isBlank(bytes, record.start, record.end))
        records.push(record);
      at = record.next;
      this.resume = { offset: this.position + at, line: record.line + record.lines };
    }
    const isFull = records.length === maxRecords;
    const isCut = !isFull && (this.longRow !== undefined || this.isTooLong(bytes, at));
    const consumed = isCut ? this.skip(bytes, at, final) : at;
    this.position += consumed;
    const block = { bytes, records, next: this.resume };
    return { block: this.resume === before ? undefined : block, consumed };
  }

  private recordAt(
    bytes: Buffer,
    lines: LineEnds,
    quoted: QuotedRecords,
    at: number,
  ): FoundRecord | undefined {
    const lineEnd = lines.endFrom(at);
    const gap = lines.zerosFrom(at);
    if (gap < lineEnd) return this.gapAt(bytes, lines, at, gap);
    const record = quoted.startBefore(at, lineEnd)
      ? quoted.recordAt(at, lineEnd)
      : { end: lineEnd };
    return record === 'incomplete' ? undefined : this.found(bytes, lines, at, record);
  }

  /** The record that ends with the zero bytes at `zeros`, within its line or at its end. */
  private gapAt(
    bytes: Buffer,
    lines: LineEnds,
    start: number,
    zeros: number,
  ): FoundRecord | undefined {
    const end = endOfZeros(bytes, zeros);
    // Bytes to come may be more of them, or the line's end.
    if (end === bytes.length && !lines.final) return undefined;
    const lineEnd = lines.endFrom(start);
    if (end - start > this.maxRowBytes) return this.found(bytes, lines, start, { end: lineEnd });
    const isWholeLine = end === lineEnd;
    const next = isWholeLine ? lines.behind(end) : end;
    if (next === undefined) return undefined;
    const { line } = this.resume;
    return { start, end: zeros, next, line, lines: isWholeLine ? 1 : 0, fault: 'zero-bytes' };
  }

  private found(
    bytes: Buffer,
    lines: LineEnds,
    start: number,
    { end, fault }: { readonly end: number; readonly fault?: RecordFault },
  ): FoundRecord | undefined {
    const next = lines.behind(end);
    if (next === undefined) return undefined;
    const tooLong = end - start > this.maxRowBytes;
    return {
      start,
      end,
      next,
      line: this.resume.line,
      lines: fault === 'embedded-newline' ? countLineEnds(bytes, start, end) + 1 : 1,
      ...(tooLong
        ? { fault: 'row-too-long' as const, excerpt: bytes.subarray(start, start + EXCERPT_BYTES) }
        : fault && { fault }),
    };
  }

  private restOfLongRow(
    ends: LineEnds,
    at: number,
    { line, lineEnds, excerpt }: LongRow,
  ): FoundRecord | undefined {
    const end = ends.endFrom(at);
    const next = ends.behind(end);
    if (next === undefined) return undefined;
    this.longRow = undefined;
    const lines = lineEnds + 1;
    return { start: at, end, next, line, lines, fault: 'row-too-long', excerpt };
  }

  private isTooLong(bytes: Buffer, at: number): boolean {
    return bytes.length - at > this.maxRowBytes + 1;
  }

  /** Drops what is known to lie inside a long row; a CR at the end waits for the LF behind it. */
  private skip(bytes: Buffer, at: number, final: boolean): number {
    const end = !final && bytes.at(-1) === CR ? bytes.length - 1 : bytes.length;
    this.longRow ??= {
      line: this.resume.line,
      lineEnds: countLineEnds(bytes, at, end),
      excerpt: Buffer.from(bytes.subarray(at, at + EXCERPT_BYTES)),
    };
    return end;
  }
}

/** Finds line ends; looks for each kind once, so that a kind that is rare costs nothing. */
class LineEnds {
  private nextLf = -1;
  private nextCr = -1;
  private nextZeros = -1;

  constructor(
    private readonly bytes: Buffer,
    /** No bytes will follow. */
    readonly final: boolean,
  ) {}

  /** Where the next zero bytes in a row begin; the end of the bytes when there are none. */
  zerosFrom(at: number): number {
    if (this.nextZeros < at) {
      const found = this.bytes.indexOf(ZEROS, at);
      this.nextZeros = found === -1 ? this.bytes.length : found;
    }
    return this.nextZeros;
  }

  /** Where the line ends; the end of the bytes when no line end is there. */
  endFrom(at: number): number {
    if (this.nextLf < at) this.nextLf = this.find(LF, at);
    if (this.nextCr < at) this.nextCr = this.find(CR, at);
    return Math.min(this.nextLf, this.nextCr);
  }

  /** Where the next line starts, or undefined when the bytes to come decide that. */
  behind(end: number): number | undefined {
    if (end >= this.bytes.length) return this.final ? this.bytes.length : undefined;
    if (this.bytes[end] === LF) return end + 1;
    if (end + 1 >= this.bytes.length) return this.final ? end + 1 : undefined;
    return this.bytes[end + 1] === LF ? end + 2 : end + 1;
  }

  private find(byte: number, from: number): number {
    const found = this.bytes.indexOf(byte, from);
    return found === -1 ? this.bytes.length : found;
  }
}

function endOfZeros(bytes: Buffer, from: number): number {
  let at = from;
  while (bytes[at] === 0) at += 1;
  return at;
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) {
    if (bytes[at] !== SPACE) return false;
  }
  return true;
}

function countLineEnds(bytes: Buffer, start: number, end: number): number {
  let lineEnds = 0;
  for (let at = start; at < end; at += 1) {
    if (bytes[at] === LF || (bytes[at] === CR && bytes[at + 1] !== LF)) lineEnds += 1;
  }
  return lineEnds;
}
