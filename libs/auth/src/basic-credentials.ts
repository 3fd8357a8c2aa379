/** A name and a password as the caller typed them. Never logged. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

const MAX_ENCODED_CHARACTERS = 2048;
const BASIC = /^basic +([A-Za-z0-9+/]+={0,2})$/i;
// Control characters are what RFC 7617 forbids in both parts.
const CONTROL = /\p{Cc}/u;

/**
 * Reads an Authorization header of RFC 7617 with charset UTF-8; undefined when it is anything else.
 * Buffer alone would not do: it skips characters that are not base64 and replaces broken UTF-8.
 */
export function parseBasicCredentials(authorization: string): Credentials | undefined {
  if (authorization.length > MAX_ENCODED_CHARACTERS) return undefined;
  const encoded = BASIC.exec(authorization)?.[1];
  const text = encoded === undefined ? undefined : decodeStrictly(encoded);
  if (text === undefined || CONTROL.test(text)) return undefined;
  // A password may contain colons, a name cannot.
  const colon = text.indexOf(':');
  if (colon < 1) return undefined;
  return { username: text.slice(0, colon), password: text.slice(colon + 1) };
}

function decodeStrictly(encoded: string): string | undefined {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
