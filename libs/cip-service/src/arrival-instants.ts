import { instantFromEpochMs, type Clock } from '@sensorflow/kernel';

const NS_PER_MS = 1_000_000n;

/** The instants at which readings arrive that bring none, as RFC 3339: in order, and none twice in one process. */
export class ArrivalInstants {
  private lastNs = 0n;

  constructor(private readonly clock: Clock) {}

  next(): string {
    const nowNs = BigInt(Math.floor(this.clock.nowEpochMs())) * NS_PER_MS;
    this.lastNs = nowNs > this.lastNs ? nowNs : this.lastNs + 1n;
    const toTheMs = instantFromEpochMs(Number(this.lastNs / NS_PER_MS)).slice(0, -'000000Z'.length);
    return `${toTheMs}${String(this.lastNs % NS_PER_MS).padStart(6, '0')}Z`;
  }
}
