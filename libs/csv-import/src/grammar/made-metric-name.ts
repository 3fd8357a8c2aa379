import { parseMetricName } from '@sensorflow/sensor-data';

const MAX_LENGTH = 64;
/** Letters that Unicode does not take apart, and signs that mean a letter. */
const WRITTEN_AS: Readonly<Record<string, string>> = Object.fromEntries(
  'ß:ss æ:ae Æ:AE œ:oe Œ:OE ø:o Ø:O ł:l Ł:L đ:d Đ:D ð:d Ð:D þ:th Þ:Th ı:i µ:u μ:u Ω:Ohm Δ:Delta ∆:Delta'
    .split(' ')
    .map((pair) => pair.split(':')),
);
const OTHER_LETTER = /[^\p{ASCII}\P{L}]/u;

/**
 * The name of a metric that comes nearest to a column's: `Temperature (°C)` → `Temperature_C`. A name that is
 * one already stays as it is. Undefined where nothing is left of it, or a letter would be lost: `θT` is not `T`.
 */
export function madeMetricName(column: string): string | undefined {
  if (parseMetricName(column).ok) return column;
  const plain = column
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\p{ASCII}]/gu, (letter) => WRITTEN_AS[letter] ?? letter);
  if (OTHER_LETTER.test(plain)) return undefined;
  const name = withoutMarks(plain.replace(/[^A-Za-z0-9.-]+/g, '_'));
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
