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
