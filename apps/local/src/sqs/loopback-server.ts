import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

export interface RunningServer {
  readonly port: number;
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Lets requests under way finish for a moment, then cuts them. Nothing runs when it resolves. */
  close(): Promise<void>;
}

export type AnswerRequest = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

const HEADERS_TIMEOUT_MS = 30_000;
const IDLE_TIMEOUT_MS = 60_000;
const CLOSE_GRACE_MS = 1_000;

/**
 * Serves one emulator on loopback. `answer` also gets requests that expect 100-continue and calls
 * `writeContinue` itself before it reads a body, so that a refused upload is never sent.
 * Rejects when the port is taken (EADDRINUSE).
 */
export async function startLoopbackServer(
  port: number,
  host: '127.0.0.1',
  answer: AnswerRequest,
): Promise<RunningServer> {
  const underWay = new Set<Promise<void>>();
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const answered = answer(request, response)
      .catch(() => void response.destroy())
      .finally(() => underWay.delete(answered));
    underWay.add(answered);
  };
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS }, onRequest);
  server.on('checkContinue', onRequest);
  // A large upload may take longer than Node's five minutes for a request; silence may not.
  server.requestTimeout = 0;
  server.setTimeout(IDLE_TIMEOUT_MS);

  await listen(server, port, host);
  const address = server.address();
  const boundPort = typeof address === 'object' && address !== null ? address.port : port;
  return {
    port: boundPort,
    url: `http://${host}:${boundPort}`,
    close: () => closeServer(server, underWay),
  };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
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
