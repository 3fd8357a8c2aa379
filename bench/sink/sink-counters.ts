import type { CallName } from './call-name.ts';

const PUT_MARK = Buffer.from('"PutRequest"');

export interface SinkCounts {
  readonly calls: Readonly<Record<string, number>>;
  /** Items that the answers confirmed. */
  readonly items: number;
  readonly throttledCalls: number;
  readonly stalledCalls: number;
  readonly unprocessedItems: number;
  /** Calls answered at the same time, at most; of those that wait for a slot, none. */
  readonly mostInFlight: number;
  /** Undefined unless keys are watched. */
  readonly keys: number | undefined;
  readonly mostWritesOfOneKey: number | undefined;
}

/** What the sink saw since the last reset. */
export class SinkCounters {
  private calls: Record<string, number> = {};
  private writesByKey: Map<string, number> | undefined;
  items = 0;
  throttledCalls = 0;
  stalledCalls = 0;
  unprocessedItems = 0;
  mostInFlight = 0;

  constructor(watchesKeys: boolean) {
    this.reset(watchesKeys);
  }

  reset(watchesKeys: boolean): void {
    this.calls = {};
    this.writesByKey = watchesKeys ? new Map() : undefined;
    this.items = 0;
    this.throttledCalls = 0;
    this.stalledCalls = 0;
    this.unprocessedItems = 0;
    this.mostInFlight = 0;
  }

  countCall(name: CallName): void {
    this.calls[name] = (this.calls[name] ?? 0) + 1;
  }

  countKey(key: string): void {
    this.writesByKey?.set(key, (this.writesByKey.get(key) ?? 0) + 1);
  }

  counts(): SinkCounts {
    const { writesByKey } = this;
    return {
      calls: this.calls,
      items: this.items,
      throttledCalls: this.throttledCalls,
      stalledCalls: this.stalledCalls,
      unprocessedItems: this.unprocessedItems,
      mostInFlight: this.mostInFlight,
      keys: writesByKey?.size,
      mostWritesOfOneKey:
        writesByKey && [...writesByKey.values()].reduce((a, b) => Math.max(a, b), 0),
    };
  }
}

/** The puts of a BatchWriteItem body without parsing it: parsing would make the sink the limit. */
export function countPuts(body: Buffer): number {
  let count = 0;
  for (
    let at = body.indexOf(PUT_MARK);
    at >= 0;
    at = body.indexOf(PUT_MARK, at + PUT_MARK.length)
  ) {
    count += 1;
  }
  return count;
}
