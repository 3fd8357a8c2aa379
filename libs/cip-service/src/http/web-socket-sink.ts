import { FeedSink, type FeedEnd, type FeedEvent } from '@sensorflow/live';
import type { OpenWebSocket } from '@sensorflow/platform/http/web-sockets.js';

/** RFC 6455 §7.4.1, and for 1013 the registry of IANA. */
export const CLOSE_CODES = {
  goingAway: 1001,
  policy: 1008,
  failed: 1011,
  tryAgainLater: 1013,
} as const;

const CODES_OF_ENDS: Readonly<Record<FeedEnd['code'], number>> = {
  'access-ended': CLOSE_CODES.policy,
  draining: CLOSE_CODES.goingAway,
  failed: CLOSE_CODES.failed,
  'too-slow': CLOSE_CODES.tryAgainLater,
};

/** A client whose access could not be checked should try again; after 1008 clients would not. */
function closeCodeOf({ code, retryMs }: FeedEnd): number {
  const isUnknown = code === 'access-ended' && retryMs !== undefined;
  return isUnknown ? CLOSE_CODES.tryAgainLater : CODES_OF_ENDS[code];
}

export interface WebSocketTiming {
  readonly pingMs: number;
  /** How long a client has to answer a close. */
  readonly closeMs: number;
}

const TIMING: WebSocketTiming = { pingMs: 20_000, closeMs: 2_000 };
/** What RFC 6455 leaves for a reason. */
const MAX_REASON_BYTES = 123;

/** Takes a feed to a WebSocket: one text frame for each message. */
export class WebSocketSink extends FeedSink {
  private readonly pings: NodeJS.Timeout;
  private isPongDue = false;

  /** @param messagesOf what an event is to the client, as JSON: none for what it has no word for */
  constructor(
    private readonly socket: OpenWebSocket,
    private readonly messagesOf: (event: FeedEvent) => readonly string[],
    private readonly timing = TIMING,
  ) {
    super();
    const { webSocket } = socket;
    this.pings = setInterval(() => this.ping(), timing.pingMs);
    this.pings.unref();
    webSocket.on('pong', () => {
      this.isPongDue = false;
    });
    // It closes by itself; what clients send is only to keep the connection.
    webSocket.on('error', () => undefined);
    webSocket.once('close', () => clearInterval(this.pings));
  }

  override send(event: FeedEvent, onTaken?: () => void): boolean {
    // Pings find out who takes nothing.
    onTaken?.();
    const { webSocket, connection } = this.socket;
    if (event.type === 'end') this.closeWith(closeCodeOf(event.end), event.end.detail);
    if (webSocket.readyState !== webSocket.OPEN) return true;
    for (const message of this.messagesOf(event)) webSocket.send(message);
    return !connection.writableNeedDrain;
  }

  override async drained(): Promise<void> {
    const { connection } = this.socket;
    if (!connection.writableNeedDrain || connection.destroyed) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    connection.once('drain', resolve).once('close', resolve);
    await promise;
    connection.off('drain', resolve).off('close', resolve);
  }

  override close(): void {
    this.closeWith(CLOSE_CODES.goingAway, '');
  }

  /** The first counts; who does not answer it is cut off. */
  closeWith(code: number, reason: string): void {
    const { webSocket } = this.socket;
    if (webSocket.readyState !== webSocket.OPEN) return;
    webSocket.close(code, cut(reason));
    const timer = setTimeout(() => webSocket.terminate(), this.timing.closeMs);
    timer.unref();
    webSocket.once('close', () => clearTimeout(timer));
  }

  /** A client that has not answered the previous ping is gone. */
  private ping(): void {
    const { webSocket } = this.socket;
    if (this.isPongDue) webSocket.terminate();
    else if (webSocket.readyState === webSocket.OPEN) {
      this.isPongDue = true;
      webSocket.ping();
    }
  }
}

/** Whole characters, as many as fit. */
function cut(reason: string): string {
  const bytes = Buffer.from(reason);
  if (bytes.length <= MAX_REASON_BYTES) return reason;
  return bytes
    .subarray(0, MAX_REASON_BYTES - 3)
    .toString('utf8')
    .replace(/\uFFFD$/, '');
}
