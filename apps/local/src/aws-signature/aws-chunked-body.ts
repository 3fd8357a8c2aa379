import { createHash } from 'node:crypto';
import { ByteReader } from './byte-reader.js';
import type { ChunkSignatures } from './chunk-signatures.js';

const MAXIMUM_LINE_BYTES = 4096;
const MAXIMUM_TRAILERS = 10;

export type ChunkedFaultReason = 'incomplete' | 'malformed' | 'malformed-trailer' | 'mismatch';

/** A body whose aws-chunked framing is broken, or whose chunk signatures are wrong. */
export class ChunkedFault extends Error {
  override readonly name = 'ChunkedFault';

  constructor(readonly reason: ChunkedFaultReason) {
    super(`aws-chunked body: ${reason}`);
  }
}

export interface ChunkedFraming {
  /** `x-amz-decoded-content-length`. */
  readonly decodedLength: number;
  /** Given when every chunk must be signed. */
  readonly signatures?: ChunkSignatures;
  /** `x-amz-trailer`: lower-case names of the fields that must follow the last chunk. */
  readonly trailerNames: readonly string[];
}

/**
 * A body in AWS's own chunked encoding (S3 API Reference, "Signature Calculations for the
 * Authorization Header: Transferring Payload in Multiple Chunks"). The SDKs send streams this way.
 */
export class AwsChunkedBody {
  /** Filled when all of `content()` was read. */
  readonly trailers = new Map<string, string>();
  private readonly reader: ByteReader;
  private received = 0;

  constructor(
    source: AsyncIterable<Buffer>,
    private readonly framing: ChunkedFraming,
  ) {
    this.reader = new ByteReader(source);
  }

  /** The body without its framing. Throws ChunkedFault; what came before it is not to be trusted. */
  async *content(): AsyncGenerator<Buffer> {
    try {
      let chunk = await this.chunkHeader();
      while (chunk.size > 0) {
        yield* this.chunkContent(chunk);
        if ((await this.lineOr('incomplete')) !== '') throw new ChunkedFault('malformed');
        chunk = await this.chunkHeader();
      }
      this.checkChunk(createHash('sha256').digest('hex'), chunk.signature);
      if (this.received !== this.framing.decodedLength) throw new ChunkedFault('incomplete');
      await this.readTrailers();
      if ((await this.reader.some(1)).length > 0) throw new ChunkedFault('malformed');
    } finally {
      await this.reader.release();
    }
  }

  private async chunkHeader(): Promise<{ size: number; signature: string }> {
    const line = await this.lineOr('incomplete');
    const parts = /^([0-9a-fA-F]{1,10})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
    if (!parts) throw new ChunkedFault('malformed');
    const size = Number.parseInt(parts[1] ?? '', 16);
    if (this.received + size > this.framing.decodedLength) throw new ChunkedFault('malformed');
    return { size, signature: parts[2] ?? '' };
  }

  private async *chunkContent(chunk: { size: number; signature: string }): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    let missing = chunk.size;
    while (missing > 0) {
      const bytes = await this.reader.some(missing);
      if (bytes.length === 0) throw new ChunkedFault('incomplete');
      if (this.framing.signatures) hash.update(bytes);
      missing -= bytes.length;
      this.received += bytes.length;
      yield bytes;
    }
    this.checkChunk(hash.digest('hex'), chunk.signature);
  }

  private checkChunk(contentHash: string, signature: string): void {
    const { signatures } = this.framing;
    if (signatures && !signatures.acceptsChunk(contentHash, signature)) {
      throw new ChunkedFault('mismatch');
    }
  }

  private async readTrailers(): Promise<void> {
    let signature = '';
    let line = (await this.lineOr('incomplete')).trim();
    while (line !== '') {
      const colon = line.indexOf(':');
      const name = line.slice(0, Math.max(colon, 0)).toLowerCase();
      if (name === 'x-amz-trailer-signature') signature = line.slice(colon + 1).trim();
      else this.addTrailer(name, line.slice(colon + 1).trim());
      line = (await this.lineOr('incomplete')).trim();
    }
    this.checkTrailers(signature);
  }

  private addTrailer(name: string, value: string): void {
    const expected = this.framing.trailerNames.includes(name);
    if (!expected || this.trailers.has(name) || this.trailers.size >= MAXIMUM_TRAILERS) {
      throw new ChunkedFault('malformed-trailer');
    }
    this.trailers.set(name, value);
  }

  private checkTrailers(signature: string): void {
    const { signatures, trailerNames } = this.framing;
    if (trailerNames.some((name) => !this.trailers.has(name))) {
      throw new ChunkedFault('malformed-trailer');
    }
    if (!signatures || trailerNames.length === 0) return;
    const text = [...this.trailers].map(([name, value]) => `${name}:${value}\n`).join('');
    if (!signatures.acceptsTrailer(text, signature)) throw new ChunkedFault('mismatch');
  }

  private async lineOr(reason: ChunkedFaultReason): Promise<string> {
    const line = await this.reader.line(MAXIMUM_LINE_BYTES);
    if (line === undefined) throw new ChunkedFault(reason);
    return line;
  }
}
