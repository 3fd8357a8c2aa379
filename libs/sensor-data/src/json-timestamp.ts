import {
  accepted,
  instantFromEpoch,
  parseEpoch,
  refused,
  showInstant,
  type EpochUnit,
  type Instant,
  type Parsed,
} from '@sensorflow/kernel';
import { parseReadingTimestamp, withinAcceptedTime } from './reading-timestamp.js';
import type { Retention } from './retention.js';

/** How the timestamps of a request are to be read, beyond what every timestamp must be. */
export interface JsonTimestamps {
  /** Earlier ones come from clocks that were never set. */
  readonly earliest?: Instant | undefined;
  /** What numbers count, since 1970; unless set, they are refused. */
  readonly precision?: EpochUnit | undefined;
  /** The instant of a reading that has none; unless set, it is refused. */
  readonly arrival?: (() => Instant) | undefined;
}

const NUMBER = /^-?\d[\d.]*(?:[eE][+-]?\d+)?$/;
const MAX_LENGTH = 64;

const MISSING = refused(
  'timestamp-missing',
  'A reading says when it was taken; for a device without a clock, the query parameter clock=server does.',
);
const UNIT_MISSING = refused(
  'timestamp-precision-missing',
  'A number does not say what it counts: add the query parameter precision=s, ms, us or ns, or send text such as 2023-02-15T01:30:00.000-05:00.',
);
const MALFORMED = refused(
  'timestamp-malformed',
  'A timestamp is RFC 3339 text such as 2023-02-15T01:30:00.000-05:00, or a number with the query parameter precision.',
);

/**
 * Reads the timestamp of a JSON reading: text, or with `precision` a number (as text too: a double holds the
 * nanoseconds of today only to the nearest 256). Faults: those of `parseReadingTimestamp` and `parseEpoch`,
 * `timestamp-precision-missing`, `timestamp-too-early`.
 */
export function parseJsonTimestamp(
  raw: unknown,
  nowEpochMs: number,
  retention: Retention,
  timestamps: JsonTimestamps,
): Parsed<Instant> {
  const isMissing = raw === undefined || raw === null || raw === '';
  if (isMissing && timestamps.arrival) return accepted(timestamps.arrival());
  if (raw === undefined || raw === '') return MISSING;
  const parsed = parseSent(raw, nowEpochMs, retention, timestamps.precision);
  const { earliest } = timestamps;
  if (!parsed.ok || earliest === undefined || parsed.value >= earliest) return parsed;
  return refused(
    'timestamp-too-early',
    `Readings are taken from ${showInstant(earliest)} on: a clock that was never set shows such times. Set it, or leave the timestamp out and add the query parameter clock=server.`,
  );
}

function parseSent(
  raw: unknown,
  nowEpochMs: number,
  retention: Retention,
  precision: EpochUnit | undefined,
): Parsed<Instant> {
  const isNumber = typeof raw === 'number';
  if (!isNumber && typeof raw !== 'string') return MALFORMED;
  if (!isNumber && !isNumberText(raw)) return parseReadingTimestamp(raw, nowEpochMs, retention);
  if (precision === undefined) return UNIT_MISSING;
  if (isNumber && Math.abs(raw) > Number.MAX_SAFE_INTEGER) {
    return refused(
      'timestamp-malformed',
      'This number has lost digits on its way; send it as text.',
    );
  }
  const parsed = parseEpoch(String(raw), precision);
  if (!parsed.ok) return parsed;
  return withinAcceptedTime(instantFromEpoch(parsed.value), nowEpochMs, retention);
}

/** Most are not, as their fifth character shows. */
function isNumberText(text: string): boolean {
  return text[4] !== '-' && text.length <= MAX_LENGTH && NUMBER.test(text);
}
