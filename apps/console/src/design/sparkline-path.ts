export interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * The line through the values, as an SVG path: broken where there is none, a dot where one stands alone. A flat
 * line runs through the middle.
 */
export function sparklinePath(values: readonly (number | null)[], { width, height }: Size): string {
  const known = values.filter((value) => value !== null);
  const lowest = Math.min(...known);
  const span = Math.max(...known) - lowest;
  const step = width / Math.max(1, values.length - 1);
  let path = '';
  for (const [index, value] of values.entries()) {
    if (value === null) continue;
    const y = span === 0 ? height / 2 : height - ((value - lowest) / span) * height;
    const isFirst = (values[index - 1] ?? null) === null;
    path += `${isFirst ? 'M' : 'L'}${rounded(index * step)} ${rounded(y)}`;
    if (isFirst && (values[index + 1] ?? null) === null) path += 'h0';
  }
  return path;
}

function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
