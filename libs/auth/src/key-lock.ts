const MAX_WAITING = 20;

interface Line {
  readonly last: Promise<unknown>;
  readonly length: number;
}

/** Runs work of the same key one after the other, in this process. */
export class KeyLock {
  private readonly lines = new Map<string, Line>();

  /** Undefined when too much is waiting already; then the work is not run. */
  run<T>(key: string, work: () => Promise<T>): Promise<T> | undefined {
    const { last, length } = this.lines.get(key) ?? { last: Promise.resolve(), length: 0 };
    if (length > MAX_WAITING) return undefined;
    const done = last.then(work);
    const settled = done.then(
      () => this.leave(key),
      () => this.leave(key),
    );
    this.lines.set(key, { last: settled, length: length + 1 });
    return done;
  }

  private leave(key: string): void {
    const line = this.lines.get(key);
    if (!line || line.length === 1) this.lines.delete(key);
    else this.lines.set(key, { ...line, length: line.length - 1 });
  }
}
