/** A plain model of what stands: every value that was said, in the order in which it was said. */
interface Said {
  readonly metric: string;
  readonly timestamp: string;
  /** Undefined: removed. */
  readonly value: number | undefined;
  readonly importId: string | undefined;
}

/** Of one equipment. What is said last of an instant and metric stands; undone imports have said nothing. */
export class ValueLog {
  private said: Said[] = [];

  say(timestamp: string, metric: string, value: number, importId?: string): void {
    this.said.push({ timestamp, metric, value, importId });
  }

  /** Whether anything stood there; else nothing is removed. */
  remove(timestamp: string, metric?: string): boolean {
    const standing = this.standing().filter(
      (one) => one.timestamp === timestamp && (metric ?? one.metric) === one.metric,
    );
    for (const { metric: gone } of standing) {
      this.said.push({ timestamp, metric: gone, value: undefined, importId: undefined });
    }
    return standing.length > 0;
  }

  undo(importId: string): void {
    this.said = this.said.filter((one) => one.importId !== importId);
  }

  /** The hours that the import has values in, in epoch seconds. */
  hoursOf(importId: string): ReadonlySet<number> {
    const own = this.said.filter((one) => one.importId === importId);
    return new Set(own.map(({ timestamp }) => hourOf(timestamp)));
  }

  private standing(): readonly (Said & { readonly value: number })[] {
    const last = new Map(this.said.map((one) => [`${one.timestamp} ${one.metric}`, one]));
    return [...last.values()].flatMap(({ value, ...one }) =>
      value === undefined ? [] : [{ ...one, value }],
    );
  }

  /** `timestamp {metric: value}` as the API lists readings, oldest first. */
  readings(): readonly { readonly timestamp: string; readonly values: Record<string, number> }[] {
    const instants = Map.groupBy(this.standing(), ({ timestamp }) => timestamp);
    return [...instants]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([timestamp, ofInstant]) => ({
        timestamp,
        values: Object.fromEntries(
          ofInstant
            .map(({ metric, value }): [string, number] => [metric, value])
            .toSorted(([a], [b]) => (a < b ? -1 : 1)),
        ),
      }));
  }

  /** `[hour, count, sum]` of a metric, oldest first. */
  hours(metric: string): readonly (readonly [number, number, number])[] {
    const ofMetric = this.standing().filter((one) => one.metric === metric);
    const hours = Map.groupBy(ofMetric, ({ timestamp }) => hourOf(timestamp));
    return [...hours]
      .toSorted(([a], [b]) => a - b)
      .map(([hour, all]) => [hour, all.length, all.reduce((sum, { value }) => sum + value, 0)]);
  }
}

function hourOf(timestamp: string): number {
  return Math.floor(Date.parse(timestamp) / 3_600_000) * 3600;
}
