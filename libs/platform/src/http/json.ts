import { DomainError } from '@sensorflow/kernel';
import { keepFromZero } from './json-numbers.js';
import { outlineOf, type JsonOutline } from './json-outline.js';
import { pointerToRepeatedName } from './json-repeated-name.js';

/** Deeper documents are refused before anything is built from them. */
export const MAX_JSON_DEPTH = 10;

/**
 * Reads one JSON document of a caller, in time that is linear in its length. A number too small for a
 * double becomes the smallest one instead of zero, so that the rules for values can refuse it. Throws
 * DomainError `json-malformed`, `json-too-deep`, `json-forbidden-key` or `json-duplicate-key`.
 */
export function parseJson(text: string): unknown {
  const outline = outlineOf(text);
  assertShallow(outline);
  const value = buildJson(text, outline.mayUnderflow);
  assertUnambiguous(value, outline, text);
  return value;
}

/** Throws DomainError `json-too-deep`. */
export function assertShallow({ depth }: JsonOutline): void {
  if (depth > MAX_JSON_DEPTH) {
    throw new DomainError(
      'invalid',
      'json-too-deep',
      `JSON may be nested ${MAX_JSON_DEPTH} levels deep at most.`,
    );
  }
}

/** Throws DomainError `json-malformed`. */
export function buildJson(text: string, mayUnderflow: boolean): unknown {
  try {
    return JSON.parse(mayUnderflow ? keepFromZero(text) : text);
  } catch (cause) {
    throw jsonMalformed(cause);
  }
}

export function jsonMalformed(cause?: unknown): DomainError {
  return new DomainError('invalid', 'json-malformed', 'The body is not valid JSON.', { cause });
}

/**
 * A value that was built from its outline's part of `text` must have a member for each name in it: of two equal names,
 * JSON.parse keeps the last without a word. Throws DomainError `json-forbidden-key` or `json-duplicate-key`.
 */
export function assertUnambiguous(value: unknown, outline: JsonOutline, text: string): void {
  if (countMembers(value) === outline.names) return;
  const pointer = pointerToRepeatedName(text.slice(outline.start, outline.end)) ?? '';
  const detail = `The key at ${pointer} appears twice. Send it once.`;
  throw new DomainError('invalid', 'json-duplicate-key', detail, {
    faults: [{ pointer, code: 'json-duplicate-key', detail }],
  });
}

function countMembers(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0;
  if (Array.isArray(value)) {
    return value.reduce<number>((count, element) => count + countMembers(element), 0);
  }
  let count = 0;
  // Not by Object.entries, whose lists cost half of all that reading a small document does.
  for (const name in value) {
    if (name === '__proto__') {
      throw new DomainError('invalid', 'json-forbidden-key', 'The key __proto__ is not accepted.');
    }
    count += 1 + countMembers((value as Record<string, unknown>)[name]);
  }
  return count;
}
