import { accepted, parseInstant, refused, type Instant, type Parsed } from '@sensorflow/kernel';

export const DEFAULT_LIMIT = 100;
const LIMIT = /^(?:[1-9][0-9]{0,2}|1000)$/;

/** Fault: `limit-invalid`. */
export function parseLimit(text: string): Parsed<number> {
  return LIMIT.test(text)
    ? accepted(Number(text))
    : refused('limit-invalid', 'The limit is a whole number from 1 to 1000.');
}

/** Faults: `timestamp-…`. */
export function parseQueryInstant(text: string): Parsed<Instant> {
  const parsed = parseInstant(text);
  if (parsed.ok || !parseInstant(text.replace(' ', '+')).ok) return parsed;
  return refused(parsed.fault.code, 'A + in a query means a blank: write the offset with %2B.');
}

/** One word of several. Its fault has the code that is given. */
export function oneOf<T extends string>(
  words: readonly T[],
  code: string,
  detail: string,
): (text: string) => Parsed<T> {
  return (text) => {
    const word = words.find((one) => one === text);
    return word === undefined ? refused(code, detail) : accepted(word);
  };
}

/** Text in that form. Its fault has the code that is given. */
export function inForm(
  form: RegExp,
  code: string,
  detail: string,
): (text: string) => Parsed<string> {
  return (text) => (form.test(text) ? accepted(text) : refused(code, detail));
}
