import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Server as Listener } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface RunningServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Lets requests under way finish for a moment, then cuts them. Nothing runs when it resolves. */
  close(): Promise<void>;
}

export type AnswerRequest = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

export interface LoopbackOptions {
  /** A port, 0 for a free one, or what already listens on loopback. */
  readonly on: number | Listener;
  /**
   * Whether a web page may call. It says so in headers that no page can leave out: `Origin`, and
   * `Sec-Fetch-Site` unless the person typed the address. Refused unless set.
   */
  readonly allowsPages?: boolean;
  /** For a request to arrive whole; unless set, silence alone ends one. */
  readonly requestTimeoutMs?: number;
}

const HOST = '127.0.0.1';
/** A name that was rebound to loopback lets a page reach us; its requests carry that name. */
const LOOPBACK_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;
const HEADERS_TIMEOUT_MS = 30_000;
/** Timeouts are only looked at this often; the default would make 10 s into 30. */
const CHECKING_INTERVAL_MS = 2000;
const IDLE_TIMEOUT_MS = 60_000;
const CLOSE_GRACE_MS = 1_000;

/**
 * Serves one emulator on loopback, to callers that name it by a loopback host. `answer` also gets
 * requests that expect 100-continue and calls `writeContinue` itself before it reads a body, so that
 * a refused upload is never sent. Rejects when the port is taken (EADDRINUSE).
 */
export async function startLoopbackServer(
  { on, allowsPages = false, requestTimeoutMs = 0 }: LoopbackOptions,
  answer: AnswerRequest,
): Promise<RunningServer> {
  const underWay = new Set<Promise<void>>();
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const refusal = refusalOf(request, allowsPages);
    if (refusal !== undefined) return refuse(response, refusal);
    const answered = answer(request, response)
      .catch(() => void response.destroy())
      .finally(() => underWay.delete(answered));
    underWay.add(answered);
  };
  const limits = {
    // Node takes the longer of the two for both.
    headersTimeout: Math.min(HEADERS_TIMEOUT_MS, requestTimeoutMs || HEADERS_TIMEOUT_MS),
    connectionsCheckingInterval: CHECKING_INTERVAL_MS,
  };
  const server = createServer(limits, onRequest);
  server.on('checkContinue', onRequest);
  // A large upload may take longer than Node's five minutes for a request; silence may not.
  server.requestTimeout = requestTimeoutMs;
  server.setTimeout(IDLE_TIMEOUT_MS);
  // Node's five seconds would often close a connection that its client is about to use again.
  server.keepAliveTimeout = IDLE_TIMEOUT_MS;

  await listen(server, on);
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('It listens on no port.');
  return {
    port: address.port,
    url: `http://${HOST}:${address.port}`,
    close: () => closeServer(server, underWay),
  };
}

function refusalOf(request: IncomingMessage, allowsPages: boolean): string | undefined {
  const hosts = request.headersDistinct['host'] ?? [];
  if (hosts.length !== 1 || !LOOPBACK_HOST.test(hosts[0] ?? '')) return 'not a loopback host';
  return !allowsPages && isFromPage(request) ? 'not for web pages' : undefined;
}

function isFromPage({ headers }: IncomingMessage): boolean {
  return headers.origin !== undefined || (headers['sec-fetch-site'] ?? 'none') !== 'none';
}

function refuse(response: ServerResponse, message: string): void {
  // Its body, if any, stays unread.
  response.writeHead(403, { 'content-type': 'application/json', connection: 'close' });
  response.end(JSON.stringify({ message }));
}

async function listen(server: Server, on: number | Listener): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    const listening = (): void => {
      server.off('error', reject);
      resolve();
    };
    if (typeof on === 'number') server.listen(on, HOST, listening);
    else server.listen(on, listening);
  });
}

async function closeServer(server: Server, underWay: ReadonlySet<Promise<void>>): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  const grace = new AbortController();
  await Promise.race([
    Promise.allSettled(underWay),
    delay(CLOSE_GRACE_MS, undefined, { signal: grace.signal }),
  ]);
  grace.abort();
  server.closeAllConnections();
  await Promise.allSettled(underWay);
  await closed;
}
