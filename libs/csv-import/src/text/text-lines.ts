import { isUtf8 } from 'node:buffer';
import { CR, LF, type TextPlace } from './csv-record.js';

/** A line at the beginning of a text. */
export interface TextLine {
  readonly text: string;
  /** From 1. */
  readonly line: number;
  /** Behind its line end. */
  readonly next: TextPlace;
  readonly isUtf8: boolean;
  /** Whether its end is known: its line end, or that of the whole text. */
  readonly isWhole: boolean;
}

const BYTE_ORDER_MARK = '\ufeff';

/** Where a text begins, behind a byte order mark. */
export function startOf(head: Buffer): TextPlace {
  const isMarked = head.indexOf(BYTE_ORDER_MARK) === 0;
  return { offset: isMarked ? Buffer.byteLength(BYTE_ORDER_MARK) : 0, line: 1 };
}

/** The lines of a text's first bytes, without a byte order mark. `isAll`: nothing follows them. */
export function* linesOf(head: Buffer, isAll: boolean): Generator<TextLine> {
  for (let place = startOf(head); place.offset < head.length;) {
    const { offset, line } = place;
    const end = lineEnd(head, offset);
    const bytes = head.subarray(offset, end);
    const width = head[end] === CR && head[end + 1] === LF ? 2 : 1;
    place = { offset: Math.min(end + width, head.length), line: line + 1 };
    yield {
      text: bytes.toString('utf8'),
      line,
      next: place,
      isUtf8: isUtf8(bytes),
      isWhole: isAll || end < head.length - 1,
    };
  }
}

function lineEnd(head: Buffer, from: number): number {
  let at = from;
  while (at < head.length && head[at] !== LF && head[at] !== CR) at += 1;
  return at;
}
