import { describe, expect, it } from 'vitest';
import { isSameSecret, secretHash } from './secret-hash.js';

describe('secret hash', () => {
  it('is the HMAC-SHA256 of username and client id under the client secret', () => {
    // printf 'aliceclient1' | openssl dgst -sha256 -hmac 'secret1' -binary | base64
    expect(secretHash('secret1', 'alice', 'client1')).toBe(
      'MG2M/k1y1QF8QihjMNpPzhAPU3+R7SL2Bod0iZju8y0=',
    );
  });

  it('compares texts of any length', () => {
    const answers = [
      isSameSecret('abc', 'abc'),
      isSameSecret('abc', 'abd'),
      isSameSecret('abc', ''),
    ];

    expect(answers).toEqual([true, false, false]);
  });
});
