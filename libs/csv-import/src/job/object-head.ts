import type { ObjectVersion, UploadStorage } from './upload-storage.js';

/** The first bytes of an uploaded file. Throws what the storage throws. */
export async function objectHead(
  storage: UploadStorage,
  version: ObjectVersion,
  maxBytes: number,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of await storage.open(version, 0)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= maxBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, maxBytes);
}
