import { DomainError } from '@sensorflow/kernel';
import { jsonFaultIn } from './json-fault.js';
import { keepFromZero, quoteNumbers } from './json-numbers.js';
import { MAX_JSON_DEPTH, outlineOf, type JsonOutline } from './json-outline.js';
import { pointerToRepeatedName } from './json-repeated-name.js';

export interface JsonReading {
  /** In which line of the body the document begins. */
  readonly firstLine?: number;
  /** A member of the document whose number becomes text, with all its digits. */
  readonly numberText?: string | undefined;
}

/**
 * Reads one JSON document of a caller, in time that is linear in its length. A number too small for a
 * double becomes the smallest one instead of zero, so that the rules for values can refuse it. Throws
 * DomainError `json-malformed`, `json-too-deep`, `json-forbidden-key` or `json-duplicate-key`.
 */
export function parseJson(text: string, { firstLine = 1, numberText }: JsonReading = {}): unknown {
  const outline = outlineOf(text);
  assertShallow(outline);
  const kept = keptAt(1, numberText);
  const value = buildKeeping(text, outline.mayUnderflow, { text, firstLine }, kept);
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

/** The text that contains the JSON, so that a fault can name its place in it. */
export interface JsonDocument {
  readonly text: string;
  /** Which line of the body its first line is. */
  readonly firstLine: number;
}

/** Throws DomainError `json-malformed` with the place of the fault in the document. */
export function buildJson(text: string, mayUnderflow: boolean, document: JsonDocument): unknown {
  try {
    return JSON.parse(mayUnderflow ? keepFromZero(text) : text);
  } catch (cause) {
    throw jsonMalformed(document, cause);
  }
}

interface KeptNumbers {
  readonly member: string;
  readonly depth: number;
}

export function keptAt(depth: number, member: string | undefined): KeptNumbers | undefined {
  return member === undefined ? undefined : { member, depth };
}

/** The same, but numbers at this depth stay text. */
export function buildKeeping(
  text: string,
  mayUnderflow: boolean,
  document: JsonDocument,
  kept: KeptNumbers | undefined,
): unknown {
  if (!kept) return buildJson(text, mayUnderflow, document);
  try {
    return buildJson(quoteNumbers(text, kept.member, kept.depth), mayUnderflow, document);
  } catch {
    // The fault is reported for the text as it was sent.
    return buildJson(text, mayUnderflow, document);
  }
}

/** Says line and column, and what was found there. */
export function jsonMalformed({ text, firstLine }: JsonDocument, cause?: unknown): DomainError {
  const fault = jsonFaultIn(text);
  const line = fault && fault.line + firstLine - 1;
  const place = fault ? ` Line ${line}, column ${fault.column}: ${fault.found}` : '';
  return new DomainError('invalid', 'json-malformed', `This is not valid JSON.${place}`, { cause });
}

/**
 * A value that was built from its outline's part of `text` must have a member for each name in it: of two equal names,
 * JSON.parse silently keeps the last. Throws DomainError `json-forbidden-key` or `json-duplicate-key`.
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
  // Object.entries would cost half as much as reading a small document.
  for (const name in value) {
    if (name === '__proto__') {
      throw new DomainError('invalid', 'json-forbidden-key', 'The key __proto__ is not accepted.');
    }
    count += 1 + countMembers((value as Record<string, unknown>)[name]);
  }
  return count;
}
