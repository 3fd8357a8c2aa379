import { DomainError, RecentMap, type Clock } from '@sensorflow/kernel';

const WINDOW_SECONDS = 60;
const WINDOW_MS = WINDOW_SECONDS * 1000;
/** As many as there can be keys; of callers beyond them, those that were not there lately are forgotten. */
const REMEMBERED_CALLERS = 10_000;

interface Window {
  endsAtEpochMs: number;
  used: number;
}

/** What is left to a caller in this minute. */
export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the caller has the whole limit again. */
  readonly resetSeconds: number;
  readonly isExceeded: boolean;
}

/** Requests of callers, counted for each minute; a caller's minute begins with a request. In this process alone. */
export class RequestRates {
  private readonly windows = new RecentMap<string, Window>(REMEMBERED_CALLERS);

  constructor(private readonly clock: Clock) {}

  /** Counts one request. One that is too many does not count. */
  take(callerId: string, limit: number): RateState {
    const now = this.clock.nowEpochMs();
    const window = this.windowOf(callerId, now);
    const isExceeded = window.used >= limit;
    if (!isExceeded) window.used += 1;
    return {
      limit,
      remaining: Math.max(0, limit - window.used),
      resetSeconds: Math.ceil((window.endsAtEpochMs - now) / 1000),
      isExceeded,
    };
  }

  private windowOf(callerId: string, now: number): Window {
    const known = this.windows.get(callerId);
    if (known && known.endsAtEpochMs > now) return known;
    const window = { endsAtEpochMs: now + WINDOW_MS, used: 0 };
    this.windows.set(callerId, window);
    return window;
  }
}

/**
 * The values of RateLimit-Policy and RateLimit, as of draft-ietf-httpapi-ratelimit-headers-11: structured lists
 * of one item each.
 */
export function rateFields({ limit, remaining, resetSeconds }: RateState) {
  return {
    policy: `"minute";q=${limit};w=${WINDOW_SECONDS}`,
    current: `"minute";r=${remaining};t=${resetSeconds}`,
  };
}

export function rateLimited({ limit, resetSeconds }: RateState): DomainError {
  return new DomainError(
    'throttled',
    'rate-limited',
    `This caller has ${limit} requests a minute. Try again in ${resetSeconds} s, or send readings in batches.`,
    { retryAfterSeconds: resetSeconds },
  );
}
