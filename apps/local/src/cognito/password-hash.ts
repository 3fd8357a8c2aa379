import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';

const COST = { N: 16_384, r: 8, p: 1 };
const KEY_BYTES = 32;
const SCHEME = 'scrypt-16384-8-1';

/** Takes the place of a missing user's hash, so that looking it up costs what a real one costs. */
const DECOY = encode(randomBytes(16), randomBytes(KEY_BYTES));

/** `scrypt-16384-8-1$<salt>$<key>`, both base64url; salted anew each time. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return encode(salt, await derive(password, salt));
}

/**
 * Compares in constant time. Without a hash (no such user) it does the same work and answers false,
 * so that the time taken does not tell who exists.
 */
export async function matchesPassword(
  password: string,
  passwordHash: string | undefined,
): Promise<boolean> {
  const [scheme, salt, key] = (passwordHash ?? DECOY).split('$');
  if (scheme !== SCHEME || salt === undefined || key === undefined) {
    throw new Error('a stored password hash is damaged');
  }
  const derived = await derive(password, Buffer.from(salt, 'base64url'));
  return timingSafeEqual(derived, Buffer.from(key, 'base64url')) && passwordHash !== undefined;
}

function encode(salt: Buffer, key: Buffer): string {
  return [SCHEME, salt.toString('base64url'), key.toString('base64url')].join('$');
}

function derive(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, COST, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
