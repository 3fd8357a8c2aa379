/** How long the next attempt has to wait, by how many came before it. */
export interface AttemptLimit {
  readonly withoutWait: number;
  /** The waits after the attempts from then on, one each. */
  readonly waitsMs: readonly number[];
  /** The wait after all later ones. */
  readonly laterWaitMs: number;
  /** All attempts are forgotten so long after the last; not shorter than any wait. */
  readonly rememberMs: number;
}

/** A bucket of attempts: full at first, refilled one by one. */
export interface AttemptRate {
  readonly burst: number;
  readonly refillEveryMs: number;
}

/** When the attempts were made, in order, in epoch milliseconds. Those beyond what a limit tells apart are left out. */
export type Attempts = readonly number[];

/** The milliseconds until one more attempt is allowed, or 0. */
export function waitMs(before: Attempts, limit: AttemptLimit, nowEpochMs: number): number {
  const attempts = remembered(before, limit, nowEpochMs);
  const last = attempts.at(-1);
  if (last === undefined || attempts.length < limit.withoutWait) return 0;
  const wait = limit.waitsMs[attempts.length - limit.withoutWait] ?? limit.laterWaitMs;
  return Math.max(0, last + wait - nowEpochMs);
}

/** Several processes make attempts, whose clocks differ a little: hence the sorting. */
export function withOneMore(before: Attempts, limit: AttemptLimit, nowEpochMs: number): Attempts {
  const attempts = [...remembered(before, limit, nowEpochMs), nowEpochMs].toSorted((a, b) => a - b);
  // One more than `laterWaitMs` needs, so that it holds after one was given back.
  return attempts.slice(-(limit.withoutWait + limit.waitsMs.length + 1));
}

export function withOneLess(attempts: Attempts, atEpochMs: number): Attempts {
  const index = attempts.lastIndexOf(atEpochMs);
  return index < 0 ? attempts : attempts.toSpliced(index, 1);
}

export function remembered(attempts: Attempts, limit: AttemptLimit, nowEpochMs: number): Attempts {
  return nowEpochMs < forgottenAt(attempts, limit) ? attempts : [];
}

export function forgottenAt(attempts: Attempts, { rememberMs }: AttemptLimit): number {
  return (attempts.at(-1) ?? Number.NEGATIVE_INFINITY) + rememberMs;
}
