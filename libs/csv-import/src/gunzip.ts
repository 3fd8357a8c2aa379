import { createGunzip, type Gunzip } from 'node:zlib';
import { inPieces } from './byte-pieces.js';
import { FileFault } from './file-fault.js';

/** Small, because what a damaged piece had already given is lost: at most its own few rows. */
const PIECE_BYTES = 512;
const OUTPUT_BYTES = 64 * 1024;
const GIB = 1024 ** 3;
/**
 * What bounds a bomb. A ratio would not: deflate reaches 1032, and an honest file of 60 columns of
 * zeros 112.
 */
const MAX_OUTPUT_BYTES = 20 * GIB;

/**
 * Inflates gzip of one or several members. Each piece goes in alone and its output comes out before
 * the next: so memory is bounded, and a damaged file ends at the same byte in every run. Zeros
 * behind the last member are padding; anything else there is damage, because it may be a member
 * whose rows would be missed.
 *
 * Throws FileFault `gzip-corrupt` or `gzip-too-large`, behind the bytes that were good.
 */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
  maxOutputBytes = MAX_OUTPUT_BYTES,
): AsyncGenerator<Buffer> {
  const inflation = new Inflation(maxOutputBytes);
  try {
    for await (const piece of inPieces(source, PIECE_BYTES)) {
      yield* inflation.push(piece);
    }
    yield* inflation.end();
  } finally {
    inflation.close();
  }
}

class Inflation {
  private readonly inflater: Gunzip = createGunzip({ chunkSize: OUTPUT_BYTES });
  private output: Buffer[] = [];
  private outputBytes = 0;
  private inputBytes = 0;
  private ended = false;
  private failure: unknown;

  constructor(private readonly maxOutputBytes: number) {
    this.inflater.on('data', (chunk: Buffer) => this.output.push(chunk));
    this.inflater.on('end', () => (this.ended = true));
    this.inflater.on('error', (error) => (this.failure = error));
  }

  async *push(piece: Buffer): AsyncGenerator<Buffer> {
    const pieceStart = this.inputBytes;
    this.inputBytes += piece.length;
    if (!this.ended) {
      await this.settled((done) => this.inflater.write(piece, () => done()));
      yield* this.taken();
    }
    if (this.ended) assertPadding(piece, this.inflater.bytesWritten - pieceStart);
  }

  async *end(): AsyncGenerator<Buffer> {
    if (!this.ended) await this.settled(() => this.inflater.end());
    yield* this.taken();
  }

  close(): void {
    this.inflater.destroy();
  }

  /** Until the step is done, the data ended or failed: a write behind the end is never called back. */
  private async settled(step: (done: () => void) => void): Promise<void> {
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.inflater.off('end', done).off('error', done);
        resolve();
      };
      this.inflater.once('end', done).once('error', done);
      step(done);
    });
  }

  private *taken(): Generator<Buffer> {
    const { output } = this;
    this.output = [];
    for (const chunk of output) {
      this.outputBytes += chunk.length;
      if (this.outputBytes > this.maxOutputBytes) throw tooLarge(this.maxOutputBytes);
      yield chunk;
    }
    if (this.failure !== undefined)
      throw corrupt('The gzip data is damaged or cut off.', this.failure);
  }
}

function assertPadding(piece: Buffer, from: number): void {
  for (const byte of piece.subarray(Math.max(0, from))) {
    if (byte !== 0) throw corrupt('Other bytes follow the end of the gzip data.');
  }
}

function tooLarge(maxBytes: number): FileFault {
  return new FileFault('gzip-too-large', `The file unpacks to more than ${maxBytes / GIB} GiB.`);
}

function corrupt(detail: string, cause?: unknown): FileFault {
  return new FileFault('gzip-corrupt', detail, cause);
}
