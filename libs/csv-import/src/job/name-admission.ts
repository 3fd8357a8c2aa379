import type { MetricNameLimit, RowTable } from '@sensorflow/sensor-data';
import { MAX_EQUIPMENT } from '../grammar/equipment-table.js';
import type { NameCheck } from '../grammar/row-parser.js';

/**
 * Remembers which metrics of a file each of its equipment may have, so that the limit on names is asked once
 * for each, and not for each row.
 */
export class NameAdmission implements NameCheck {
  private readonly words: number;
  private metrics: readonly string[] = [];
  /** A bit for each metric of each equipment. */
  private readonly admitted: Int32Array;
  /** Of each equipment. */
  private readonly counts: Uint16Array;

  constructor(
    private readonly limit: MetricNameLimit,
    private readonly callerId: string,
    maxMetrics: number,
  ) {
    this.words = Math.ceil(maxMetrics / 32);
    this.admitted = new Int32Array(MAX_EQUIPMENT * this.words);
    this.counts = new Uint16Array(MAX_EQUIPMENT);
  }

  /** Numbers of equipment, and of these metrics, mean others from now on; more metrics may join them. */
  begin(metrics: readonly string[]): void {
    this.metrics = metrics;
    this.admitted.fill(0);
    this.counts.fill(0);
  }

  admits(equipmentId: string, equipment: number, table: RowTable, cells: number): boolean {
    if (this.counts[equipment] === this.metrics.length) return true;
    const first = table.count * table.stride;
    if (this.areAdmitted(equipment, table, first, first + cells)) return true;
    const metrics = table.metrics.subarray(first, first + cells);
    const values = new Map(Array.from(metrics, (metric) => [this.metrics[metric] ?? '', 0]));
    if (!this.limit.admits({ equipmentId, values }, this.callerId)) return false;
    for (const metric of metrics) this.admit(equipment, metric);
    return true;
  }

  private areAdmitted(equipment: number, table: RowTable, first: number, end: number): boolean {
    for (let at = first; at < end; at += 1) {
      if (!this.isAdmitted(equipment, table.metrics[at] ?? 0)) return false;
    }
    return true;
  }

  private isAdmitted(equipment: number, metric: number): boolean {
    const word = this.admitted[equipment * this.words + (metric >>> 5)] ?? 0;
    return (word & (1 << (metric & 31))) !== 0;
  }

  private admit(equipment: number, metric: number): void {
    if (this.isAdmitted(equipment, metric)) return;
    const at = equipment * this.words + (metric >>> 5);
    this.admitted[at] = (this.admitted[at] ?? 0) | (1 << (metric & 31));
    this.counts[equipment] = (this.counts[equipment] ?? 0) + 1;
  }
}
