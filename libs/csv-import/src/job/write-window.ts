/** Writes one block, and is over no sooner than the block in front of it. */
export type BlockWrite = (before: Promise<void>) => Promise<void>;

/**
 * Keeps some blocks on their way to the store, so that the next one is read, judged and sent while the
 * last readings of those before are being confirmed. What an import holds is what these and the one
 * being judged hold.
 */
export class WriteWindow {
  /** In the order of the file. */
  private writes: Promise<void>[] = [];

  constructor(private readonly maxBlocks: number) {}

  /** Resolves when the write has begun. Throws what an earlier one throws. */
  async begin(write: BlockWrite): Promise<void> {
    if (this.writes.length >= this.maxBlocks) {
      await this.writes[0];
      this.writes = this.writes.slice(1);
    }
    const current = write(this.writes.at(-1) ?? Promise.resolve());
    // It is looked at later, and must not count as unhandled until then.
    current.catch(() => undefined);
    this.writes.push(current);
  }

  /** Resolves when nothing is on its way any more. Throws what a write throws. */
  async drained(): Promise<void> {
    await Promise.allSettled(this.writes);
    await Promise.all(this.writes);
    this.writes.length = 0;
  }
}
