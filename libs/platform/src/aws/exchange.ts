import { setAlarm } from '@sensorflow/kernel';
import {
  request as httpRequest,
  type ClientRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { crc32 } from 'node:zlib';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const CONNECT_TIMEOUT_MS = 500;
/** From the request to the last byte of its answer. */
const EXCHANGE_TIMEOUT_MS = 1_000;
/** More than the largest batch of readings, were it sent back as left over with every letter escaped. */
const MAX_ANSWER_CHARACTERS = 2 * 1024 * 1024;

/**
 * One request and its whole answer. Throws, and closes the connection, when that takes too long, or
 * when the answer ends early, is larger than any can be, or is not what its checksum says.
 */
export async function exchange(options: RequestOptions, body: string): Promise<Answer> {
  const answer = await send(options, body);
  const checksum = answer.headers['x-amz-crc32'];
  if (checksum !== undefined && Number(checksum) !== crc32(answer.text)) {
    throw new Error('the answer is not what was sent');
  }
  return answer;
}

function send(options: RequestOptions, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = options.protocol === 'https:' ? httpsRequest(options) : httpRequest(options);
    const lift = setAlarm(EXCHANGE_TIMEOUT_MS, () => request.destroy(timeout('answer')));
    request.on('response', (message) => collect(message, request, resolve));
    request.on('socket', (socket) => limitConnecting(socket, request));
    request.on('error', reject);
    request.on('close', () => {
      lift();
      // After an answer or an error, nobody hears this.
      reject(new Error('the answer was cut off'));
    });
    request.end(body);
  });
}

function collect(
  message: IncomingMessage,
  request: ClientRequest,
  resolve: (answer: Answer) => void,
): void {
  const { statusCode: status = 0, headers } = message;
  let text = '';
  message.setEncoding('utf8');
  message.on('data', (piece: string) => {
    text += piece;
    if (text.length > MAX_ANSWER_CHARACTERS) request.destroy(new Error('the answer is too large'));
  });
  message.on('end', () => resolve({ status, headers, text }));
  // The request hears of it too.
  message.on('error', () => undefined);
}

function limitConnecting(socket: Socket, request: ClientRequest): void {
  if (!socket.connecting) return;
  const lift = setAlarm(CONNECT_TIMEOUT_MS, () => request.destroy(timeout('connection')));
  socket.once('connect', lift);
  socket.once('close', lift);
}

function timeout(what: string): Error {
  return Object.assign(new Error(`no ${what} in time`), { name: 'TimeoutError' });
}
