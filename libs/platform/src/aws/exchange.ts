import { setAlarm } from '@sensorflow/kernel';
import type { IncomingHttpHeaders } from 'node:http';
import { crc32 } from 'node:zlib';
import { Pool, type Dispatcher } from 'undici';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

/** A post to the endpoint's path; headers as names and values in turn. */
export interface Post {
  readonly path: string;
  readonly headers: string[];
  readonly body: Uint8Array;
}

const CONNECT_TIMEOUT_MS = 500;
/** From the request to the last byte of its answer. */
const EXCHANGE_TIMEOUT_MS = 1_000;
/** Saves occasional writers a handshake each time; most servers close earlier. */
const KEEP_ALIVE_MS = 60_000;
/** More than the largest batch of readings, sent back as unprocessed with every letter escaped. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

/** Keeps connections to one endpoint. Uses undici, because a request of `node:http` costs half as much again. */
export class Connections {
  private readonly pool: Pool;

  /** @param origin scheme, host and port */
  constructor(origin: string, maxConnections: number) {
    this.pool = new Pool(origin, {
      connections: maxConnections,
      pipelining: 1,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      keepAliveTimeout: KEEP_ALIVE_MS,
      // The exchange has one deadline, of its own.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /**
   * One request and its whole answer. Throws, and closes the connection, when that takes too long, or
   * when the answer ends early, is larger than any can be, or is not what its checksum says.
   */
  exchange(post: Post): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.pool.dispatch({ ...post, method: 'POST' }, new Exchange(resolve, reject));
    });
  }

  /** Closes the connections after their running exchanges. */
  async close(): Promise<void> {
    await this.pool.close();
  }
}

class Exchange implements Dispatcher.DispatchHandler {
  private controller: Dispatcher.DispatchController | undefined;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private readonly chunks: Buffer[] = [];
  private bytes = 0;
  private readonly cancelTimer: () => void;
  private failure: Error | undefined;

  constructor(
    private readonly resolve: (answer: Answer) => void,
    private readonly reject: (error: Error) => void,
  ) {
    this.cancelTimer = setAlarm(EXCHANGE_TIMEOUT_MS, () => this.fail(timeout('answer')));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // It waited for a connection until after its deadline.
    if (this.failure) controller.abort(this.failure);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    this.status = status;
    this.headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk);
    this.bytes += chunk.length;
    if (this.bytes > MAX_ANSWER_BYTES) this.fail(new Error('the answer is too large'));
  }

  onResponseEnd(): void {
    this.cancelTimer();
    const [only] = this.chunks;
    const whole = only && this.chunks.length === 1 ? only : Buffer.concat(this.chunks);
    const checksum = this.headers['x-amz-crc32'];
    if (checksum !== undefined && Number(checksum) !== crc32(whole)) {
      this.reject(new Error('the answer is not what was sent'));
    } else {
      this.resolve({ status: this.status, headers: this.headers, text: whole.toString('utf8') });
    }
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.cancelTimer();
    this.reject(error.name === 'ConnectTimeoutError' ? timeout('connection') : error);
  }

  /** Closes the connection, if it has one yet, and rejects. */
  private fail(error: Error): void {
    this.failure = error;
    this.cancelTimer();
    this.reject(error);
    this.controller?.abort(error);
  }
}

function timeout(what: string): Error {
  return Object.assign(new Error(`no ${what} in time`), { name: 'TimeoutError' });
}
