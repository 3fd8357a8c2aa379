import { hash, randomInt } from 'node:crypto';
import { crc32 } from 'node:zlib';

/**
 * The text of an API key: `sfk_<id>_<secret>`. The secret is 43 random characters (256 bits) and a checksum of 6
 * over all that stands before it, so that a mistyped key is told from one that was revoked. Letters and
 * digits alone: a double click selects a part, and nothing has to be escaped anywhere.
 */
export const API_KEY_PREFIX = 'sfk_';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const ID_CHARACTERS = 16;
const RANDOM_CHARACTERS = 43;
const CHECKSUM_CHARACTERS = 6;
const SHAPE = new RegExp(
  `^${API_KEY_PREFIX}([0-9A-Za-z]{${ID_CHARACTERS}})_[0-9A-Za-z]{${RANDOM_CHARACTERS + CHECKSUM_CHARACTERS}}$`,
);

export interface NewApiKeyText {
  readonly keyId: string;
  /** Shown once and kept nowhere. */
  readonly key: string;
}

export function newApiKeyText(): NewApiKeyText {
  const keyId = randomText(ID_CHARACTERS);
  const checked = `${API_KEY_PREFIX}${keyId}_${randomText(RANDOM_CHARACTERS)}`;
  return { keyId, key: `${checked}${checksumOf(checked)}` };
}

/** The id in a key whose checksum is right; undefined for any other text. */
export function keyIdIn(unverifiedKey: string): string | undefined {
  const keyId = SHAPE.exec(unverifiedKey)?.[1];
  if (keyId === undefined) return undefined;
  const checked = unverifiedKey.slice(0, -CHECKSUM_CHARACTERS);
  return unverifiedKey.endsWith(checksumOf(checked)) ? keyId : undefined;
}

/** Whether a text can be the id of a key at all. */
export function isKeyId(text: string): boolean {
  return /^[0-9A-Za-z]{16}$/.test(text);
}

/** All that is kept of a key. A random text of 256 bits needs no slow hash. */
export function apiKeyHash(key: string): Buffer {
  return hash('sha256', key, 'buffer');
}

function randomText(characters: number): string {
  return Array.from({ length: characters }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
}

function checksumOf(text: string): string {
  let rest = crc32(text);
  let checksum = '';
  for (let place = 0; place < CHECKSUM_CHARACTERS; place += 1) {
    checksum = `${ALPHABET[rest % ALPHABET.length]}${checksum}`;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return checksum;
}
