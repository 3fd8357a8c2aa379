import { withoutFirst } from './byte-pieces.js';
import { FileFault } from '../file-fault.js';
import { delimiterOfErrorReport } from './error-report-start.js';
import { isGzip, refuseOtherKinds } from './file-kind.js';
import { gunzip } from './gunzip.js';
import { looksLikeSingleByteText, looksLikeUtf8 } from './other-encoding.js';
import { singleByteToUtf8 } from './single-byte.js';
import type { TextEncoding } from './text-encoding.js';
import { peek } from './text-head.js';
import { utf16ToUtf8 } from './utf16.js';

/** A file's text as UTF-8 bytes, decompressed, without a byte order mark that is not UTF-8's. */
export interface TextSource {
  readonly encoding: TextEncoding;
  readonly bytes: AsyncIterable<Buffer>;
}

/** How the bytes of a file become text. */
export interface TextPacking {
  readonly gzip: boolean;
  /** As its uploader says; undefined for UTF-8, unless a byte order mark says otherwise. */
  readonly encoding: TextEncoding | undefined;
}

const SNIFFED_BYTES = 2048;
/** As much as the header is looked for in: characters beyond ASCII are rare. */
const COMPARED_BYTES = 64 * 1024;

/**
 * Opens the text from `offset` on (of the text, not of the object); `raw` is the whole object.
 * A byte order mark has the last word on the encoding: no text of another one begins with it.
 * Throws FileFault `file-not-csv`, `gzip-corrupt` or `encoding-unsupported`.
 */
export async function openText(
  raw: AsyncIterable<Uint8Array>,
  { gzip, encoding: said }: TextPacking,
  offset: number,
): Promise<TextSource> {
  const size = isSingleByte(said) ? COMPARED_BYTES : SNIFFED_BYTES;
  const { head, all } = await peek(gzip ? unpacked(raw) : asBuffers(raw), size);
  refuseOtherKinds(head, gzip);
  const encoding = markedEncoding(head) ?? reportEncoding(head) ?? unmarkedEncoding(head, said);
  const text = toUtf8(all, encoding);
  return { encoding, bytes: offset === 0 ? text : withoutFirst(text, offset) };
}

/** Plain UTF-8 may be opened in the middle: places in the text are places in the object. */
export function resumePlainText(raw: AsyncIterable<Uint8Array>): TextSource {
  return { encoding: 'utf-8', bytes: asBuffers(raw) };
}

async function* asBuffers(source: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  for await (const chunk of source) {
    yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  }
}

async function* unpacked(raw: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  const { head, all } = await peek(asBuffers(raw), 2);
  if (head.length > 0 && !isGzip(head)) {
    throw new FileFault(
      'gzip-corrupt',
      'The file is named .gz but is not compressed with gzip: give plain text a name such as readings.csv.',
    );
  }
  yield* gunzip(all);
}

function toUtf8(bytes: AsyncIterable<Buffer>, encoding: TextEncoding): AsyncIterable<Buffer> {
  if (encoding === 'utf-8') return bytes;
  if (isUtf16(encoding)) return utf16ToUtf8(bytes, encoding);
  return singleByteToUtf8(bytes, encoding);
}

function markedEncoding(head: Buffer): TextEncoding | undefined {
  const begins = (...bytes: number[]): boolean => head.indexOf(Buffer.from(bytes)) === 0;
  // UTF-32's little-endian mark begins like UTF-16's.
  if (begins(0xff, 0xfe, 0, 0) || begins(0, 0, 0xfe, 0xff)) {
    throw unsupported('The file is UTF-32: save it as UTF-8.');
  }
  if (begins(0xff, 0xfe)) return 'utf-16le';
  if (begins(0xfe, 0xff)) return 'utf-16be';
  return begins(0xef, 0xbb, 0xbf) ? 'utf-8' : undefined;
}

/** An error report is UTF-8 whatever its file was, unless somebody saved it otherwise. */
function reportEncoding(head: Buffer): TextEncoding | undefined {
  const isReport = delimiterOfErrorReport(head.toString('latin1')) !== undefined;
  return isReport && !looksLikeSingleByteText(head) ? 'utf-8' : undefined;
}

/** As it was said, unless the bytes show that it cannot be so. */
function unmarkedEncoding(head: Buffer, said: TextEncoding = 'utf-8'): TextEncoding {
  if (head.length < 2) return said;
  const zeros = zerosBesideOthers(head);
  const isWide = (zeros.first + zeros.second) * 6 >= head.length;
  if (!isUtf16(said)) {
    if (isSingleByte(said) && looksLikeUtf8(head)) throw saidOtherwise(said, 'UTF-8');
    if (!isWide) return said;
    throw unsupported(
      'The file looks like UTF-16 without a byte order mark: say so with the option encoding (utf-16le or utf-16be).',
    );
  }
  const shown = zeros.first > zeros.second ? 'utf-16be' : 'utf-16le';
  if (isWide && shown === said) return said;
  throw saidOtherwise(said, isWide ? shown : 'no UTF-16');
}

function isSingleByte(encoding: TextEncoding | undefined): boolean {
  return encoding === 'windows-1252' || encoding === 'iso-8859-1';
}

function isUtf16(encoding: TextEncoding): encoding is 'utf-16le' | 'utf-16be' {
  return encoding === 'utf-16le' || encoding === 'utf-16be';
}

/**
 * Pairs of bytes of which one is zero, the first or the second of them. Zero bytes in a row are what a power loss
 * leaves; in UTF-16 and UTF-32 they stand between others.
 */
function zerosBesideOthers(head: Buffer): { readonly first: number; readonly second: number } {
  let first = 0;
  let second = 0;
  for (let at = 0; at + 1 < head.length; at += 2) {
    const isFirst = head[at] === 0;
    if (isFirst === (head[at + 1] === 0)) continue;
    if (isFirst) first += 1;
    else second += 1;
  }
  return { first, second };
}

function saidOtherwise(said: TextEncoding, is: string): FileFault {
  return unsupported(
    `The option encoding says ${said}, and the file is ${is}: leave the option out, or say what it is.`,
  );
}

function unsupported(detail: string): FileFault {
  return new FileFault('encoding-unsupported', detail);
}
