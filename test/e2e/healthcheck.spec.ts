import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { freePort } from '../../bench/free-port.ts';

const CHECK = fileURLToPath(new URL('../../dist/apps/api/src/healthcheck.js', import.meta.url));

let server: Server | undefined;

afterEach(() => {
  server?.close();
  server = undefined;
});

async function exitCodeOf(port: number | string): Promise<unknown> {
  const child = spawn(process.execPath, [CHECK], { env: { PORT: String(port) } });
  const [code] = await once(child, 'exit');
  return code;
}

/** Answers every connection with the given words, or with silence. */
async function aServer(words: string): Promise<string | number> {
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(words));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' ? (address?.port ?? 0) : 0;
}

describe('the container’s health check', () => {
  it('is content with an API that answers', async () => {
    const { port } = new URL(inject('stack').baseUrl);

    expect(await exitCodeOf(port)).toBe(0);
  });

  it('fails when nothing listens', async () => {
    expect(await exitCodeOf(await freePort())).toBe(1);
  });

  it('fails when the answer is a failure', async () => {
    const port = await aServer('HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n');

    expect(await exitCodeOf(port)).toBe(1);
  });

  it('fails within three seconds when there is no answer', async () => {
    const port = await aServer('');
    const startedAt = performance.now();

    expect(await exitCodeOf(port)).toBe(1);
    expect(performance.now() - startedAt).toBeLessThan(3000);
  });
});
