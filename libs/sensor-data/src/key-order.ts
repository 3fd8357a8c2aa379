/**
 * Gives writes of one key the order of their arrival: each waits until those before it that share a
 * key with it are over. A task only ever waits for earlier ones, so that none can wait in a circle.
 */
export class KeyOrder {
  private readonly lastTaskOf = new Map<string, Promise<unknown>>();

  /** The place in the order is taken at once, in the call itself. */
  run<T>(keys: readonly string[], task: () => Promise<T>): Promise<T> {
    const earlier = new Set<Promise<unknown>>();
    for (const key of keys) {
      const before = this.lastTaskOf.get(key);
      if (before) earlier.add(before);
    }
    const result = earlier.size === 0 ? task() : Promise.allSettled(earlier).then(task);
    for (const key of keys) this.lastTaskOf.set(key, result);
    const forget = () => {
      for (const key of keys) if (this.lastTaskOf.get(key) === result) this.lastTaskOf.delete(key);
    };
    result.then(forget, forget);
    return result;
  }
}
