/**
 * A map of bounded size that forgets entries which were not used lately. It has two generations: an entry that is found
 * in the older one moves to the younger.
 */
export class RecentMap<K, V> {
  private young = new Map<K, V>();
  private old = new Map<K, V>();
  private weight = 0;

  /** @param mostWeight of one generation: the map holds at most twice as much */
  constructor(
    private readonly mostWeight: number,
    private readonly weightOf: (value: V) => number = () => 1,
  ) {}

  get(key: K): V | undefined {
    const found = this.young.get(key);
    if (found !== undefined) return found;
    const older = this.old.get(key);
    if (older !== undefined) this.set(key, older);
    return older;
  }

  set(key: K, value: V): void {
    this.young.set(key, value);
    this.weighMore(this.weightOf(value));
  }

  delete(key: K): void {
    this.young.delete(key);
    this.old.delete(key);
  }

  /** An entry has grown by this weight. */
  weighMore(weight: number): void {
    this.weight += weight;
    if (this.weight < this.mostWeight) return;
    this.old = this.young;
    this.young = new Map();
    this.weight = 0;
  }
}
