/** Places of groups that have left, kept beside four for each group that waits. */
const FEW_PLACES = 1000;

/**
 * The groups of one caller that readings can still join, by equipment and hour. The place of a group that has left
 * stays for the next one: a Map from which keys come and go is rebuilt all the time, and each of its dead tables
 * keeps the groups that stood in it (see Bag).
 */
export class JoinableGroups<G> {
  private places = new Map<string, G | undefined>();
  private count = 0;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  find(equipmentHour: string): G | undefined {
    return this.places.get(equipmentHour);
  }

  /** Where none is to be found. */
  add(equipmentHour: string, group: G): void {
    if (this.places.size >= FEW_PLACES + 4 * this.count) this.clearPlaces();
    this.places.set(equipmentHour, group);
    this.count += 1;
  }

  /** Does nothing where it is another one that readings join. */
  remove(equipmentHour: string, group: G): void {
    if (this.places.get(equipmentHour) !== group) return;
    this.places.set(equipmentHour, undefined);
    this.count -= 1;
  }

  private clearPlaces(): void {
    this.places = new Map([...this.places].filter(([, group]) => group !== undefined));
  }
}
