const DIGITS_AND_MARKS = /^[\d.,:/ +-]+$/;
const MARKS_BETWEEN_DIGITS = /\d[.,:/-]\d/;
const ISO_DATE = /^\d{4}-\d{2}-\d{2}/;

/** A date or a number with a fraction names no column; a whole number may. */
export function isDatum(field: string): boolean {
  const text = field.trim();
  return (DIGITS_AND_MARKS.test(text) && MARKS_BETWEEN_DIGITS.test(text)) || ISO_DATE.test(text);
}
