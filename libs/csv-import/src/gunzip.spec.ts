import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { gunzip } from './gunzip.js';

const KIB = 1024;

async function* of(...pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    await Promise.resolve();
    yield piece;
  }
}

async function unpack(file: Buffer, maxBytes?: number) {
  let bytes = 0;
  try {
    for await (const chunk of gunzip(of(file), maxBytes)) bytes += chunk.length;
    return { bytes, fault: undefined };
  } catch (error) {
    return { bytes, fault: error };
  }
}

describe('unpacking gzip', () => {
  it('ends a file that unpacks to more than the limit, behind the bytes within it', async () => {
    const bomb = gzipSync(Buffer.alloc(8 * KIB * KIB));

    const { bytes, fault } = await unpack(bomb, 300 * KIB);

    expect(fault).toMatchObject({ code: 'gzip-too-large' });
    expect(bytes).toBeGreaterThan(200 * KIB);
    expect(bytes).toBeLessThanOrEqual(300 * KIB);
  });

  it('takes a file that unpacks to exactly the limit', async () => {
    const file = gzipSync(Buffer.alloc(300 * KIB));

    const unpacked = await unpack(file, 300 * KIB);

    expect(unpacked).toEqual({ bytes: 300 * KIB, fault: undefined });
  });

  it('takes a thousandfold compression: only the size counts', async () => {
    const file = gzipSync(Buffer.alloc(20 * KIB * KIB));
    expect((20 * KIB * KIB) / file.length).toBeGreaterThan(1000);

    const unpacked = await unpack(file);

    expect(unpacked).toEqual({ bytes: 20 * KIB * KIB, fault: undefined });
  });
});
