import { S3Client } from '@aws-sdk/client-s3';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { S3UploadStorage } from './s3-upload-storage.js';

const IDLE_MS = 100;
const PIECE = Buffer.alloc(1000, 'x');
const OBJECT = { uploadId: 'an-upload', gzip: false, etag: 'e' };

let server: Server;
let connections: Socket[];
let sendsAll: boolean;
let storage: S3UploadStorage;

beforeEach(async () => {
  connections = [];
  server = createServer((_request, response) => {
    response.writeHead(200, { 'content-length': String(3 * PIECE.length), etag: '"e"' });
    response.write(PIECE);
    if (sendsAll) response.end(Buffer.concat([PIECE, PIECE]));
  });
  server.on('connection', (socket) => connections.push(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const s3 = new S3Client({
    endpoint: `http://127.0.0.1:${port}`,
    region: 'local',
    forcePathStyle: true,
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  });
  storage = new S3UploadStorage(s3, 'a-bucket', IDLE_MS);
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

describe('the bytes of an object', () => {
  it('end with an error, and the connection with them, when S3 falls silent', async () => {
    sendsAll = false;
    const chunks = await storage.open(OBJECT, 0);
    let bytes = 0;
    const reading = (async () => {
      for await (const chunk of chunks) bytes += chunk.byteLength;
    })();

    await expect(reading).rejects.toThrow('no bytes for 100 ms');

    expect(bytes).toBe(PIECE.length);
    const [connection] = connections;
    if (connection && !connection.destroyed) await once(connection, 'close');
  });

  it('wait as long as need be for whoever reads them', async () => {
    sendsAll = true;
    let bytes = 0;

    for await (const chunk of await storage.open(OBJECT, 0)) {
      bytes += chunk.byteLength;
      await delay(3 * IDLE_MS);
    }

    expect(bytes).toBe(3 * PIECE.length);
  });
});
