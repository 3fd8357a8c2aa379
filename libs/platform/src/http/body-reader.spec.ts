import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { BodyReader } from './body-reader.js';

const MAX_BYTES_HELD = 1024 * 1024;
const MAX_BYTES = 512 * 1024;

async function arrive(body: PassThrough, bytes: number): Promise<void> {
  if (!body.write(Buffer.alloc(bytes))) await once(body, 'drain');
}

describe('bodies that arrive together', () => {
  it('are read to their ends while all of them hold little', async () => {
    const reader = new BodyReader(MAX_BYTES_HELD);
    const bodies = [new PassThrough(), new PassThrough()];
    const read = bodies.map((body) => reader.read(body, MAX_BYTES));

    for (const body of bodies) await arrive(body, MAX_BYTES);
    for (const body of bodies) body.end();

    expect((await Promise.all(read)).map(({ length }) => length)).toEqual([MAX_BYTES, MAX_BYTES]);
  });

  it('are refused as overload when all of them hold much, but for small ones', async () => {
    const reader = new BodyReader(MAX_BYTES_HELD);
    const waiting = [new PassThrough(), new PassThrough()];
    const read = waiting.map((body) => reader.read(body, MAX_BYTES));
    for (const body of waiting) await arrive(body, MAX_BYTES);
    const [small, large] = [new PassThrough(), new PassThrough()];
    const readSmall = reader.read(small, MAX_BYTES);
    const readLarge = reader.read(large, MAX_BYTES);

    small.end(Buffer.alloc(1000));
    large.end(Buffer.alloc(MAX_BYTES));

    expect((await readSmall).length).toBe(1000);
    await expect(readLarge).rejects.toMatchObject({ code: 'overloaded', retryAfterSeconds: 1 });
    for (const body of waiting) body.end();
    await Promise.all(read);
  });

  it.each([
    ['ended', (body: PassThrough) => body.end()],
    ['was too large', (body: PassThrough) => body.end(Buffer.alloc(MAX_BYTES))],
    ['was cut off', (body: PassThrough) => body.destroy(new Error('aborted'))],
  ])('count no more once one %s', async (_, conclude) => {
    const reader = new BodyReader(MAX_BYTES_HELD);

    for (let round = 0; round < 5; round += 1) {
      const body = new PassThrough();
      const read = reader.read(body, MAX_BYTES).catch(({ code }: { code: string }) => code);
      await arrive(body, MAX_BYTES / 2);
      conclude(body);

      expect(await read).not.toBe('overloaded');
    }
  });
});

describe('a body whose sender is gone', () => {
  it.each([
    ['with an error', new Error('aborted')],
    ['without one', undefined],
  ])('is the sender’s fault, %s', async (_, error) => {
    const body = new PassThrough();
    const read = new BodyReader().read(body, MAX_BYTES);

    await arrive(body, 10);
    body.destroy(error);

    await expect(read).rejects.toMatchObject({ kind: 'invalid', code: 'body-incomplete' });
  });
});
