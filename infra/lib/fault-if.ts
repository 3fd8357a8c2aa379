/** One fault of an environment, or none. */
export function faultIf(isFault: boolean, text: string): readonly string[] {
  return isFault ? [text] : [];
}

export function isWhole(value: number, min: number, max = Number.MAX_SAFE_INTEGER): boolean {
  return Number.isInteger(value) && value >= min && value <= max;
}
