import { setAlarm } from '@sensorflow/kernel';
import type { Readable } from 'node:stream';

/**
 * The bytes of an answer. Throws, and closes the connection, when none come for so long: the SDK's
 * timeouts end with the answer's headers. Time in which nobody asks for bytes does not count.
 */
export async function* unstalled(body: Readable, idleMs: number): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array, undefined> = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const cancel = setAlarm(idleMs, () => body.destroy(new Error(`no bytes for ${idleMs} ms`)));
      const { done, value } = await chunks.next().finally(cancel);
      if (done === true) return;
      yield value;
    }
  } finally {
    body.destroy();
  }
}
