import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

const KEPT_KEYS = 16;
const keys = new Map<string, Buffer>();

/** The key of one day, region and service, derived from the secret; kept, because each request needs it. */
export function signingKey(secretAccessKey: string, scope: string): Buffer {
  const name = `${secretAccessKey} ${scope}`;
  const kept = keys.get(name);
  if (kept !== undefined) return kept;
  const key = scope
    .split('/')
    .reduce((derived: Buffer, part) => hmac(derived, part), Buffer.from(`AWS4${secretAccessKey}`));
  if (keys.size >= KEPT_KEYS) keys.clear();
  keys.set(name, key);
  return key;
}

/** 64 hexadecimal digits. */
export function sign(key: Buffer, lines: readonly string[]): string {
  return hmac(key, lines.join('\n')).toString('hex');
}

export function sha256Hex(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

/** Takes the same time wherever the two differ, so that a signature cannot be guessed digit by digit. */
export function sameSignature(expected: string, given: string): boolean {
  const left = Buffer.from(expected);
  const right = Buffer.from(given);
  return left.length === right.length && timingSafeEqual(left, right);
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
