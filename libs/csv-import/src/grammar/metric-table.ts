import { NameTable } from './name-table.js';

/** Metric names of one long file: as many as one equipment may have. */
export const MAX_LONG_METRICS = 1024;
/** Names as rows write them: a report may write one in a second way. */
const MAX_WRITTEN_NAMES = 2 * MAX_LONG_METRICS;

/** Numbers for the metrics of a file: those of its columns, or those that the rows of a long file name. */
export class MetricTable {
  readonly names: string[] = [];

  private readonly numbers = new Map<string, number>();
  private readonly written = new WrittenNames();
  private readonly maxNames: number;

  constructor(metrics: readonly { readonly name: string }[]) {
    this.maxNames = Math.max(metrics.length, MAX_LONG_METRICS);
    for (const { name } of metrics) this.numberOf(name);
  }

  get room(): number {
    return this.maxNames - this.names.length;
  }

  /** The number of a metric; there must be room for one more. */
  numberOf(name: string): number {
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    const number = this.names.push(name) - 1;
    this.numbers.set(name, number);
    return number;
  }

  /** That this text of a row means the metric of this number. */
  learn(written: string, number: number): void {
    this.written.learn(written, number);
  }

  /** The number of the metric that these bytes of a row mean; -1 for what was not learned. */
  find(text: Uint8Array, start: number, end: number): number {
    return this.written.metricOf(text, start, end);
  }
}

/** Recognized by the bytes of their UTF-8. */
class WrittenNames extends NameTable {
  private readonly metrics = new Int16Array(MAX_WRITTEN_NAMES);

  constructor() {
    super(MAX_WRITTEN_NAMES);
  }

  learn(written: string, metric: number): void {
    const number = this.numberOf(Buffer.from(written).toString('latin1'));
    if (number >= 0) this.metrics[number] = metric;
  }

  metricOf(text: Uint8Array, start: number, end: number): number {
    const number = this.find(text, start, end);
    return number < 0 ? number : (this.metrics[number] ?? -1);
  }

  protected override accepts(): boolean {
    return false;
  }
}
