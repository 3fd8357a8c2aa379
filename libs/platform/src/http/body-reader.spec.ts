import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { BodyReader } from './body-reader.js';

const KIB = 1024;
const MAX_BYTES = 512 * KIB;
const ROOMS = { largeBytes: 2304 * KIB, smallBytes: 256 * KIB };

async function arrive(body: PassThrough, bytes: number): Promise<void> {
  if (!body.write(Buffer.alloc(bytes))) await once(body, 'drain');
}

/** Bodies of a sender of which so much arrives, and nothing more. */
async function stall(reader: BodyReader, sender: string, sizes: readonly number[]) {
  const bodies = sizes.map(() => new PassThrough());
  const read = bodies.map((body) => settled(reader.read(body, MAX_BYTES, sender)));
  for (const [index, body] of bodies.entries()) await arrive(body, sizes[index] ?? 0);
  return { bodies, read };
}

/** The length of a body, or the code of its refusal. */
async function settled(read: Promise<Buffer>): Promise<number | string> {
  return read.then(
    ({ length }) => length,
    ({ code }: { code: string }) => code,
  );
}

async function readAtOnce(reader: BodyReader, sender: string, bytes: number) {
  const body = new PassThrough();
  const read = settled(reader.read(body, MAX_BYTES, sender));
  body.end(Buffer.alloc(bytes));
  return read;
}

describe('bodies that arrive together', () => {
  let reader: BodyReader;

  beforeEach(() => {
    reader = new BodyReader(ROOMS);
  });

  it('are read to their ends while their sender holds little', async () => {
    const { bodies, read } = await stall(reader, 'a', [MAX_BYTES, MAX_BYTES]);

    for (const body of bodies) body.end();

    expect(await Promise.all(read)).toEqual([MAX_BYTES, MAX_BYTES]);
  });

  it('are refused as overload to a sender who holds half of the room', async () => {
    await stall(reader, 'a', [MAX_BYTES, MAX_BYTES]);
    const body = new PassThrough();
    const read = reader.read(body, MAX_BYTES, 'a');

    body.end(Buffer.alloc(MAX_BYTES));

    await expect(read).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
  });

  it('are read for others, however many one sender has', async () => {
    await stall(
      reader,
      'a',
      Array.from({ length: 8 }, () => MAX_BYTES),
    );
    await stall(
      reader,
      'b',
      Array.from({ length: 8 }, () => MAX_BYTES),
    );

    expect(await readAtOnce(reader, 'c', 200 * KIB)).toBe(200 * KIB);
  });

  it('are read while they are small, however many large ones their sender has', async () => {
    await stall(
      reader,
      'a',
      Array.from({ length: 8 }, () => MAX_BYTES),
    );

    expect(await readAtOnce(reader, 'a', 1000)).toBe(1000);
  });

  it('are small for others and themselves only up to a half of their own room', async () => {
    await stall(
      reader,
      'a',
      Array.from({ length: 100 }, () => 10 * KIB),
    );

    expect(await readAtOnce(reader, 'a', 20 * KIB)).toBe('overloaded');
    expect(await readAtOnce(reader, 'b', 20 * KIB)).toBe(20 * KIB);
    expect(await readAtOnce(reader, 'a', MAX_BYTES)).toBe(MAX_BYTES);
  });

  it('count what their chunks take beside their bytes', async () => {
    const body = new PassThrough();
    const read = settled(reader.read(body, MAX_BYTES, 'a'));

    for (let sent = 0; sent < 10_000; sent += 1) await arrive(body, 1);

    expect(await Promise.race([read, Promise.resolve('not refused')])).toBe('overloaded');
  });

  it.each([
    ['ended', (body: PassThrough) => body.end()],
    ['was too large', (body: PassThrough) => body.end(Buffer.alloc(MAX_BYTES))],
    ['was cut off', (body: PassThrough) => body.destroy(new Error('aborted'))],
  ])('count no more once one %s', async (_, conclude) => {
    for (const size of [MAX_BYTES / 2, 40 * KIB]) {
      for (let round = 0; round < 10; round += 1) {
        const { bodies, read } = await stall(reader, 'a', [size]);
        for (const body of bodies) conclude(body);

        expect(await read[0]).not.toBe('overloaded');
      }
    }
  });
});

describe('a body whose sender is gone', () => {
  it.each([
    ['with an error', new Error('aborted')],
    ['without one', undefined],
  ])('is the sender’s fault, %s', async (_, error) => {
    const body = new PassThrough();
    const read = new BodyReader().read(body, MAX_BYTES, 'a');

    await arrive(body, 10);
    body.destroy(error);

    await expect(read).rejects.toMatchObject({ kind: 'invalid', code: 'body-incomplete' });
  });
});

describe('gzip bodies that arrive together', () => {
  it('hold room for their unpacking from the start, and give it back', async () => {
    const reader = new BodyReader(ROOMS);
    const bodies = Array.from({ length: 50 }, () => new PassThrough());
    const read = bodies.map((body) => settled(reader.readGzip(body, MAX_BYTES, 'a')));
    await new Promise((resolve) => setImmediate(resolve));
    for (const body of bodies) body.end(gzipSync('{}'));

    const ends = await Promise.all(read);

    expect(new Set(ends)).toEqual(new Set([2, 'overloaded']));
    const later = new PassThrough();
    later.end(gzipSync('{}'));
    expect(await settled(reader.readGzip(later, MAX_BYTES, 'a'))).toBe(2);
  });
});
