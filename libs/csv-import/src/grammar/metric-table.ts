import { parseMetricName } from '@sensorflow/sensor-data';
import { bytesOf, NameTable } from './name-table.js';

/** Metric names of one long file: as many as one equipment may have. */
export const MAX_LONG_METRICS = 1024;

const IN_NAME = bytesOf('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-');

/** Numbers for the metrics of a file: those of its columns, or those that the rows of a long file name. */
export class MetricTable extends NameTable {
  constructor(metrics: readonly { readonly name: string }[]) {
    super(Math.max(metrics.length, MAX_LONG_METRICS), IN_NAME);
    for (const { name } of metrics) this.numberOf(name);
  }

  protected override accepts(name: string): boolean {
    return parseMetricName(name).ok;
  }
}
