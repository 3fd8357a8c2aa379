import { instantFromEpoch, type Clock, type Instant } from '@sensorflow/kernel';

const NS_PER_MS = 1_000_000n;
const NS_PER_SECOND = 1_000_000_000n;

/**
 * Gives readings without a timestamp the instant of their arrival, to the nanosecond and never the same twice in a
 * process: two readings of one equipment and instant would be one.
 */
export class ArrivalClock {
  private last = 0n;

  /** @param nanosOfMs the nanoseconds below the clock's milliseconds, less than a million */
  constructor(
    private readonly clock: Clock,
    private readonly nanosOfMs: () => number = steadyNanos,
  ) {}

  /** Instants for one request, a nanosecond apart; at most `count` of them. */
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
