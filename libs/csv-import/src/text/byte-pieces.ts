/**
 * The same bytes in pieces of exactly `size`, the last one shorter: what follows no longer depends on
 * how the network cut them. When the source fails, what came before is handed on first.
 */
export async function* inPieces(
  source: AsyncIterable<Uint8Array>,
  size: number,
): AsyncGenerator<Buffer> {
  const gathered = new Gathered();
  try {
    for await (const chunk of source) {
      gathered.add(chunk);
      while (gathered.length >= size) yield gathered.take(size);
    }
  } catch (error) {
    if (gathered.length > 0) yield gathered.take(gathered.length);
    throw error;
  }
  if (gathered.length > 0) yield gathered.take(gathered.length);
}

/** The bytes behind the first `count` of them. */
export async function* withoutFirst(
  source: AsyncIterable<Buffer>,
  count: number,
): AsyncGenerator<Buffer> {
  let left = count;
  for await (const chunk of source) {
    if (left >= chunk.length) left -= chunk.length;
    else {
      yield chunk.subarray(left);
      left = 0;
    }
  }
}

/** Joins only what is taken, so that many small chunks do not cost a copy each. */
class Gathered {
  private chunks: Buffer[] = [];
  length = 0;

  add(chunk: Uint8Array): void {
    this.chunks.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.length += chunk.byteLength;
  }

  take(size: number): Buffer {
    const [only] = this.chunks;
    const joined = only && this.chunks.length === 1 ? only : Buffer.concat(this.chunks);
    const rest = joined.subarray(size);
    this.chunks = rest.length > 0 ? [rest] : [];
    this.length = rest.length;
    return joined.subarray(0, size);
  }
}
