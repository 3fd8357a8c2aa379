import {
  FaultList,
  pointerTo,
  refused,
  unknownName,
  type Fault,
  type InputFault,
  type Parsed,
} from '@sensorflow/kernel';
import { parseEquipmentId } from './equipment-id.js';
import { isJsonObject } from './json-object.js';
import { parseJsonTimestamp, type JsonTimestamps } from './json-timestamp.js';
import { MAX_METRICS_PER_READING, parseMetricName } from './metric-name.js';
import { parseNumber } from './reading-number.js';
import { DEFAULT_METRIC, type Reading } from './reading.js';
import type { Retention } from './retention.js';
import { readTags } from './tags.js';

export type ParsedReading =
  | { readonly ok: true; readonly value: Reading }
  | { readonly ok: false; readonly faults: readonly InputFault[] };

type JsonObject = Readonly<Record<string, unknown>>;

const PROPERTIES: ReadonlySet<string> = new Set([
  'equipmentId',
  'timestamp',
  'value',
  'values',
  'tags',
]);
const NO_TIMESTAMP_RULES: JsonTimestamps = {};
const NO_TAGS: ReadonlyMap<string, string> = new Map();

/**
 * Reads one reading from a parsed JSON value: the one rule for HTTP and files alike. Names every fault at once
 * (up to `maxFaults`, or 100), each with its pointer. Never throws, whatever the value.
 */
export function parseReading(
  raw: unknown,
  nowEpochMs: number,
  retention: Retention,
  timestamps: JsonTimestamps = NO_TIMESTAMP_RULES,
  maxFaults?: number,
): ParsedReading {
  const faults = new FaultList(maxFaults);
  if (!isJsonObject(raw)) {
    faults.add('', { code: 'reading-not-an-object', detail: 'A reading is a JSON object.' });
    return { ok: false, faults: faults.faults };
  }
  noteUnknownProperties(raw, faults);
  const equipmentId = faults.valueOf('/equipmentId', equipmentIdOf(raw));
  const timestamp = faults.valueOf(
    '/timestamp',
    parseJsonTimestamp(timestampIn(raw), nowEpochMs, retention, timestamps),
  );
  const values = readMetrics(raw, faults);
  const tags = Object.hasOwn(raw, 'tags') ? readTags(raw.tags, faults) : NO_TAGS;
  if (equipmentId === undefined || timestamp === undefined || faults.faults.length > 0) {
    return { ok: false, faults: faults.faults };
  }
  return { ok: true, value: { equipmentId, timestamp, values, tags } };
}

function noteUnknownProperties(raw: JsonObject, faults: FaultList): void {
  for (const name of Object.keys(raw)) {
    if (faults.isFull) return;
    if (!PROPERTIES.has(name)) {
      faults.add(pointerTo('', name), unknownName('property', name, [...PROPERTIES]));
    }
  }
}

function equipmentIdOf(raw: JsonObject): Parsed<string> {
  if (!Object.hasOwn(raw, 'equipmentId')) return parseEquipmentId('');
  if (typeof raw.equipmentId === 'string') return parseEquipmentId(raw.equipmentId);
  return refused('equipment-id-invalid', 'An equipment id is a string.');
}

function timestampIn(raw: JsonObject): unknown {
  return Object.hasOwn(raw, 'timestamp') ? raw.timestamp : undefined;
}

/** A metric that is `null` is left out: it has no value. */
function readMetrics(raw: JsonObject, faults: FaultList): ReadonlyMap<string, number> {
  const hasValue = Object.hasOwn(raw, 'value') && raw.value !== null;
  const hasValues = Object.hasOwn(raw, 'values');
  if (!hasValue && !hasValues) faults.add('/value', VALUE_MISSING);
  if (hasValue && hasValues) faults.add('/value', VALUE_AMBIGUOUS);
  const metrics = new Map<string, number>();
  if (hasValues) readValues(raw.values, metrics, faults);
  if (hasValue) {
    const number = faults.valueOf('/value', parseNumber(raw.value));
    if (number !== undefined) metrics.set(DEFAULT_METRIC, number);
  }
  return metrics;
}

const VALUE_MISSING: Fault = {
  code: 'value-missing',
  detail: 'A reading has a number as value, or several in values.',
};
const VALUE_AMBIGUOUS: Fault = {
  code: 'value-ambiguous',
  detail: 'A reading has either value or values: value is short for a metric of that name.',
};

function readValues(raw: unknown, metrics: Map<string, number>, faults: FaultList): void {
  if (!isJsonObject(raw)) {
    faults.add('/values', {
      code: 'values-not-an-object',
      detail: 'The values are an object of metric names and numbers.',
    });
    return;
  }
  const names = Object.keys(raw);
  if (names.every((name) => raw[name] === null)) {
    faults.add('/values', { code: 'values-empty', detail: 'A reading has at least one metric.' });
  }
  if (names.length > MAX_METRICS_PER_READING) {
    faults.add('/values', {
      code: 'too-many-metrics',
      detail: 'A reading has at most 64 metrics.',
    });
  }
  for (const name of names) {
    const pointer = pointerTo('/values', name);
    const metric = faults.valueOf(pointer, parseMetricName(name));
    if (raw[name] === null) continue;
    const number = faults.valueOf(pointer, parseNumber(raw[name]));
    if (metric !== undefined && number !== undefined) metrics.set(metric, number);
  }
}
