import { isUtf8 } from 'node:buffer';
import { CR, LF, type TextPlace } from '../text/csv-record.js';
import { sniffDelimiter } from './delimiter.js';
import { FileFault } from '../file-fault.js';
import type { ImportOptions } from './import-options.js';
import { isDelimiter, type Delimiter } from './import-options.js';

/** The line that names the columns, and where the rows begin behind it. */
export interface HeaderLine {
  readonly text: string;
  readonly delimiter: Delimiter;
  readonly next: TextPlace;
}

/** What is in front of the rows must fit into this. */
export const MAX_HEADER_BYTES = 64 * 1024;
const BYTE_ORDER_MARK = '\ufeff';
const SEPARATOR_LINE = /^"?sep=(.)"? *$/i;

/**
 * Reads the header from the beginning of the text (`head`: its first bytes, more than
 * MAX_HEADER_BYTES unless it is shorter). Blank lines and a line `sep=;` may stand in front.
 * Throws FileFault `file-empty`, `header-too-long`, `encoding-unsupported`, `delimiter-ambiguous`.
 */
export function readHeaderLine(head: Buffer, options: ImportOptions): HeaderLine {
  let separator: Delimiter | undefined;
  for (let place: TextPlace = { offset: 0, line: 1 }; ;) {
    const { text, next } = lineAt(head, place);
    const said = SEPARATOR_LINE.exec(text)?.[1];
    if (isDelimiter(said)) separator ??= said;
    else if (text.trim() !== '') {
      return { text, delimiter: delimiterOf(text, separator, options), next };
    }
    place = next;
  }
}

function delimiterOf(
  text: string,
  separator: Delimiter | undefined,
  options: ImportOptions,
): Delimiter {
  if (options.delimiter !== undefined) return options.delimiter;
  if (separator === undefined) return sniffDelimiter(text, options);
  if (separator !== ',' || options.decimal !== ',') return separator;
  throw new FileFault('delimiter-ambiguous', 'A comma cannot both end a field and begin decimals.');
}

function lineAt(head: Buffer, { offset, line }: TextPlace) {
  if (offset >= head.length) {
    throw head.length > MAX_HEADER_BYTES
      ? headerTooLong()
      : new FileFault('file-empty', 'The file has no header line.');
  }
  const end = lineEnd(head, offset);
  if (end > MAX_HEADER_BYTES) throw headerTooLong();
  const bytes = head.subarray(offset, end);
  if (!isUtf8(bytes)) {
    throw new FileFault('encoding-unsupported', 'The header line is not UTF-8.');
  }
  const width = head[end] === CR && head[end + 1] === LF ? 2 : 1;
  const decoded = bytes.toString('utf8');
  const text = offset === 0 && decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded;
  return { text, next: { offset: Math.min(end + width, head.length), line: line + 1 } };
}

function lineEnd(head: Buffer, from: number): number {
  let at = from;
  while (at < head.length && head[at] !== LF && head[at] !== CR) at += 1;
  return at;
}

function headerTooLong(): FileFault {
  return new FileFault('header-too-long', 'The header line does not end within 64 KiB.');
}
