/**
 * The text of a file as it comes in, a piece at a time: always in the same memory, so that a file of any
 * size leaves nothing behind. What has been used makes room for what comes.
 */
export class UnreadText {
  /** No more will come. */
  isLast = false;

  private readonly source: AsyncIterator<Buffer>;
  private buffer: Buffer;
  private start = 0;
  private end = 0;
  /** What the source gave and the buffer has not got. */
  private chunk: Buffer = Buffer.alloc(0);
  private failure: { readonly error: unknown } | undefined;

  /** @param pieceBytes how many bytes are added at a time; fewer at the end */
  constructor(
    source: AsyncIterable<Buffer>,
    private readonly pieceBytes: number,
  ) {
    this.source = source[Symbol.asyncIterator]();
    this.buffer = Buffer.allocUnsafeSlow(2 * pieceBytes);
  }

  /** What is not used yet; changes with the next `read`. */
  get bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  use(count: number): void {
    this.start += count;
  }

  /** Adds the next piece. Throws what the source throws, behind the bytes that came before. */
  async read(): Promise<void> {
    this.makeRoom();
    for (let missing = this.pieceBytes; missing > 0 && !this.isLast;) {
      if (this.chunk.length === 0) await this.nextChunk();
      if (this.failure && missing < this.pieceBytes) return;
      if (this.failure) throw this.failure.error;
      const count = this.chunk.copy(this.buffer, this.end, 0, missing);
      this.chunk = this.chunk.subarray(count);
      this.end += count;
      missing -= count;
    }
  }

  private async nextChunk(): Promise<void> {
    try {
      const next = await this.source.next();
      if (next.done === true) this.isLast = true;
      else this.chunk = next.value;
    } catch (error) {
      this.failure = { error };
    }
  }

  private makeRoom(): void {
    const { buffer, bytes, pieceBytes } = this;
    if (bytes.length + pieceBytes > buffer.length) {
      this.buffer = Buffer.allocUnsafeSlow(2 * (bytes.length + pieceBytes));
    }
    bytes.copy(this.buffer, 0);
    this.start = 0;
    this.end = bytes.length;
  }

  /** The rest of the source is not wanted. */
  async close(): Promise<void> {
    await this.source.return?.();
  }
}
