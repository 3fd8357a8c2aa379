import type { IncomingMessage } from 'node:http';

const DISCARD_FOR_MS = 2000;

/** The body, or undefined as soon as it is known to be larger; what is left of it is then discarded. */
export async function readBody(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let bytes = Number(request.headers['content-length'] ?? 0);
  if (bytes > maxBytes) return discardRest(request);
  bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(chunk)) throw new TypeError('the request was given an encoding');
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return discardRest(request);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Hanging up on a client that still sends would reset its connection before it reads the answer. */
function discardRest(request: IncomingMessage): undefined {
  request.resume();
  const cutOff = setTimeout(() => request.destroy(), DISCARD_FOR_MS).unref();
  request.once('close', () => clearTimeout(cutOff));
}
