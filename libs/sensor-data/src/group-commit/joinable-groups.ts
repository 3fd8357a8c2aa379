import type { HourText } from '../log/hour-time.js';

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
  private readonly hours = new Map<HourText, Map<string, GroupPlace<G>>>();
  private places = 0;
  private count = 0;

  get isEmpty(): boolean {
    return this.count === 0;
  }

  placeOf(equipmentId: string, hour: HourText): GroupPlace<G> {
    const known = this.hours.get(hour)?.get(equipmentId);
    if (known) return known;
    if (this.places >= FEW_PLACES + 4 * this.count) this.clearPlaces();
    const ofHour = this.hours.get(hour) ?? new Map<string, GroupPlace<G>>();
    this.hours.set(hour, ofHour);
    const place = { group: undefined };
    ofHour.set(equipmentId, place);
    this.places += 1;
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
    this.places = 0;
    for (const [hour, places] of this.hours) {
      const taken = [...places].filter(([, { group }]) => group !== undefined);
      if (taken.length === 0) this.hours.delete(hour);
      else this.hours.set(hour, new Map(taken));
      this.places += taken.length;
    }
  }
}
