import type { StreamEvent } from './event-stream.ts';
import { LiveConnection, type ConnectionState } from './live-connection.ts';

/** What a tab wants to hear of: some equipment, or null for all. */
export type Interest = readonly string[] | null;

const NAME = 'sensorflow-live';
/** The API takes no more names; of more equipment the feed is about all. */
const MOST_NAMES = 50;
/** Where no view shows equipment, the connection is there all the same; nothing sends under this name. */
const NOTHING: Interest = ['console:nothing'];
/** Views that change come in bursts. */
const SETTLE_MS = 200;
/** A tab that the browser has put to sleep holds the connection and tells nobody. */
const ASLEEP_MS = 45_000;

type Message =
  | { readonly kind: 'event'; readonly event: StreamEvent }
  | { readonly kind: 'state'; readonly state: ConnectionState }
  | { readonly kind: 'interest'; readonly tab: string; readonly interest: Interest }
  | { readonly kind: 'who-is-there' }
  | { readonly kind: 'again' };

export interface HubListener {
  onState(state: ConnectionState): void;
  onEvent(event: StreamEvent): void;
}

/**
 * One live connection for all tabs: whoever holds the lock has it and tells the others what comes. When that tab is
 * closed, another one goes on behind the last event. Where there are no locks (plain http), each tab has its own.
 */
export class LiveHub {
  private readonly channel = new BroadcastChannel(NAME);
  private readonly isAlone = !('locks' in navigator);
  private readonly tab = Math.random().toString(36).slice(2);
  private readonly interests = new Map<string, Interest>();
  private readonly closing = new AbortController();
  /** Gives up the place in the queue for the lock. */
  private queued = new AbortController();
  private connection: LiveConnection | undefined;
  private state: ConnectionState = 'connecting';
  private lastEventId: string | undefined;
  private interest: Interest = [];
  private settling = 0;
  private asleep = 0;

  constructor(private readonly listener: HubListener) {
    this.channel.addEventListener('message', ({ data }: MessageEvent<Message>) => this.hear(data));
    this.post({ kind: 'who-is-there' });
    this.lead();
    this.watch();
  }

  /** What this tab shows now. */
  wants(interest: Interest): void {
    this.interest = interest;
    this.interests.set(this.tab, interest);
    this.post({ kind: 'interest', tab: this.tab, interest });
    this.settle();
  }

  /** Somebody has logged in again. */
  again(): void {
    this.post({ kind: 'again' });
    this.connection?.again();
  }

  close(): void {
    this.post({ kind: 'interest', tab: this.tab, interest: [] });
    clearTimeout(this.settling);
    clearTimeout(this.asleep);
    this.closing.abort();
    this.connection?.close();
    this.channel.close();
  }

  /** Waits for the lock, or takes it, and holds it for as long as this tab lives. */
  private lead(steal = false): void {
    const { signal } = this.closing;
    this.queued.abort();
    const queued = new AbortController();
    this.queued = queued;
    const hold = async () => {
      if (signal.aborted) return;
      this.connect();
      const { promise, resolve } = Promise.withResolvers<void>();
      signal.addEventListener('abort', () => resolve());
      await promise;
    };
    if (this.isAlone) return void hold();
    const options = steal ? { steal } : { signal: AbortSignal.any([signal, queued.signal]) };
    navigator.locks.request(NAME, options, hold).catch(() => {
      if (signal.aborted || queued.signal.aborted) return;
      // Taken by a tab that heard nothing of this one.
      this.connection?.close();
      this.connection = undefined;
      this.lead();
    });
  }

  private connect(): void {
    clearTimeout(this.asleep);
    this.interests.set(this.tab, this.interest);
    const tell = (message: Message) => {
      this.post(message);
      this.take(message);
    };
    const listener = {
      onState: (state: ConnectionState) => tell({ kind: 'state', state }),
      onEvent: (event: StreamEvent) => tell({ kind: 'event', event }),
    };
    this.connection = new LiveConnection(listener, this.names(), this.lastEventId);
    this.post({ kind: 'who-is-there' });
  }

  private hear(message: Message): void {
    if (message.kind === 'event' || message.kind === 'state') {
      this.watch();
      this.take(message);
    } else if (message.kind === 'interest') {
      this.interests.set(message.tab, message.interest);
      this.settle();
    } else if (message.kind === 'again') this.connection?.again();
    else {
      this.post({ kind: 'interest', tab: this.tab, interest: this.interest });
      if (this.connection) this.post({ kind: 'state', state: this.state });
    }
  }

  private take(message: Message): void {
    if (message.kind === 'state') {
      this.state = message.state;
      this.listener.onState(message.state);
    } else if (message.kind === 'event') {
      this.lastEventId = message.event.id ?? this.lastEventId;
      this.listener.onEvent(message.event);
    }
  }

  private settle(): void {
    clearTimeout(this.settling);
    this.settling = window.setTimeout(() => this.connection?.about(this.names()), SETTLE_MS);
  }

  private names(): Interest {
    const names = new Set<string>();
    for (const interest of this.interests.values()) {
      if (interest === null) return null;
      for (const name of interest) names.add(name);
    }
    if (names.size === 0) return NOTHING;
    return names.size > MOST_NAMES ? null : [...names].sort();
  }

  private watch(): void {
    clearTimeout(this.asleep);
    if (this.connection) return;
    this.asleep = window.setTimeout(() => {
      if (document.visibilityState === 'visible') this.lead(true);
      else this.watch();
    }, ASLEEP_MS);
  }

  private post(message: Message): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a channel has its own origin alone
    if (!this.isAlone && !this.closing.signal.aborted) this.channel.postMessage(message);
  }
}
