import { useQueryClient, type QueryClient } from '@tanstack/react-query';
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  useSyncExternalStore,
  type ReactNode,
} from 'react';
import type { components } from '#console-api';
import { SESSION_KEY } from '../api/session.tsx';
import type { StreamEvent } from './event-stream.ts';
import type { ConnectionState } from './live-connection.ts';
import { LiveHub, type Interest } from './live-hub.ts';

/** With `removed` for one that was taken away. */
export type LiveReading = components['schemas']['Reading'] & { readonly removed?: true };

export interface LiveListener {
  /** In the order in which they became durable. */
  readonly onReadings: (readings: readonly LiveReading[]) => void;
  /** Something of this equipment has changed, and is to be read again. */
  readonly onChanged: (equipmentId: string) => void;
}

/** As long as nothing else says what has changed. */
export const POLLING_MS = 10_000;
/** Beside the feed, for what it does not tell. */
const BESIDE_LIVE_MS = 60_000;

class Live {
  readonly listeners = new Set<LiveListener>();
  readonly interests = new Map<object, Interest>();
  private readonly watchers = new Set<() => void>();
  private hub: LiveHub | undefined;
  private state: ConnectionState = 'connecting';
  private onRefused: () => void = () => undefined;
  sinceEpochMs = Date.now();
  private refusedAtEpochMs = 0;

  constructor(private readonly client: QueryClient) {}

  open(): () => void {
    const hub = new LiveHub({
      onState: (state) => this.becomes(state),
      onEvent: (event) => this.take(event),
    });
    this.hub = hub;
    hub.wants(this.interest());
    return () => {
      hub.close();
      this.hub = undefined;
    };
  }

  tellsOfRefusal(onRefused: () => void): void {
    this.onRefused = onRefused;
  }

  /** @param sinceEpochMs when somebody was last known to be logged in */
  isAllowed(sinceEpochMs: number): void {
    if (this.state === 'refused' && sinceEpochMs > this.refusedAtEpochMs) this.hub?.again();
  }

  subscribe = (watcher: () => void): (() => void) => {
    this.watchers.add(watcher);
    return () => this.watchers.delete(watcher);
  };

  current = (): ConnectionState => this.state;

  wantsChanged(): void {
    this.hub?.wants(this.interest());
  }

  private interest(): Interest {
    const all = [...this.interests.values()];
    return all.includes(null) ? null : [...new Set(all.flatMap((each) => each ?? []))];
  }

  private becomes(state: ConnectionState): void {
    const before = this.state;
    if (before === 'live' && state !== 'live') this.sinceEpochMs = Date.now();
    this.state = state;
    for (const watcher of this.watchers) watcher();
    if (state === 'refused') {
      this.refusedAtEpochMs = Date.now();
      this.onRefused();
    }
    // Another tab may have logged in; and what failed meanwhile need not wait for its turn.
    if (state !== 'live' || before === 'live') return;
    const isBehind = before === 'refused';
    void this.client.invalidateQueries({
      predicate: (query) =>
        query.state.fetchFailureCount > 0 || (isBehind && query.queryKey[0] === SESSION_KEY[0]),
    });
  }

  private take({ type, data }: StreamEvent): void {
    if (type === 'resync') {
      const isOfData = ({ queryKey }: { readonly queryKey: readonly unknown[] }) =>
        queryKey[0] !== SESSION_KEY[0];
      void this.client.invalidateQueries({ predicate: isOfData });
    } else if (type === 'reading') {
      const readings = JSON.parse(data) as readonly LiveReading[];
      for (const { onReadings } of this.listeners) onReadings(readings);
    } else if (type === 'changed') {
      const { equipmentId } = JSON.parse(data) as { readonly equipmentId: string };
      for (const { onChanged } of this.listeners) onChanged(equipmentId);
    }
  }
}

const LiveContext = createContext<Live | undefined>(undefined);

/**
 * Readings as they become durable, over one connection for all tabs.
 *
 * @param sessionEpochMs when the session was last known to hold
 */
export function LiveProvider({
  sessionEpochMs,
  onRefused,
  children,
}: {
  readonly sessionEpochMs: number;
  readonly onRefused: () => void;
  readonly children: ReactNode;
}) {
  const client = useQueryClient();
  const [live] = useState(() => new Live(client));
  useEffect(() => live.tellsOfRefusal(onRefused), [live, onRefused]);
  useEffect(() => live.open(), [live]);
  useEffect(() => live.isAllowed(sessionEpochMs), [live, sessionEpochMs]);
  return <LiveContext value={live}>{children}</LiveContext>;
}

function useLive(): Live {
  const live = useContext(LiveContext);
  if (!live) throw new Error('outside of LiveProvider');
  return live;
}

export function useConnection(): {
  readonly state: ConnectionState;
  readonly sinceEpochMs: number;
} {
  const live = useLive();
  const state = useSyncExternalStore(live.subscribe, live.current);
  return { state, sinceEpochMs: live.sinceEpochMs };
}

/** How often to ask again for what the feed tells, too. */
export function useRefreshMs(): number {
  return useConnection().state === 'live' ? BESIDE_LIVE_MS : POLLING_MS;
}

/** Hears of some equipment, or of all (null), for as long as the view is there. */
export function useLiveReadings(interest: Interest, listener: LiveListener): void {
  const live = useLive();
  const latest = useRef(listener);
  useEffect(() => {
    latest.current = listener;
  }, [listener]);
  const text = JSON.stringify(interest);
  const names = useMemo(() => JSON.parse(text) as Interest, [text]);
  useEffect(() => {
    const token = {};
    const forwarding: LiveListener = {
      onReadings: (readings) => latest.current.onReadings(readings),
      onChanged: (equipmentId) => latest.current.onChanged(equipmentId),
    };
    live.interests.set(token, names);
    live.listeners.add(forwarding);
    live.wantsChanged();
    return () => {
      live.interests.delete(token);
      live.listeners.delete(forwarding);
      live.wantsChanged();
    };
  }, [live, names]);
}

/** Gathers for a moment, so that a burst is drawn once. */
export function useBatched<T>(everyMs: number, flush: (items: readonly T[]) => void) {
  const waiting = useRef<T[]>([]);
  const timer = useRef(0);
  const latest = useRef(flush);
  useEffect(() => {
    latest.current = flush;
  }, [flush]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return useCallback(
    (items: readonly T[]) => {
      waiting.current.push(...items);
      if (timer.current !== 0) return;
      timer.current = window.setTimeout(() => {
        timer.current = 0;
        latest.current(waiting.current.splice(0));
      }, everyMs);
    },
    [everyMs],
  );
}
