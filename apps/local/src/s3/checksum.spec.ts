import { describe, expect, it } from 'vitest';
import { isChecksum, startChecksum, type ChecksumAlgorithm } from './checksum.js';

// The check values of the CRC catalogue and of FIPS 180 for the text "123456789".
const CHECK_VALUES: readonly (readonly [ChecksumAlgorithm, string])[] = [
  ['crc32', 'cbf43926'],
  ['crc32c', 'e3069283'],
  ['sha1', 'f7c3bc1d808e04732adf679965ccc34ca7ae3441'],
  ['sha256', '15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225'],
];

describe('a checksum', () => {
  it.each(CHECK_VALUES)('by %s is the published one, in one piece or several', (name, hex) => {
    const whole = startChecksum(name);
    const pieces = startChecksum(name);

    whole.update(Buffer.from('123456789'));
    for (const piece of ['1', '2345', '6789']) pieces.update(Buffer.from(piece));

    const expected = Buffer.from(hex, 'hex').toString('base64');
    expect([whole.base64(), pieces.base64()]).toEqual([expected, expected]);
  });

  it('is base64 of the right length', () => {
    expect(isChecksum('crc32', 'AAAAAA==')).toBe(true);
    expect(isChecksum('sha1', 'AAAAAA==')).toBe(false);
    expect(isChecksum('crc32', 'AAAAAA')).toBe(false);
    expect(isChecksum('crc32', 'not base64')).toBe(false);
  });
});
