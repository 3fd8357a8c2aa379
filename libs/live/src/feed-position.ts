/**
 * Where a feed stands, as the id of an event: all of the topic up to this message was seen, but for the
 * `changed` that wait since another one.
 */
export interface FeedPosition {
  readonly messageId: string;
  /** Changed ranges of what stands behind this message have not been told yet. */
  readonly untoldSince?: string | undefined;
}

const POSITION = /^([0-9A-Za-z-]{1,64})(?:~([0-9A-Za-z-]{1,64}))?$/;

export function positionText({ messageId, untoldSince }: FeedPosition): string {
  return untoldSince === undefined ? messageId : `${messageId}~${untoldSince}`;
}

/** Undefined for text that `positionText` never made. */
export function parsePosition(text: string): FeedPosition | undefined {
  const match = POSITION.exec(text);
  if (!match) return undefined;
  const [, messageId = '', untoldSince] = match;
  return { messageId, untoldSince };
}
