import { FileFault } from '../file-fault.js';

/** The beginning of a text, looked at before anything is read from it. */
export interface TextHead {
  readonly head: Buffer;
  /** Everything, the head included; ends in `fault` when there is one. */
  readonly all: AsyncIterable<Buffer>;
  /** Why the text ends within the head, when it should not. */
  readonly fault: FileFault | undefined;
}

/**
 * Looks at the first `size` bytes, fewer when the text ends or breaks off before. A fault of the file
 * shows up again where it belongs: behind the bytes that came before it.
 */
export async function peek(source: AsyncIterable<Buffer>, size: number): Promise<TextHead> {
  const iterator = source[Symbol.asyncIterator]();
  const chunks: Buffer[] = [];
  let length = 0;
  let fault: FileFault | undefined;
  let ended = false;
  while (length < size && !ended) {
    try {
      const next = await iterator.next();
      if (next.done === true) ended = true;
      else {
        chunks.push(next.value);
        length += next.value.length;
      }
    } catch (error) {
      if (!(error instanceof FileFault)) throw error;
      fault = error;
      ended = true;
    }
  }
  const head = Buffer.concat(chunks, length);
  return { head, all: replay(head, ended ? undefined : iterator, fault), fault };
}

async function* replay(
  head: Buffer,
  rest: AsyncIterator<Buffer> | undefined,
  fault: FileFault | undefined,
): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    if (fault) throw fault;
    for (let next = await rest?.next(); next && next.done !== true; next = await rest?.next()) {
      yield next.value;
    }
  } finally {
    await rest?.return?.();
  }
}
