/** Reads lines and counted bytes from a stream of buffers, holding no more than one buffer and one line. */
export class ByteReader {
  private readonly source: AsyncIterator<Buffer>;
  private pending: Buffer = Buffer.alloc(0);

  constructor(source: AsyncIterable<Buffer>) {
    this.source = source[Symbol.asyncIterator]();
  }

  /** The text up to the next CRLF, without it; undefined when the stream ends or the line is too long. */
  async line(maximumBytes: number): Promise<string | undefined> {
    let end = this.pending.indexOf('\r\n');
    while (end === -1) {
      if (this.pending.length > maximumBytes) return undefined;
      const next = await this.next();
      if (!next) return undefined;
      this.pending = Buffer.concat([this.pending, next]);
      end = this.pending.indexOf('\r\n');
    }
    if (end > maximumBytes) return undefined;
    const line = this.pending.toString('latin1', 0, end);
    this.pending = this.pending.subarray(end + 2);
    return line;
  }

  /** Up to `maximumBytes` of what comes next; empty at the end of the stream. */
  async some(maximumBytes: number): Promise<Buffer> {
    while (this.pending.length === 0) {
      const next = await this.next();
      if (!next) return this.pending;
      this.pending = next;
    }
    const taken = this.pending.subarray(0, maximumBytes);
    this.pending = this.pending.subarray(taken.length);
    return taken;
  }

  /** Lets go of the source, read to its end or not. */
  async release(): Promise<void> {
    await this.source.return?.();
  }

  private async next(): Promise<Buffer | undefined> {
    const result = await this.source.next();
    return result.done === true ? undefined : result.value;
  }
}
