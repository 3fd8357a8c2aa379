import { describe, expect, it } from 'vitest';
import { AwsChunkedBody, ChunkedFault, type ChunkedFraming } from './aws-chunked-body.js';

const FRAMED = '5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n';
const FRAMING: ChunkedFraming = { decodedLength: 11, trailerNames: ['x-amz-checksum-crc32'] };

async function* inPieces(text: string, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < text.length; at += size) yield Buffer.from(text.slice(at, at + size));
}

async function decode(text: string, framing = FRAMING, pieceSize = 7) {
  const body = new AwsChunkedBody(inPieces(text, pieceSize), framing);
  const parts: Buffer[] = [];
  for await (const part of body.content()) parts.push(part);
  return { text: Buffer.concat(parts).toString(), trailers: Object.fromEntries(body.trailers) };
}

async function faultOf(text: string, framing = FRAMING): Promise<string> {
  return decode(text, framing).then(
    () => 'none',
    (error: unknown) => (error instanceof ChunkedFault ? error.reason : String(error)),
  );
}

describe('an aws-chunked body', () => {
  it.each([1, 2, 3, 7, 1000])(
    'is the same however its bytes arrive: %i at a time',
    async (size) => {
      const decoded = await decode(FRAMED, FRAMING, size);

      expect(decoded).toEqual({
        text: 'hello world',
        trailers: { 'x-amz-checksum-crc32': 'DUoRhQ==' },
      });
    },
  );

  it('may be empty', async () => {
    const decoded = await decode('0\r\n\r\n', { decodedLength: 0, trailerNames: [] });

    expect(decoded).toEqual({ text: '', trailers: {} });
  });

  it.each([
    ['cut within a chunk', FRAMED.slice(0, 6), 'incomplete'],
    ['cut after a chunk', FRAMED.slice(0, 10), 'incomplete'],
    ['without its last chunk', FRAMED.slice(0, 21), 'incomplete'],
    ['cut before its end', FRAMED.slice(0, -2), 'incomplete'],
    ['with bytes after its end', `${FRAMED}x`, 'malformed'],
    ['with a size that is no number', FRAMED.replace('5', 'z'), 'malformed'],
    ['with a chunk longer than it says', FRAMED.replace('hello', 'helloo'), 'malformed'],
    ['with an endless size line', `5;x=${'y'.repeat(5000)}`, 'incomplete'],
    ['without its trailer', '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n', 'malformed-trailer'],
    ['with an unannounced trailer', FRAMED.replace('crc32:', 'sha1:'), 'malformed-trailer'],
  ])('is refused %s', async (_, text, reason) => {
    expect(await faultOf(text)).toBe(reason);
  });

  it('is refused when it is longer or shorter than announced', async () => {
    expect(await faultOf(FRAMED, { ...FRAMING, decodedLength: 10 })).toBe('malformed');
    expect(await faultOf(FRAMED, { ...FRAMING, decodedLength: 12 })).toBe('incomplete');
  });
});
