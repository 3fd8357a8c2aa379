import { withoutFirst } from './byte-pieces.js';
import { FileFault } from '../file-fault.js';
import { gunzip } from './gunzip.js';
import { peek } from './text-head.js';
import { utf16ToUtf8 } from './utf16.js';

export type TextEncoding = 'utf-8' | 'utf-16le' | 'utf-16be';

/** A file's text as UTF-8 bytes, decompressed, without a byte order mark that is not UTF-8's. */
export interface TextSource {
  readonly encoding: TextEncoding;
  readonly bytes: AsyncIterable<Buffer>;
}

const SNIFFED_BYTES = 1024;

/**
 * Opens the text from `offset` on (of the text, not of the object); `raw` is the whole object.
 * Throws FileFault `file-not-csv` or `encoding-unsupported`.
 */
export async function openText(
  raw: AsyncIterable<Uint8Array>,
  gzip: boolean,
  offset: number,
): Promise<TextSource> {
  const { head, all } = await peek(gzip ? gunzip(raw) : asBuffers(raw), SNIFFED_BYTES);
  const encoding = sniffEncoding(head);
  const text = encoding === 'utf-8' ? all : utf16ToUtf8(all, encoding);
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

function sniffEncoding(head: Buffer): TextEncoding {
  const begins = (...bytes: number[]): boolean => head.indexOf(Buffer.from(bytes)) === 0;
  if (begins(0x1f, 0x8b) || begins(0x50, 0x4b, 0x03, 0x04) || begins(0x50, 0x4b, 0x05, 0x06)) {
    throw new FileFault('file-not-csv', 'The file is compressed; gzip is taken as .csv.gz only.');
  }
  // UTF-32's little-endian mark begins like UTF-16's.
  if (begins(0xff, 0xfe, 0, 0) || begins(0, 0, 0xfe, 0xff)) throw unsupported();
  if (begins(0xff, 0xfe)) return 'utf-16le';
  if (begins(0xfe, 0xff)) return 'utf-16be';
  // Without a mark, every second byte of UTF-16 is a NUL.
  if (head.filter((byte) => byte === 0).length * 4 > head.length) throw unsupported();
  return 'utf-8';
}

function unsupported(): FileFault {
  return new FileFault(
    'encoding-unsupported',
    'The file is UTF-8, or UTF-16 with a byte order mark.',
  );
}
