/** One call's work, which is over no sooner than that of the call in front of it. */
export type CallWork = (before: Promise<void>) => Promise<void>;

/**
 * Keeps some calls on their way to the store, while the next rows are read and packed. They may be answered
 * in any order, and are over in that of the file.
 */
export class WriteWindow {
  /** In the order of the file. */
  private calls: Promise<void>[] = [];

  constructor(private readonly maxCalls: number) {}

  /** Resolves when the call has begun. Throws what an earlier one throws. */
  async begin(work: CallWork): Promise<void> {
    if (this.calls.length >= this.maxCalls) {
      await this.calls[0];
      this.calls = this.calls.slice(1);
    }
    void this.push(work(this.calls.at(-1) ?? Promise.resolve()));
  }

  /** Does something when the calls so far are over, and before those to come are. Throws what one of them throws. */
  follow(work: () => Promise<void>): Promise<void> {
    return this.push((this.calls.pop() ?? Promise.resolve()).then(work));
  }

  private push(call: Promise<void>): Promise<void> {
    // It is looked at later, and must not count as unhandled until then.
    call.catch(() => undefined);
    this.calls.push(call);
    return call;
  }

  /** Resolves when nothing is on its way any more. Throws what a call throws. */
  async drained(): Promise<void> {
    await Promise.allSettled(this.calls);
    await Promise.all(this.calls);
    this.calls.length = 0;
  }
}
