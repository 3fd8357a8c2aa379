/** Lets at most so many tasks run at a time; the others wait their turn in order of arrival. */
export class CallLimit {
  private free: number;
  private readonly waiting: (() => void)[] = [];

  constructor(maxInFlight: number) {
    this.free = maxInFlight;
  }

  async run<T>(task: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await task();
    } finally {
      const next = this.waiting.shift();
      // The place goes straight to the next in line: nobody can slip in between.
      if (next) next();
      else this.free += 1;
    }
  }
}
