import { createGunzip, type Gunzip } from 'node:zlib';
import { inPieces } from './byte-pieces.js';
import { FileFault } from '../file-fault.js';

/** Small, because what a damaged piece had already given is lost: at most its own few rows. */
const PIECE_BYTES = 512;
const OUTPUT_BYTES = 64 * 1024;
const MIB = 1024 ** 2;
const GIB = 1024 ** 3;

const RATIO_TOO_HIGH = 'gzip-ratio-too-high';

/** What bounds a bomb. */
export interface InflationLimits {
  readonly maxOutputBytes: number;
  /** Output of so many bytes is taken, however small the input. */
  readonly freeOutputBytes: number;
  /**
   * The output beyond that, for each byte of input. Real recordings have 6 to 7, a constant value every second
   * 13, 60 constant columns 144, 200 of them 276; deflate reaches 1032.
   */
  readonly maxRatio: number;
}

export const INFLATION_LIMITS: InflationLimits = {
  maxOutputBytes: 20 * GIB,
  freeOutputBytes: 64 * MIB,
  maxRatio: 300,
};

/**
 * Inflates gzip of one or several members. Each piece goes in alone and its output comes out before
 * the next: so memory is bounded, and a damaged file ends at the same byte in every run. Zeros
 * behind the last member are padding; anything else there is damage, because it may be a member
 * whose rows would be missed.
 *
 * Throws FileFault `gzip-corrupt`, `gzip-too-large` or `gzip-ratio-too-high`, behind the bytes that were good.
 */
export async function* gunzip(
  source: AsyncIterable<Uint8Array>,
  limits: InflationLimits = INFLATION_LIMITS,
): AsyncGenerator<Buffer> {
  const inflation = new Inflation(limits);
  try {
    for await (const piece of inPieces(source, PIECE_BYTES)) {
      yield* inflation.push(piece);
    }
    yield* inflation.end();
  } finally {
    inflation.close();
  }
}

/** No deflate stream unpacks to more, for each byte. */
const DEFLATE_RATIO = 1032;

/**
 * Unpacks the beginning of a file, as much of it as is free, so that a bomb is refused before its first row is
 * written. Throws FileFault `gzip-ratio-too-high`. Of damage the rows in front of it are imported, so nothing
 * is said of it here.
 */
export async function refuseBomb(
  source: AsyncIterable<Uint8Array>,
  fileBytes: number,
  limits: InflationLimits = INFLATION_LIMITS,
): Promise<void> {
  if (fileBytes * DEFLATE_RATIO <= limits.freeOutputBytes) return;
  let bytes = 0;
  try {
    for await (const chunk of gunzip(source, limits)) {
      bytes += chunk.length;
      if (bytes > limits.freeOutputBytes) return;
    }
  } catch (error) {
    if (!(error instanceof FileFault) || error.code === RATIO_TOO_HIGH) throw error;
  }
}

class Inflation {
  private readonly inflater: Gunzip = createGunzip({ chunkSize: OUTPUT_BYTES });
  private output: Buffer[] = [];
  private outputBytes = 0;
  private inputBytes = 0;
  private ended = false;
  private failure: unknown;

  constructor(private readonly limits: InflationLimits) {
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

  private assertWithinLimits(): void {
    const { maxOutputBytes, freeOutputBytes, maxRatio } = this.limits;
    if (this.outputBytes > maxOutputBytes) throw tooLarge(maxOutputBytes);
    if (this.outputBytes > Math.max(freeOutputBytes, this.inputBytes * maxRatio)) {
      throw ratioTooHigh(this.limits);
    }
  }

  private *taken(): Generator<Buffer> {
    const { output } = this;
    this.output = [];
    for (const chunk of output) {
      this.outputBytes += chunk.length;
      this.assertWithinLimits();
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

function ratioTooHigh({ freeOutputBytes, maxRatio }: InflationLimits): FileFault {
  return new FileFault(
    RATIO_TOO_HIGH,
    `The file unpacks to more than ${freeOutputBytes / MIB} MiB and ${maxRatio} times its size. A file that ` +
      'repeats itself so much can be uploaded as .csv, or in parts.',
  );
}

function corrupt(detail: string, cause?: unknown): FileFault {
  return new FileFault('gzip-corrupt', detail, cause);
}
