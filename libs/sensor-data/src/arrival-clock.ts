import { instantFromEpoch, type Clock, type Instant } from '@sensorflow/kernel';

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * Gives readings without a timestamp the instant of their arrival, to the nanosecond and never the same twice in a
 * process: two readings of one equipment and instant would be one.
 */
export class ArrivalClock {
  private last = 0n;

  /** @param nanosOfMs below a million: what the clock's milliseconds leave out */
  constructor(
    private readonly clock: Clock,
    private readonly nanosOfMs: () => number = steadyNanos,
  ) {}

  /** Gives the instants of one request, a nanosecond apart; `count`: how many it can have at the most. */
  series(count: number): () => Instant {
    let next = 0n;
    let left = 0;
    return () => {
      if (left === 0) {
        next = this.reserve(BigInt(count));
        left = count;
      }
      left -= 1;
      next += 1n;
      return instantOf(next - 1n);
    };
  }

  private reserve(count: bigint): bigint {
    const now = BigInt(this.clock.nowEpochMs()) * NS_PER_MS + BigInt(this.nanosOfMs());
    const first = now > this.last ? now : this.last + 1n;
    this.last = first + count - 1n;
    return first;
  }
}

function instantOf(ns: bigint): Instant {
  return instantFromEpoch({
    seconds: Number(ns / NS_PER_SECOND),
    nanos: Number(ns % NS_PER_SECOND),
  });
}

function steadyNanos(): number {
  return Math.floor((performance.now() % 1) * 1e6);
}
