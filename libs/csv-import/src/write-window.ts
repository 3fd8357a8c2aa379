/** Writes one block. `before` is the block in front of it: true when that one was sent again. */
export type BlockWrite = (before: Promise<boolean>) => Promise<boolean>;

const NOTHING_BEFORE = Promise.resolve(false);

/**
 * Keeps some blocks on their way to the store, so that the next one is read, judged and sent while the
 * last readings of those before are being confirmed. What an import holds is what these and the one
 * being judged hold.
 */
export class WriteWindow {
  /** In the order of the file. */
  private writes: Promise<boolean>[] = [];

  constructor(private readonly maxBlocks: number) {}

  /** Resolves when the write has begun. Throws what an earlier one throws. */
  async begin(write: BlockWrite): Promise<void> {
    if (this.writes.length >= this.maxBlocks) await this.makeRoom();
    const current = write(this.writes.at(-1) ?? NOTHING_BEFORE);
    // It is looked at later, and must not count as unhandled until then.
    current.catch(() => undefined);
    this.writes.push(current);
  }

  /**
   * A block that is sent again makes the one behind it be sent again. Here that ends: with nothing on
   * its way, the next block has nothing to fear.
   */
  private async makeRoom(): Promise<void> {
    const [oldest, ...others] = this.writes;
    if (await oldest) await this.drained();
    else this.writes = others;
  }

  /** Resolves when nothing is on its way any more. Throws what a write throws. */
  async drained(): Promise<void> {
    await Promise.allSettled(this.writes);
    await Promise.all(this.writes);
    this.writes = [];
  }
}
