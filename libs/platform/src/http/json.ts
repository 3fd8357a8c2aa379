import { DomainError } from '@sensorflow/kernel';

/** Deeper documents are refused before anything walks them. */
export const MAX_JSON_DEPTH = 10;

/** A number that JSON.parse may have rounded to zero although it is none. */
const MAY_UNDERFLOW = /[eE]-\d{3}|\.0{99}/;

/**
 * Reads one JSON document of a caller. A number too small for a double becomes the smallest one
 * instead of zero, so that the rules for values can refuse it.
 * Throws DomainError `json-malformed`, `json-too-deep` or `json-forbidden-key`.
 */
export function parseJson(text: string): unknown {
  const document = parse(text);
  assertHarmless(document, 1);
  return document;
}

function parse(text: string): unknown {
  try {
    return MAY_UNDERFLOW.test(text) ? JSON.parse(text, keepFromZero) : JSON.parse(text);
  } catch (cause) {
    throw new DomainError('invalid', 'json-malformed', 'The body is not valid JSON.', { cause });
  }
}

function keepFromZero(_key: string, value: unknown, context?: { source?: string }): unknown {
  if (value !== 0 || context?.source === undefined) return value;
  const [mantissa = ''] = context.source.split(/[eE]/);
  return /[1-9]/.test(mantissa) ? Number.MIN_VALUE : value;
}

function assertHarmless(value: unknown, depth: number): void {
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
