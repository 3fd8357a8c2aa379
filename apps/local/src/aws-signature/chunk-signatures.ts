import { ALGORITHM } from './authorization.js';
import { sameSignature, sha256Hex, sign } from './signing-key.js';

const EMPTY_HASH = sha256Hex('');

export interface ChunkSigningContext {
  readonly key: Buffer;
  readonly amzDate: string;
  readonly scope: string;
}

/**
 * The signatures of a body sent in signed chunks: each covers the one before it, from the request's
 * own on, so that chunks can neither be changed nor exchanged nor left out.
 */
export class ChunkSignatures {
  private previous: string;

  constructor(
    private readonly context: ChunkSigningContext,
    seedSignature: string,
  ) {
    this.previous = seedSignature;
  }

  /** `contentHash` is the chunk's SHA-256 in hexadecimal. */
  acceptsChunk(contentHash: string, signature: string): boolean {
    return this.accepts('PAYLOAD', [EMPTY_HASH, contentHash], signature);
  }

  /** `trailer` is `name:value`, each line ended by a line feed. */
  acceptsTrailer(trailer: string, signature: string): boolean {
    return this.accepts('TRAILER', [sha256Hex(trailer)], signature);
  }

  private accepts(kind: string, hashes: readonly string[], signature: string): boolean {
    const { key, amzDate, scope } = this.context;
    const lines = [`${ALGORITHM}-${kind}`, amzDate, scope, this.previous, ...hashes];
    this.previous = sign(key, lines);
    return sameSignature(this.previous, signature);
  }
}
