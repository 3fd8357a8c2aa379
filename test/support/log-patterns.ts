import { instantFromEpochMs, type Instant } from '@sensorflow/kernel';
import type { LogRow } from '@sensorflow/sensor-data/log/block-builder.js';
import type { Origin, StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { hourOf, offsetOf } from '@sensorflow/sensor-data/log/hour-time.js';
import { packRows } from '@sensorflow/sensor-data/log/pack-rows.js';
import { StampClock } from '@sensorflow/sensor-data/log/stamp.js';
import { FixedClock } from './fixed-clock.js';

const USER: Origin = { by: '6d0e9c1a-0000-4000-8000-1234567890ab' };
const IMPORT: Origin = { ...USER, importId: '0190a0a0-0000-7000-8000-000000000001' };
const HOUR_MS = 3_600_000;

/** How an equipment sends. */
export interface LogPattern {
  readonly name: string;
  readonly everyMs: number;
  /** Readings that are sent together. */
  readonly together: number;
  readonly origin: Origin;
}

export const LOG_PATTERNS: readonly LogPattern[] = [
  { name: 'one a minute', everyMs: 60_000, together: 1, origin: USER },
  { name: 'one a second', everyMs: 1_000, together: 1, origin: USER },
  { name: 'ten a second', everyMs: 100, together: 1, origin: USER },
  { name: 'one a second, 50 at a time', everyMs: 1_000, together: 50, origin: USER },
  { name: 'a CSV file, one a minute', everyMs: 60_000, together: Infinity, origin: IMPORT },
  { name: 'a CSV file, one a second', everyMs: 1_000, together: Infinity, origin: IMPORT },
  { name: 'a CSV file, ten a second', everyMs: 100, together: Infinity, origin: IMPORT },
];

export interface SentHours {
  readonly equipmentId: string;
  /** As 2026-11-30T06. */
  readonly firstHour: string;
  readonly hours: number;
  /** Of the reading of that number. */
  readonly valuesOf: (index: number) => ReadonlyMap<string, number>;
}

/** The blocks that hours of such readings become. */
export function* blocksOf(
  { everyMs, together, origin }: LogPattern,
  { equipmentId, firstHour, hours, valuesOf }: SentHours,
): Generator<StoredBlock> {
  const stamps = new StampClock(new FixedClock('2026-11-30T12:00:00Z'));
  const importStamp = { ...stamps.next(), source: origin.importId ?? '' };
  const isImport = origin.importId !== undefined;
  const startMs = Date.parse(`${firstHour}:00:00Z`);
  const perHour = HOUR_MS / everyMs;
  const atOnce = Math.min(together, perHour);
  let sequence = 0;
  for (let first = 0; first < hours * perHour; first += atOnce) {
    const count = Math.min(atOnce, hours * perHour - first);
    const instants = Array.from({ length: count }, (_row, index) =>
      instantFromEpochMs(startMs + (first + index) * everyMs),
    );
    for (const [hour, ofHour] of Map.groupBy(instants, hourOf)) {
      const rows = ofHour.map((instant): LogRow => {
        const place = Math.round((Date.parse(instant) - startMs) / everyMs);
        const row = { offsetNs: offsetOf(instant), values: valuesOf(place), tags: new Map() };
        return isImport ? Object.assign(row, { place }) : row;
      });
      for (const { block } of packRows(equipmentId, hour, origin, rows)) {
        const part = { run: 1, sequence: (sequence += 1) };
        yield isImport ? block.seal(importStamp, undefined, part) : block.seal(stamps.next());
      }
    }
  }
}

/** As sensors send them: `23.33`. */
export function usualValue(index: number): number {
  return Number((20 + ((index * 37) % 900) / 100).toFixed(2));
}

/** Readings of one equipment that were sent one after the other, each as a block of its own. */
export function* singleBlocks(
  equipmentId: string,
  readings: Iterable<readonly [Instant, ReadonlyMap<string, number>]>,
  sentAt: string,
): Generator<StoredBlock> {
  const stamps = new StampClock(new FixedClock(sentAt));
  for (const [instant, values] of readings) {
    const row = { offsetNs: offsetOf(instant), values, tags: new Map() };
    for (const { block } of packRows(equipmentId, hourOf(instant), USER, [row])) {
      yield block.seal(stamps.next());
    }
  }
}
