import { MAX_TOKEN_BYTES } from './access-token-verifier.js';
import { parseUnambiguousObject } from './json-object.js';

/** Header members that would change how a token is read or where its key comes from. */
const REFUSED_HEADERS = ['crit', 'b64', 'zip', 'cty', 'enc', 'jwk', 'jku', 'x5u', 'x5c'];
const BASE64URL = /^[A-Za-z0-9_-]+$/;
const MAX_KEY_ID_CHARACTERS = 256;

/**
 * The key id of a text that has the shape of our tokens: three strictly encoded parts, RS256, nothing
 * unusual in the header, and a payload that can be read in only one way. Undefined for anything else.
 *
 * Comes before the JWT library, which is more lenient: it reads repeated claims, base64 with junk in
 * it and unknown headers.
 */
export function keyIdOfWellFormedToken(unverifiedToken: string): string | undefined {
  if (unverifiedToken.length > MAX_TOKEN_BYTES) return undefined;
  const [header, payload, signature, ...more] = unverifiedToken.split('.');
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  if (more.length > 0 || !decodeCanonical(signature)) return undefined;
  if (!readObject(payload)) return undefined;
  const members = readObject(header);
  return members && isPlainHeader(members) ? keyIdOf(members) : undefined;
}

/** An RSA key of 2,048 bits, the least for RS256, signs with so many characters. */
const LEAST_SIGNATURE_CHARACTERS = 342;
const PARTS = 3;

/**
 * Says in a sentence what is wrong with the shape of such a text, for who sent it. Of what stands in it nothing is
 * said: nobody has signed it yet.
 */
export function malformation(unverifiedToken: string): string {
  if (unverifiedToken.trim() === '') return 'There is no access token behind Bearer.';
  if (/["'<>{}]/.test(unverifiedToken)) {
    return 'The access token is in quotes or brackets: send it without them.';
  }
  if (/^bearer\b/i.test(unverifiedToken)) return 'The word Bearer is there twice: send it once.';
  if (/\s/.test(unverifiedToken)) {
    return 'There is a blank in the access token, or more than one token: send one, in one line.';
  }
  const parts = unverifiedToken.split('.', 2 * PARTS);
  if (parts.length > PARTS) {
    return 'The access token has too many parts: it is there more than once, or is none.';
  }
  return isCutOff(unverifiedToken) ? CUT_OFF : NO_ACCESS_TOKEN;
}

/** Whether it begins like a token, and ends before the shortest signature could. */
export function isCutOff(unverifiedToken: string): boolean {
  const [, , signature = ''] = unverifiedToken.split('.', PARTS);
  return unverifiedToken.startsWith('eyJ') && signature.length < LEAST_SIGNATURE_CHARACTERS;
}

export const CUT_OFF = 'The access token is cut off: its end is missing.';

const NO_ACCESS_TOKEN =
  'This is no access token: three base64url parts, signed with RS256, were expected.';

function isPlainHeader(header: ReadonlyMap<string, unknown>): boolean {
  if (header.get('alg') !== 'RS256') return false;
  if (REFUSED_HEADERS.some((name) => header.has(name))) return false;
  return !header.has('typ') || header.get('typ') === 'JWT' || header.get('typ') === 'at+jwt';
}

function keyIdOf(header: ReadonlyMap<string, unknown>): string | undefined {
  const keyId = header.get('kid');
  if (typeof keyId !== 'string' || keyId === '') return undefined;
  return keyId.length <= MAX_KEY_ID_CHARACTERS ? keyId : undefined;
}

function readObject(part: string): ReadonlyMap<string, unknown> | undefined {
  const bytes = decodeCanonical(part);
  if (!bytes) return undefined;
  try {
    return parseUnambiguousObject(
      new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    );
  } catch {
    return undefined;
  }
}

/** Without padding, junk or stray trailing bits: each value has exactly one text. */
function decodeCanonical(part: string): Buffer | undefined {
  if (!BASE64URL.test(part)) return undefined;
  const bytes = Buffer.from(part, 'base64url');
  return bytes.toString('base64url') === part ? bytes : undefined;
}
