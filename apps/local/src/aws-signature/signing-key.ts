import { createHash, createHmac, timingSafeEqual } from 'node:crypto';

/** The key of one day, region and service, derived from the secret. */
export function signingKey(secretAccessKey: string, scope: string): Buffer {
  return scope
    .split('/')
    .reduce((key: Buffer, part) => hmac(key, part), Buffer.from(`AWS4${secretAccessKey}`));
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
