import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { gunzip, INFLATION_LIMITS, refuseBomb, type InflationLimits } from './gunzip.js';

const KIB = 1024;

async function* of(...pieces: readonly Buffer[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    await Promise.resolve();
    yield piece;
  }
}

async function unpack(file: Buffer, limits: Partial<InflationLimits> = {}) {
  let bytes = 0;
  try {
    for await (const chunk of gunzip(of(file), { ...INFLATION_LIMITS, ...limits }))
      bytes += chunk.length;
    return { bytes, fault: undefined };
  } catch (error) {
    return { bytes, fault: error };
  }
}

describe('unpacking gzip', () => {
  it('ends a file that unpacks to more than the limit, behind the bytes within it', async () => {
    const bomb = gzipSync(Buffer.alloc(8 * KIB * KIB));

    const { bytes, fault } = await unpack(bomb, { maxOutputBytes: 300 * KIB });

    expect(fault).toMatchObject({ code: 'gzip-too-large' });
    expect(bytes).toBeGreaterThan(200 * KIB);
    expect(bytes).toBeLessThanOrEqual(300 * KIB);
  });

  it('takes a file that unpacks to exactly the limit', async () => {
    const file = gzipSync(Buffer.alloc(300 * KIB));

    const unpacked = await unpack(file, { maxOutputBytes: 300 * KIB });

    expect(unpacked).toEqual({ bytes: 300 * KIB, fault: undefined });
  });

  it('takes a thousandfold compression of what is small anyway', async () => {
    const file = gzipSync(Buffer.alloc(20 * KIB * KIB));
    expect((20 * KIB * KIB) / file.length).toBeGreaterThan(1000);

    const unpacked = await unpack(file);

    expect(unpacked).toEqual({ bytes: 20 * KIB * KIB, fault: undefined });
  });

  it('ends a file that unpacks to many times its size, once it is no longer small', async () => {
    const bomb = gzipSync(Buffer.alloc(2000 * KIB));

    const { bytes, fault } = await unpack(bomb, { freeOutputBytes: 500 * KIB });

    expect(fault).toMatchObject({ code: 'gzip-ratio-too-high' });
    expect(bytes).toBeLessThanOrEqual(500 * KIB);
  });

  it('lets honest bytes in front of a bomb pay for no more than their share', async () => {
    const honest = randomBytes(4 * KIB);
    const file = gzipSync(Buffer.concat([honest, Buffer.alloc(4000 * KIB)]));

    const { bytes, fault } = await unpack(file, { freeOutputBytes: 64 * KIB });

    expect(fault).toMatchObject({ code: 'gzip-ratio-too-high' });
    expect(bytes).toBeGreaterThan(1000 * KIB);
    expect(bytes).toBeLessThan(300 * 9 * KIB);
  });
});

describe('honest files that repeat themselves', () => {
  const columns = (count: number, cell: string) =>
    Array.from(
      { length: 1000 },
      (_, i) =>
        `EQ-1,${new Date(1_672_531_200_000 + i * 1000).toISOString()}${cell.repeat(count)}\n`,
    ).join('');

  it.each([
    ['a recording', readFileSync('test/data/machine-temperature.csv')],
    ['one constant value', columns(1, ',1')],
    ['200 columns of zeros', columns(200, ',0')],
    ['200 columns of one value', columns(200, ',21.500000')],
  ])('are within the ratio, however long: %s', async (_name, text) => {
    const file = gzipSync(text, { level: 9 });

    const { bytes, fault } = await unpack(file, { freeOutputBytes: 0 });

    expect([bytes, fault]).toEqual([Buffer.byteLength(text), undefined]);
  });
});

describe('looking for a bomb', () => {
  const limits = { ...INFLATION_LIMITS, freeOutputBytes: 500 * KIB };
  const bomb = gzipSync(Buffer.alloc(2000 * KIB));
  const look = async (file: Buffer) => refuseBomb(of(file), file.length, limits);

  it('finds one', async () => {
    await expect(look(bomb)).rejects.toMatchObject({ code: 'gzip-ratio-too-high' });
  });

  it('unpacks no more than is free, and nothing of what cannot be a bomb', async () => {
    let read = 0;
    async function* counted(file: Buffer) {
      for (let at = 0; at < file.length; at += 1024) {
        await Promise.resolve();
        read += 1024;
        yield file.subarray(at, at + 1024);
      }
    }
    const honest = gzipSync(randomBytes(2000 * KIB));

    await refuseBomb(counted(honest), honest.length, limits);
    const readOfLarge = read;
    await refuseBomb(counted(bomb), 400, limits);

    expect(readOfLarge).toBeLessThan(600 * KIB);
    expect(read).toBe(readOfLarge);
  });

  it('says nothing of a file that is damaged', async () => {
    const cutOff = gzipSync(randomBytes(400 * KIB)).subarray(0, 300 * KIB);
    await expect(look(cutOff)).resolves.toBeUndefined();
    await expect(look(Buffer.alloc(5000, 'no gzip'))).resolves.toBeUndefined();
  });
});
