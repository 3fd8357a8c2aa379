import type { LogRow } from '@sensorflow/sensor-data/log/block-builder.js';

/** Readings of one metric at regular instants of an hour. */
export function series(
  count: number,
  everyNs: number,
  valueOf: (index: number) => number,
  jitterNs = 0,
  fromNs = 0,
): readonly LogRow[] {
  return Array.from({ length: count }, (_row, index) => ({
    offsetNs: fromNs + index * everyNs + ((index * 7) % 5) * jitterNs,
    values: new Map([['temperature', valueOf(index)]]),
    tags: new Map(),
  }));
}

/** As sensors send them: `23.33`. */
export function usual(index: number): number {
  return Number((20 + ((index * 37) % 900) / 100).toFixed(2));
}

/** 16 or 17 significant digits. */
export function longest(index: number): number {
  return 0.1 + 0.2 + index / 7 + Math.sin(index) / 3;
}

/** A reading with many metrics. */
export function wide(metrics: number, nameLength: number, valueOf = usual): LogRow {
  return {
    offsetNs: 1e9,
    values: new Map(
      Array.from({ length: metrics }, (_metric, index) => [
        `m${index}`.padEnd(nameLength, 'x'),
        valueOf(index),
      ]),
    ),
    tags: new Map(),
  };
}
