import { Sha256 } from '@smithy/core/checksum';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SigningSha256 } from './signing-sha256.js';

const data = fc.oneof(fc.string(), fc.uint8Array());
const secrets = fc.option(fc.oneof(fc.string({ minLength: 1 }), fc.uint8Array({ minLength: 1 })), {
  nil: undefined,
});

describe('the digest of the signer', () => {
  it("is that of the SDK's own, with and without a secret", async () => {
    await fc.assert(
      fc.asyncProperty(secrets, fc.array(data), async (secret, pieces) => {
        const [ours, theirs] = [new SigningSha256(secret), new Sha256(secret)];
        for (const piece of pieces) {
          ours.update(piece);
          theirs.update(typeof piece === 'string' ? Buffer.from(piece) : piece);
        }

        expect(new Uint8Array(await ours.digest())).toEqual(await theirs.digest());
      }),
    );
  });

  it('recognises a secret, and distinguishes it from another', async () => {
    const digest = async (secret: string | Uint8Array): Promise<string> => {
      const sha256 = new SigningSha256(secret);
      sha256.update('text');
      return Buffer.from(await sha256.digest()).toString('hex');
    };
    const key = new Uint8Array([1, 2, 3]);

    const all = [await digest('one'), await digest(key), await digest('two'), await digest('one')];
    const again = await digest(key);

    expect(new Set(all).size).toBe(3);
    expect(all[0]).toBe(all[3]);
    expect(again).toBe(all[1]);
  });

  it('begins anew after a reset', async () => {
    const [sha256, fresh] = [new SigningSha256(), new SigningSha256()];
    sha256.update('something');

    sha256.reset();

    expect(await sha256.digest()).toEqual(await fresh.digest());
  });
});
