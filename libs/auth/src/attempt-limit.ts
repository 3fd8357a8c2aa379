/** How long the next attempt has to wait, by how many came before it in a row. */
export interface AttemptLimit {
  readonly withoutWait: number;
  /** The waits after the attempts from then on; the last is also how long a quiet key is remembered. */
  readonly waitsMs: readonly [number, ...number[]];
}

/** A bucket of attempts: full at first, refilled one by one. */
export interface AttemptRate {
  readonly burst: number;
  readonly refillEveryMs: number;
}

export interface Attempts {
  readonly count: number;
  readonly lastEpochMs: number;
}

/** The attempts with one more, or the milliseconds until one more is allowed. */
export function withOneMore(
  before: Attempts | undefined,
  limit: AttemptLimit,
  nowEpochMs: number,
): Attempts | number {
  const known = before && nowEpochMs < forgottenAt(before, limit) ? before : undefined;
  const waitMs = known ? known.lastEpochMs + waitAfter(known.count, limit) - nowEpochMs : 0;
  return waitMs > 0 ? waitMs : { count: (known?.count ?? 0) + 1, lastEpochMs: nowEpochMs };
}

export function forgottenAt({ lastEpochMs }: Attempts, limit: AttemptLimit): number {
  return lastEpochMs + Math.max(...limit.waitsMs);
}

function waitAfter(count: number, { withoutWait, waitsMs }: AttemptLimit): number {
  if (count < withoutWait) return 0;
  return waitsMs[count - withoutWait] ?? Math.max(...waitsMs);
}
