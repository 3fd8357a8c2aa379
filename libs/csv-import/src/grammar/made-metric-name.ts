import { parseMetricName } from '@sensorflow/sensor-data';

const MAX_LENGTH = 64;

/**
 * The name of a metric that comes nearest to a column's: `Temperature (°C)` → `Temperature_C`. A name that is
 * one already stays as it is. Undefined where nothing is left of it.
 */
export function madeMetricName(column: string): string | undefined {
  if (parseMetricName(column).ok) return column;
  const plain = column
    .replaceAll('ß', 'ss')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[µμ]/g, 'u')
    .replace(/[^A-Za-z0-9.-]+/g, '_');
  const name = withoutMarks(plain);
  const made = /^[0-9]/.test(name) ? `m_${name}` : name;
  return made === '' ? undefined : made.slice(0, MAX_LENGTH);
}

/** Without what stands for something only between letters and digits. */
function withoutMarks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isMark(text[start])) start += 1;
  while (end > start && isMark(text[end - 1])) end -= 1;
  return text.slice(start, end);
}

function isMark(character: string | undefined): boolean {
  return character === '_' || character === '.' || character === '-';
}
