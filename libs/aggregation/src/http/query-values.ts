import {
  instantToEpochMs,
  parseInstant,
  refused,
  type Instant,
  type Parsed,
} from '@sensorflow/kernel';
import { parseCursor } from '@sensorflow/platform/http/cursor.js';
import { parseEquipmentId } from '@sensorflow/sensor-data';
import type { QueryFaults } from './query-faults.js';

/** What several query strings of this module have in common; each fault is noted, and answered by undefined. */
export interface InstantRange {
  readonly from: Instant;
  readonly to: Instant;
}

const MAX_RANGE_DAYS = 366;
const MAX_RANGE_MS = MAX_RANGE_DAYS * 24 * 60 * 60 * 1000;

/** Faults `range-empty` and `range-too-long`. */
export function rangeOf(from: Instant, to: Instant, faults: QueryFaults): InstantRange | undefined {
  if (from >= to) return faults.add('/to', 'range-empty', 'from must lie before to.');
  if (instantToEpochMs(to) - instantToEpochMs(from) > MAX_RANGE_MS) {
    const detail = `A range has at most ${MAX_RANGE_DAYS} days.`;
    return faults.add('/to', 'range-too-long', detail);
  }
  return { from, to };
}

export function instantAt(
  pointer: string,
  text: string | undefined,
  faults: QueryFaults,
): Instant | undefined {
  return text === undefined ? undefined : faults.valueOf(pointer, parseQueryInstant(text));
}

function parseQueryInstant(text: string): Parsed<Instant> {
  const parsed = parseInstant(text);
  if (parsed.ok || !parseInstant(text.replace(' ', '+')).ok) return parsed;
  return refused(parsed.fault.code, 'A + in a query means a blank: write the offset with %2B.');
}

export function equipmentIdAt(text: string | undefined, faults: QueryFaults): string | undefined {
  return text === undefined
    ? undefined
    : faults.valueOf('/equipmentId', parseQueryEquipmentId(text));
}

function parseQueryEquipmentId(text: string): Parsed<string> {
  const detail = 'Name an equipment, or leave the parameter out for all.';
  return text === '' ? refused('equipment-id-invalid', detail) : parseEquipmentId(text);
}

export function cursorAt(text: string | undefined, faults: QueryFaults): string | undefined {
  return text === undefined ? undefined : faults.valueOf('/cursor', parseCursor(text));
}
