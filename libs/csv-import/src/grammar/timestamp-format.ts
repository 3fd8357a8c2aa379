import { accepted, refused, type EpochUnit, type Parsed } from '@sensorflow/kernel';
import { compilePattern, type DatePattern } from './date-pattern.js';

/** How the timestamps of a file are written. */
export type TimestampFormat =
  | { readonly kind: 'iso'; readonly text: string }
  | { readonly kind: 'epoch'; readonly text: string; readonly unit: EpochUnit }
  | { readonly kind: 'excel'; readonly text: string }
  | { readonly kind: 'pattern'; readonly text: string; readonly pattern: DatePattern };

/** RFC 3339 and what is just as unambiguous: what a file has unless it is said otherwise. */
export const ISO_FORMAT: TimestampFormat = { kind: 'iso', text: 'iso' };

export const NAMED_FORMATS: readonly TimestampFormat[] = [
  ISO_FORMAT,
  { kind: 'epoch', text: 'epoch-s', unit: 's' },
  { kind: 'epoch', text: 'epoch-ms', unit: 'ms' },
  { kind: 'epoch', text: 'epoch-us', unit: 'us' },
  { kind: 'epoch', text: 'epoch-ns', unit: 'ns' },
  { kind: 'excel', text: 'excel' },
];

/** What a pattern, well or badly written, has at least. */
const PATTERN_SIGN = /[yYMDd%]/;

/**
 * Reads a format's name, or a pattern of Unicode's letters such as `dd.MM.yyyy HH:mm` (see `compilePattern`).
 * Fault: `timestamp-format-invalid`, which says what is wrong.
 */
export function parseTimestampFormat(text: string): Parsed<TimestampFormat> {
  const named = NAMED_FORMATS.find((format) => format.text === text);
  if (named) return accepted(named);
  if (!PATTERN_SIGN.test(text)) return NO_FORMAT;
  const pattern = compilePattern(text);
  return pattern.ok ? accepted({ kind: 'pattern', text, pattern: pattern.value }) : pattern;
}

const NO_FORMAT = refused(
  'timestamp-format-invalid',
  `A timestamp format is ${NAMED_FORMATS.map(({ text }) => text).join(', ')}, or a pattern such as dd.MM.yyyy HH:mm.`,
);
