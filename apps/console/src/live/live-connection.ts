import { eventsIn, type StreamEvent } from './event-stream.ts';

/** `refused`: nobody is logged in any more; `unavailable`: this server or this caller can have no feed for now. */
export type ConnectionState = 'connecting' | 'live' | 'refused' | 'unavailable';

export interface ConnectionListener {
  onState(state: ConnectionState): void;
  onEvent(event: StreamEvent): void;
}

/** A heartbeat comes every 15 s: after twice that and some the connection is dead, whatever the network says. */
const SILENT_MS = 40_000;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
const UNAVAILABLE_PAUSE_MS = 15_000;

/** How an attempt ended. */
interface Ending {
  readonly state: ConnectionState;
  /** Undefined: as long as the attempts before it say. */
  readonly pauseMs?: number | undefined;
}

/** One live feed, which is opened again until it is closed; it goes on behind the last event. */
export class LiveConnection {
  private attempt: AbortController | undefined;
  private isClosed = false;
  private failures = 0;
  private wake: () => void = () => undefined;

  /**
   * @param names equipment that it is about; null for all
   * @param lastEventId of the last event that anybody here has seen
   */
  constructor(
    private readonly listener: ConnectionListener,
    private names: readonly string[] | null,
    private lastEventId: string | undefined,
  ) {
    void this.run();
  }

  about(names: readonly string[] | null): void {
    if (JSON.stringify(names) === JSON.stringify(this.names)) return;
    this.names = names;
    this.again();
  }

  /** At once, whatever it is waiting for. */
  again(): void {
    this.failures = 0;
    this.attempt?.abort();
    this.wake();
  }

  close(): void {
    this.isClosed = true;
    this.again();
  }

  private async run(): Promise<void> {
    while (!this.isClosed) {
      this.attempt = new AbortController();
      const { signal } = this.attempt;
      const { state, pauseMs } = await this.follow(this.attempt);
      if (this.isClosed) return;
      if (signal.aborted && this.failures === 0) continue;
      this.failures += 1;
      this.listener.onState(state);
      await this.pause(pauseMs ?? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** this.failures));
    }
  }

  private async follow(attempt: AbortController): Promise<Ending> {
    let watch = 0;
    let retryMs: number | undefined;
    const heard = () => {
      clearTimeout(watch);
      watch = window.setTimeout(() => attempt.abort(), SILENT_MS);
    };
    try {
      heard();
      const answer = await this.open(attempt.signal);
      if (!answer.ok || !answer.body) return endingOf(answer);
      const isNew = this.lastEventId === undefined;
      this.failures = 0;
      this.listener.onState('live');
      // What came between the page and its feed nobody tells.
      if (isNew) this.listener.onEvent(RESYNC);
      for await (const event of eventsIn(answer.body.pipeThrough(new TextDecoderStream()))) {
        heard();
        retryMs = event.retryMs;
        this.lastEventId = event.id ?? this.lastEventId;
        this.listener.onEvent(event);
      }
      return { state: 'connecting', pauseMs: retryMs };
    } catch {
      return { state: 'connecting' };
    } finally {
      clearTimeout(watch);
    }
  }

  private async open(signal: AbortSignal): Promise<Response> {
    const query = (this.names ?? []).map((name) => `equipmentId=${encodeURIComponent(name)}`);
    const { lastEventId } = this;
    return fetch(`/sensor-data/live?${query.join('&')}`, {
      signal,
      cache: 'no-store',
      credentials: 'same-origin',
      headers: {
        accept: 'text/event-stream',
        ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
      },
    });
  }

  private async pause(ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = ms === Infinity ? undefined : setTimeout(resolve, ms);
    this.wake = resolve;
    await promise;
    clearTimeout(timer);
  }
}

const RESYNC: StreamEvent = { type: 'resync', data: '{}', id: undefined, retryMs: undefined };

function endingOf({ status, headers }: Response): Ending {
  if (status === 401) return { state: 'refused', pauseMs: Infinity };
  const retryMs = Number(headers.get('retry-after') ?? 0) * 1000;
  if (status === 429 || status === 403) {
    return { state: 'unavailable', pauseMs: Math.max(retryMs, UNAVAILABLE_PAUSE_MS) };
  }
  // A server that starts or stops answers 503, and soon takes feeds again.
  return { state: status === 503 ? 'unavailable' : 'connecting', pauseMs: Math.max(retryMs, 1000) };
}
