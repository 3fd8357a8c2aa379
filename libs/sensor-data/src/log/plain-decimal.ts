/**
 * A number as a whole mantissa × 10^-scale, so that its digits can be written without asking V8 for them.
 * Only numbers whose shortest decimal is plain: at most 15 digits, no exponent, no zeros at the end of a
 * fraction. Then mantissa and scale are as unique as the double is.
 */
export const MAX_DECIMAL_DIGITS = 15;

/** The scale of a number that is its double itself: `mantissa` is no mantissa then. */
export const AS_DOUBLE = 255;
/** The scale of what is no number: a reading that lacks a metric. */
export const NOTHING = 254;

/** Below, JavaScript writes numbers with an exponent. */
const LARGEST_SCALE_OF_ONE_DIGIT = 6;
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => 10 ** exponent);
const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;

/** @param scale at most 22 */
export function powerOfTen(scale: number): number {
  return POWERS[scale] ?? NaN;
}

/** Whether JavaScript writes the number without an exponent. */
export function isPlainDecimal(mantissa: number, scale: number): boolean {
  return (
    scale <= LARGEST_SCALE_OF_ONE_DIGIT ||
    Math.abs(mantissa) >= powerOfTen(scale - LARGEST_SCALE_OF_ONE_DIGIT)
  );
}

/** The double: one correctly rounded division of two exact numbers. */
export function decimalValue(mantissa: number, scale: number): number {
  return scale === AS_DOUBLE || scale === 0 ? mantissa : mantissa / powerOfTen(scale);
}

/** How long its text is. */
export function decimalLength(mantissa: number, scale: number): number {
  if (scale === AS_DOUBLE) return String(mantissa).length;
  const sign = mantissa < 0 ? 1 : 0;
  const digits = wholeLength(Math.abs(mantissa));
  if (scale === 0) return sign + digits;
  return sign + 1 + Math.max(digits, scale + 1);
}

function wholeLength(value: number): number {
  let length = 1;
  while (value >= powerOfTen(length)) length += 1;
  return length;
}

/** Writes its text, which is what `String` makes of the double; answers where the text ends. */
export function writeDecimal(
  bytes: Uint8Array,
  start: number,
  mantissa: number,
  scale: number,
): number {
  let at = start;
  if (mantissa < 0) bytes[at++] = MINUS;
  const magnitude = Math.abs(mantissa);
  if (scale === 0) return writeWhole(bytes, at, magnitude);
  const whole = Math.floor(magnitude / powerOfTen(scale));
  at = writeWhole(bytes, at, whole);
  bytes[at++] = POINT;
  writeDigits(bytes, at, at + scale, magnitude - whole * powerOfTen(scale));
  return at + scale;
}

/** @param value whole, below 2^53 */
export function writeWhole(bytes: Uint8Array, start: number, value: number): number {
  const end = start + wholeLength(value);
  writeDigits(bytes, start, end, value);
  return end;
}

/** The last digits of a whole number, as many as there is room for. */
function writeDigits(bytes: Uint8Array, start: number, end: number, value: number): void {
  let rest = value;
  let at = end - 1;
  for (; rest > SMALL && at >= start; at -= 1) {
    const tenth = Math.floor(rest / 10);
    bytes[at] = ZERO + rest - tenth * 10;
    rest = tenth;
  }
  // Whole numbers of 31 bits are quicker.
  for (let small = rest | 0; at >= start; at -= 1) {
    const tenth = (small / 10) | 0;
    bytes[at] = ZERO + small - tenth * 10;
    small = tenth;
  }
}

const SMALL = 0x3fffffff;

const PLAIN = /^-?\d+(?:\.\d+)?$/;

/** Mantissa and scale of a double, if its text is plain and short enough; undefined for any other. */
export function plainDecimalOf(
  value: number,
): { readonly mantissa: number; readonly scale: number } | undefined {
  const text = String(value);
  const point = text.indexOf('.');
  const scale = point < 0 ? 0 : text.length - point - 1;
  if (!PLAIN.test(text) || text.length > MAX_DECIMAL_DIGITS) return undefined;
  return { mantissa: Number(text.replace('.', '')), scale };
}
