/** What is in a bag knows its place there; -1 when it is in none. */
export interface InBag {
  bagPlace: number;
}

/**
 * What is under way, in no order. Not a Set: a Set from which things come and go is rebuilt all the time, and
 * V8 keeps each of its dead tables, with what stood in it, alive through the one before until the next full
 * collection. That promoted every write to the old generation: a third of the CPU that one takes behind HTTP.
 */
export class Bag<T extends InBag> {
  private readonly items: T[] = [];

  get size(): number {
    return this.items.length;
  }

  add(item: T): void {
    item.bagPlace = this.items.length;
    this.items.push(item);
  }

  /** False when it is not in it. */
  delete(item: T): boolean {
    const place = item.bagPlace;
    if (this.items[place] !== item) return false;
    const last = this.items.pop();
    if (last !== undefined && last !== item) {
      this.items[place] = last;
      last.bagPlace = place;
    }
    item.bagPlace = -1;
    return true;
  }

  /** A list of its own: what is in the bag may change meanwhile. */
  all(): readonly T[] {
    return this.items.slice();
  }
}
