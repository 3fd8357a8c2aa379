import { DomainError } from '@sensorflow/kernel';

/** Deeper documents are refused before anything walks them. */
export const MAX_JSON_DEPTH = 10;

/** A number that JSON.parse may have rounded to zero although it is none. */
const MAY_UNDERFLOW = /[eE]-\d{3}|\.0{99}/;
/** Strings, which are passed over, and numbers with an exponent or a long run of zeros. */
const STRINGS_AND_TINY_NUMBERS = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?[eE]-\d{3,}|-?\d+\.0{99}\d*/g;

/**
 * Reads one JSON document of a caller. A number too small for a double becomes the smallest one
 * instead of zero, so that the rules for values can refuse it.
 * Throws DomainError `json-malformed`, `json-too-deep` or `json-forbidden-key`.
 */
export function parseJson(text: string): unknown {
  const document = parse(text);
  assertHarmless(document);
  return document;
}

/** The same for a list whose elements are looked at one by one, each with `assertHarmless`. */
export function parseJsonList(text: string): unknown {
  const document = parse(text);
  if (!Array.isArray(document)) assertHarmless(document);
  return document;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(MAY_UNDERFLOW.test(text) ? keepFromZero(text) : text);
  } catch (cause) {
    throw new DomainError('invalid', 'json-malformed', 'The body is not valid JSON.', { cause });
  }
}

/** On the text, because a reviver takes seconds for the megabytes of a batch. */
function keepFromZero(text: string): string {
  return text.replaceAll(STRINGS_AND_TINY_NUMBERS, (token) => {
    if (token.startsWith('"') || Number(token) !== 0) return token;
    const [mantissa = ''] = token.split(/[eE]/);
    return /[1-9]/.test(mantissa) ? String(Number.MIN_VALUE) : token;
  });
}

/** Throws DomainError `json-too-deep` or `json-forbidden-key`. */
export function assertHarmless(value: unknown, depth = 1): void {
  if (typeof value !== 'object' || value === null) return;
  if (depth > MAX_JSON_DEPTH) {
    throw new DomainError(
      'invalid',
      'json-too-deep',
      `JSON may be nested ${MAX_JSON_DEPTH} levels deep at most.`,
    );
  }
  if (Array.isArray(value)) {
    for (const element of value) assertHarmless(element, depth + 1);
    return;
  }
  for (const [key, member] of Object.entries(value)) {
    if (key === '__proto__') {
      throw new DomainError('invalid', 'json-forbidden-key', 'The key __proto__ is not accepted.');
    }
    assertHarmless(member, depth + 1);
  }
}
