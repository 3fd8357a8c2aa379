import { accepted, refused, type Parsed } from '@sensorflow/kernel';

/** Well inside what a DynamoDB number holds (1e-130 to 1e126), and sums keep that room. */
const SMALLEST = 1e-100;
const LARGEST = 1e100;

/** JSON's own grammar, so that text means the same in a CSV cell as in a JSON document. */
const JSON_NUMBER = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;
const SIGNIFICANT_DIGIT = /^[^eE]*[1-9]/;

const NOT_A_NUMBER = refused(
  'value-not-a-number',
  'A metric is a number, such as 78.42, without text, blanks or thousands separators.',
);
const OUT_OF_RANGE = refused(
  'value-out-of-range',
  'A number is zero or has a magnitude from 1e-100 to 1e100.',
);

/**
 * Takes a finite double: zero, or 1e-100 ≤ |v| ≤ 1e100; -0 becomes 0.
 * Faults: `value-not-a-number`, `value-out-of-range` (also for what JSON parses to Infinity).
 */
export function parseNumber(value: unknown): Parsed<number> {
  if (typeof value !== 'number' || Number.isNaN(value)) return NOT_A_NUMBER;
  const magnitude = Math.abs(value);
  if (magnitude === 0) return accepted(0);
  return magnitude >= SMALLEST && magnitude <= LARGEST ? accepted(value) : OUT_OF_RANGE;
}

/** The same for text: `Number` alone would take blanks, `0x10` and "" for numbers. */
export function parseNumberText(text: string): Parsed<number> {
  if (!JSON_NUMBER.test(text)) return NOT_A_NUMBER;
  const value = Number(text);
  // 1e-400 is not zero; the double nearest to it is.
  if (value === 0 && SIGNIFICANT_DIGIT.test(text)) return OUT_OF_RANGE;
  return parseNumber(value);
}
