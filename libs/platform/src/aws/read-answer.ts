import type { HttpResponse } from '@smithy/core/protocols';
import { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';

/** More than the largest batch of readings, were it sent back as left over with every letter escaped. */
const MAX_ANSWER_CHARACTERS = 2 * 1024 * 1024;

/**
 * The text of an answer. Throws, and closes the connection, when it ends early, is larger than any
 * answer can be, not over at the deadline, or altered on its way.
 *
 * @param deadlineMs as `performance.now` counts
 */
export async function readAnswer(response: HttpResponse, deadlineMs: number): Promise<string> {
  const { body, headers } = response;
  if (!(body instanceof Readable)) throw new TypeError('an answer that is no stream');
  const text = await textOf(body, deadlineMs);
  const checksum = headers['x-amz-crc32'];
  if (checksum !== undefined && Number(checksum) !== crc32(text)) {
    throw new Error('the answer is not what was sent');
  }
  return text;
}

function textOf(body: Readable, deadlineMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const timer = setTimeout(
      () => body.destroy(new Error('the answer was not over in time')),
      deadlineMs - performance.now(),
    );
    body.setEncoding('utf8');
    body.on('data', (chunk: string) => {
      text += chunk;
      if (text.length > MAX_ANSWER_CHARACTERS) body.destroy(new Error('the answer is too large'));
    });
    body.on('end', () => resolve(text));
    body.on('error', reject);
    body.on('close', () => {
      clearTimeout(timer);
      if (!body.readableEnded) reject(new Error('the answer was cut off'));
    });
  });
}
