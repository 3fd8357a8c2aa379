import {
  ConnectionPlaces,
  type ConnectionPlace,
} from '@sensorflow/auth/connections/connection-places.js';

/** Places that several "processes" of a test can share. */
export class InMemoryConnectionPlaces extends ConnectionPlaces {
  private readonly held = new Map<string, { holder: string; untilEpochMs: number }>();

  async take(
    { subject, most, holder }: { subject: string; most: number; holder: string },
    nowEpochMs: number,
    untilEpochMs: number,
  ): Promise<ConnectionPlace | undefined> {
    for (let number = 0; number < most; number += 1) {
      const place = { subject, number, holder };
      if ((this.held.get(keyOf(place))?.untilEpochMs ?? 0) > nowEpochMs) continue;
      this.held.set(keyOf(place), { holder, untilEpochMs });
      return place;
    }
    return undefined;
  }

  async renew(place: ConnectionPlace, untilEpochMs: number): Promise<boolean> {
    if (this.held.get(keyOf(place))?.holder !== place.holder) return false;
    this.held.set(keyOf(place), { holder: place.holder, untilEpochMs });
    return true;
  }

  async giveBack(place: ConnectionPlace): Promise<void> {
    if (this.held.get(keyOf(place))?.holder === place.holder) this.held.delete(keyOf(place));
  }
}

function keyOf({ subject, number }: ConnectionPlace): string {
  return `${subject} ${number}`;
}
