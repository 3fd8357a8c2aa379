/** One of a caller's places for connections, for as long as it is renewed. */
export interface ConnectionPlace {
  readonly subject: string;
  /** From 0. */
  readonly number: number;
  /** Of this connection alone. */
  readonly holder: string;
}

/**
 * Who holds which of a caller's places, for all processes together: a place never has two holders. Throws
 * DomainError `unavailable` (`connections-unavailable`) when it cannot know.
 */
export abstract class ConnectionPlaces {
  /** A place below `most` that is free, or whose holder has not renewed it in time; undefined for none. */
  abstract take(
    wish: { readonly subject: string; readonly most: number; readonly holder: string },
    nowEpochMs: number,
    untilEpochMs: number,
  ): Promise<ConnectionPlace | undefined>;

  /** False when it is no longer this holder's. */
  abstract renew(place: ConnectionPlace, untilEpochMs: number): Promise<boolean>;

  /** Changes nothing for a place that is no longer this holder's. */
  abstract giveBack(place: ConnectionPlace): Promise<void>;
}
