import { refused, type Parsed } from '@sensorflow/kernel';
import { parseNumberText } from '@sensorflow/sensor-data';
import type { DecimalSign } from './import-options.js';

/** As people and machines write numbers: `+23.5`, `.427`, `5.`, `00123.9`, `1e-3`. */
const WRITTEN = /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d+)?$/;
const WITH_COMMA = /^[+-]?\d+,\d+$/;

const NOT_A_NUMBER = refused(
  'value-not-a-number',
  'A metric is a number, such as 78.42, without text, blanks or thousands separators.',
);
const NOT_A_NUMBER_WITH_COMMA = refused(
  'value-not-a-number',
  'A metric is a number with a decimal comma, such as 78,42, without text, blanks or thousands separators.',
);
/** Said of what is a number but for its decimal comma. */
export const COMMA_UNSAID = refused(
  'value-not-a-number',
  'A metric is a number, such as 78.42; for decimal commas set the option decimal to ",".',
);

/**
 * The number in a cell without blanks around it. With a decimal comma a point can only be a thousands
 * separator, which is refused. Faults: `value-not-a-number`, `value-out-of-range`.
 */
export function parseCellNumber(cell: string, decimal: DecimalSign): Parsed<number> {
  if (decimal === '.') {
    const text = jsonNumber(cell);
    if (text !== undefined) return parseNumberText(text);
    return WITH_COMMA.test(cell) ? COMMA_UNSAID : NOT_A_NUMBER;
  }
  const text = cell.includes('.') ? undefined : jsonNumber(cell.replace(',', '.'));
  return text === undefined ? NOT_A_NUMBER_WITH_COMMA : parseNumberText(text);
}

/** The same number in JSON's grammar, so that it means in a file what it means in a document. */
function jsonNumber(cell: string): string | undefined {
  const match = WRITTEN.exec(cell);
  const [, sign = '', whole = '', fraction = '', exponent = ''] = match ?? [];
  if (whole === '' && fraction === '') return undefined;
  const digits = withoutLeadingZeros(whole);
  return `${sign === '-' ? '-' : ''}${digits}${fraction === '' ? '' : `.${fraction}`}${exponent}`;
}

function withoutLeadingZeros(digits: string): string {
  let at = 0;
  while (at < digits.length - 1 && digits[at] === '0') at += 1;
  return digits === '' ? '0' : digits.slice(at);
}

/** The number that a text is in either dialect; undefined for any other text. */
export function plainNumber(text: string): number | undefined {
  const parsed = parseCellNumber(text.replace(',', '.'), '.');
  return parsed.ok ? parsed.value : undefined;
}
