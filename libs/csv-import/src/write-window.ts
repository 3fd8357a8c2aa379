/** Writes one block. `before` is the block in front of it: true when that one was sent again. */
export type BlockWrite = (before: Promise<boolean>) => Promise<boolean>;

/**
 * Keeps two blocks on their way to the store, so that the next one is read, judged and sent while the
 * last readings of the one before are being confirmed. What an import holds is what these two and the
 * one being judged hold.
 */
export class WriteWindow {
  private older: Promise<boolean> = Promise.resolve(false);
  private newer: Promise<boolean> = Promise.resolve(false);

  /** Resolves when the write has begun. Throws what an earlier one throws. */
  async begin(write: BlockWrite): Promise<void> {
    // A block that is sent again makes the one behind it be sent again. Here that ends: with nothing on
    // its way, the next block has nothing to fear.
    if (await this.older) {
      await this.newer;
      this.newer = Promise.resolve(false);
    }
    this.older = this.newer;
    this.newer = write(this.older);
    // It is looked at later, and must not count as unhandled until then.
    this.newer.catch(() => undefined);
  }

  /** Resolves when nothing is on its way any more. Throws what a write throws. */
  async drained(): Promise<void> {
    await Promise.allSettled([this.older, this.newer]);
    await this.older;
    await this.newer;
  }
}
