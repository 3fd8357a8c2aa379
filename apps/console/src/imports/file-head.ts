/** As much as a preview takes. */
const HEAD_BYTES = 64 * 1024;

/** The beginning of a file, which is all that is ever read of it here. */
export interface FileHead {
  /** As it is. */
  readonly base64: string;
  /** Unpacked, if it was compressed. */
  readonly text: Uint8Array;
}

export async function readHead(file: File): Promise<FileHead> {
  const head = file.slice(0, HEAD_BYTES);
  const bytes = new Uint8Array(await head.arrayBuffer());
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  return { base64: await base64Of(head), text: isGzip ? await unpacked(head) : bytes };
}

function base64Of(blob: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener('load', () => {
      const url = typeof reader.result === 'string' ? reader.result : '';
      resolve(url.slice(url.indexOf(',') + 1));
    });
    reader.addEventListener('error', () => reject(reader.error ?? new Error('unreadable')));
    reader.readAsDataURL(blob);
  });
}

/** What comes out before the end, which is cut off. */
async function unpacked(blob: Blob): Promise<Uint8Array> {
  const reader = blob.stream().pipeThrough(new DecompressionStream('gzip')).getReader();
  const pieces: Uint8Array[] = [];
  let length = 0;
  try {
    while (length < HEAD_BYTES) {
      const { done, value } = await reader.read();
      if (done) break;
      pieces.push(value);
      length += value.length;
    }
    await reader.cancel();
  } catch {
    // The end of the head is no end of a gzip file.
  }
  const all = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}
