import { accepted, DomainError, refused, type Parsed } from '@sensorflow/kernel';
import {
  assertShallow,
  assertUnambiguous,
  buildKeeping,
  jsonMalformed,
  type JsonReading,
  keptAt,
  parseJson,
} from './json.js';
import { outlineOf, type JsonOutline } from './json-outline.js';

const NOT_BLANK = /[^ \t\r\n]/;
/** Elements are built in groups of about this many characters: one by one costs more, all at once blocks too long. */
const GROUP_CHARACTERS = 64 * 1024;

/**
 * Finds the elements of a JSON array, `limit` at most, before any of them is built. Undefined when the
 * text begins otherwise. Throws DomainError `json-malformed` when it certainly is no JSON; what the
 * elements hold is not looked at.
 */
export function outlineElements(text: string, limit: number): readonly JsonOutline[] | undefined {
  const first = text.search(NOT_BLANK);
  if (first === -1) throw jsonMalformed({ text, firstLine: 1 });
  if (text[first] !== '[') return undefined;
  const elements: JsonOutline[] = [];
  for (let start = first + 1; elements.length < limit;) {
    const element = outlineOf(text, start);
    elements.push(element);
    if (text[element.end] === ',') start = element.end + 1;
    else return elementsUntil(text, element.end, elements);
  }
  return elements;
}

function elementsUntil(
  text: string,
  end: number,
  elements: readonly JsonOutline[],
): readonly JsonOutline[] {
  if (text[end] !== ']' || NOT_BLANK.test(text.slice(end + 1)))
    throw jsonMalformed({ text, firstLine: 1 });
  const [only, ...more] = elements;
  const isEmpty = only && more.length === 0 && !NOT_BLANK.test(text.slice(only.start, only.end));
  return isEmpty ? [] : elements;
}

/**
 * The elements that were found in a text, built as they are asked for. One that is nested too deep, has
 * a name twice or more than `maxCharacters` is refused by itself. `numberText`: a member of the elements whose
 * number becomes text. Throws DomainError `json-malformed`.
 */
export function* parseElements(
  text: string,
  elements: readonly JsonOutline[],
  maxCharacters: number,
  numberText?: string,
): Generator<Parsed<unknown>> {
  for (const group of groupsOf(elements, maxCharacters)) {
    const [first] = group;
    if (first && first.end - first.start > maxCharacters) yield tooLarge(maxCharacters);
    else {
      // Not by a generator of its own: `yield*` passes each element through both.
      const values = buildGroup(text, group, numberText);
      for (const [index, element] of group.entries()) yield checked(values[index], element, text);
    }
  }
}

/** Neighbours that are built together; what is too large stands alone. */
function* groupsOf(
  elements: readonly JsonOutline[],
  maxCharacters: number,
): Generator<readonly JsonOutline[]> {
  const maxOfGroup = Math.min(GROUP_CHARACTERS, maxCharacters);
  let group: JsonOutline[] = [];
  let characters = 0;
  for (const element of elements) {
    const length = element.end - element.start;
    if (group.length > 0 && characters + length > maxOfGroup) {
      yield group;
      group = [];
      characters = 0;
    }
    group.push(element);
    characters += length;
  }
  yield group;
}

function buildGroup(
  text: string,
  group: readonly JsonOutline[],
  numberText: string | undefined,
): readonly unknown[] {
  const start = group[0]?.start ?? 0;
  const end = group.at(-1)?.end ?? 0;
  const mayUnderflow = group.some((element) => element.mayUnderflow);
  const kept = keptAt(2, numberText);
  const document = { text, firstLine: 1 };
  const values = buildKeeping(`[${text.slice(start, end)}]`, mayUnderflow, document, kept);
  if (Array.isArray(values) && values.length === group.length) return values;
  throw jsonMalformed(document);
}

function checked(value: unknown, element: JsonOutline, text: string): Parsed<unknown> {
  try {
    assertShallow(element);
    assertUnambiguous(value, element, text);
    return accepted(value);
  } catch (error) {
    return refusedFor(error);
  }
}

/** One element as a document of its own, such as a line of NDJSON: all that is wrong with it is its own fault. */
export function parseElement(
  text: string,
  maxCharacters: number,
  reading: JsonReading,
): Parsed<unknown> {
  if (text.length > maxCharacters) return tooLarge(maxCharacters);
  try {
    return accepted(parseJson(text, reading));
  } catch (error) {
    return refusedFor(error);
  }
}

function tooLarge(maxCharacters: number): Parsed<never> {
  const detail = `One element of a list has at most ${maxCharacters} characters.`;
  return refused('element-too-large', detail);
}

/** A fault that knows its place in the element says so. */
function refusedFor(error: unknown): Parsed<never> {
  if (!(error instanceof DomainError)) throw error;
  const [fault = { code: error.code, detail: error.message }] = error.faults;
  return { ok: false, fault };
}
