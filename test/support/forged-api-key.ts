import { newApiKeyText } from '@sensorflow/auth/api-keys/api-key-text.js';
import { crc32 } from 'node:zlib';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** A key with the id of another and a secret of its own, whose checksum is right: anybody can compute that. */
export function forgedApiKey(keyId: string): string {
  const secret = newApiKeyText().key.slice(21, 64);
  const checked = `sfk_${keyId}_${secret}`;
  let rest = crc32(checked);
  const checksum = Array.from({ length: 6 }, () => {
    const digit = DIGITS[rest % 62];
    rest = Math.floor(rest / 62);
    return digit;
  });
  return checked + checksum.toReversed().join('');
}
