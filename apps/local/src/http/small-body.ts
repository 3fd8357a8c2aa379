import type { IncomingMessage } from 'node:http';

/** A body that fits into memory; undefined for one that is larger, whose rest stays unread. */
export async function readSmallBody(
  request: IncomingMessage,
  mostBytes: number,
): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(part)) throw new TypeError('A request body came as text.');
    size += part.length;
    if (size > mostBytes) return undefined;
    parts.push(part);
  }
  return Buffer.concat(parts);
}
