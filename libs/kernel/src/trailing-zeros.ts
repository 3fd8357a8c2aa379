/** Digits without the zeros at their end: `1200` becomes `12`, `000` becomes nothing. */
export function withoutTrailingZeros(digits: string): string {
  let end = digits.length;
  while (digits[end - 1] === '0') end -= 1;
  return digits.slice(0, end);
}
