/** What a topic delivers to each of its listeners. */
export interface TopicMessage {
  /** Given by the topic: the same for every listener, and for a message that is told again. */
  readonly id: string;
  readonly publishedAtEpochMs: number;
  readonly body: string;
}

/** A message may be as long, in characters of ASCII. */
export const MAX_MESSAGE_LENGTH = 256 * 1024;

/** Tells all processes of what has changed. */
export abstract class ChangePublisher {
  /**
   * Once it returns, every listener will hear it, behind what was published before. The same body within five
   * minutes is published once, so that a publication of unknown outcome can be repeated.
   *
   * Throws DomainError `unavailable` (`live-unavailable`).
   */
  abstract publish(body: string): Promise<void>;
}

/** Hears what is published, in the one order that all listeners hear it in. */
export abstract class ChangeListener {
  /**
   * Hears what was published since an instant (up to a day ago), and then what comes, in order. A message can
   * be told again. Goes on through outages of its own until `close`; a message that was published meanwhile
   * comes late.
   *
   * Throws DomainError `unavailable` (`live-unavailable`) when it cannot begin.
   */
  abstract listen(sinceEpochMs: number, hear: (message: TopicMessage) => void): Promise<Listening>;
}

export interface Listening {
  /** Gives back what listening took. Does not throw. */
  close(): Promise<void>;
}
