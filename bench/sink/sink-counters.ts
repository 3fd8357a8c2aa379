import type { CallName } from './call-name.ts';

/** A block's key, and its instants unless there is one. */
const BLOCK = /"block":\{"S":"[^"]*"\}(?:,"t":\{"S":"([^"]*)"\})?/g;
const PUT = /"PutRequest"/g;

export interface SinkCounts {
  readonly calls: Readonly<Record<string, number>>;
  /** Readings in the items that the answers confirmed; an item that is no block is one. */
  readonly readings: number;
  readonly throttledCalls: number;
  readonly stalledCalls: number;
  readonly unprocessedItems: number;
  /** Of the items that the answers confirmed, by table; nothing unless units are watched. */
  readonly writeUnits: Readonly<Record<string, number>>;
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
  private unitsByTable: Record<string, number> = {};
  readings = 0;
  throttledCalls = 0;
  stalledCalls = 0;
  unprocessedItems = 0;
  mostInFlight = 0;

  constructor(watchesKeys: boolean) {
    this.reset(watchesKeys);
  }

  reset(watchesKeys: boolean): void {
    this.calls = {};
    this.unitsByTable = {};
    this.writesByKey = watchesKeys ? new Map() : undefined;
    this.readings = 0;
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

  countUnits(table: string, units: number): void {
    this.unitsByTable[table] = (this.unitsByTable[table] ?? 0) + units;
  }

  counts(): SinkCounts {
    const { writesByKey } = this;
    return {
      calls: this.calls,
      readings: this.readings,
      throttledCalls: this.throttledCalls,
      stalledCalls: this.stalledCalls,
      unprocessedItems: this.unprocessedItems,
      writeUnits: this.unitsByTable,
      mostInFlight: this.mostInFlight,
      keys: writesByKey?.size,
      mostWritesOfOneKey:
        writesByKey && [...writesByKey.values()].reduce((a, b) => Math.max(a, b), 0),
    };
  }
}

/** Of the body of a put or of a batch, without parsing it: parsing would make the sink the limit. */
export function countReadings(body: string): number {
  let items = Math.max(1, body.match(PUT)?.length ?? 0);
  let readings = 0;
  for (const [, instants] of body.matchAll(BLOCK)) {
    items -= 1;
    readings += instants === undefined ? 1 : countInstants(instants);
  }
  return readings + items;
}

/** `s738 60*59` are 60 instants: one, and 59 that follow after 60 s each. */
function countInstants(line: string): number {
  let count = 0;
  for (const run of line.split(' ')) count += Number(run.split('*')[1] ?? 1);
  return count;
}
