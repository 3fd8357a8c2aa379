/** Where the readings of one equipment and hour find the group that they can join. */
export interface GroupPlace<G> {
  group: G | undefined;
}

/** Places of groups that have left, kept beside four for each group that waits. */
const FEW_PLACES = 1000;

/**
 * The groups of one caller that readings can still join, by equipment and hour. The place of a group that has left
 * stays for the next one: a Map from which keys come and go is rebuilt all the time, and each of its dead tables
 * keeps the groups that stood in it (see Bag).
 */
export class JoinableGroups<G> {
  private places = new Map<string, GroupPlace<G>>();
  private count = 0;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  placeOf(equipmentHour: string): GroupPlace<G> {
    const known = this.places.get(equipmentHour);
    if (known) return known;
    if (this.places.size >= FEW_PLACES + 4 * this.count) this.clearPlaces();
    const place = { group: undefined };
    this.places.set(equipmentHour, place);
    return place;
  }

  /** In the place of the one that stood there, which readings no longer join. */
  put(place: GroupPlace<G>, group: G): void {
    if (place.group === undefined) this.count += 1;
    place.group = group;
  }

  /** Does nothing where another one has taken its place. */
  remove(place: GroupPlace<G>, group: G): void {
    if (place.group !== group) return;
    place.group = undefined;
    this.count -= 1;
  }

  private clearPlaces(): void {
    this.places = new Map([...this.places].filter(([, { group }]) => group !== undefined));
  }
}
