import { DomainError, type Parsed } from '@sensorflow/kernel';
import {
  outlineElements,
  parseElement,
  parseElements,
} from '@sensorflow/platform/http/json-list.js';
import { assertBatchSize, MAX_READINGS_PER_BATCH } from '../sensor-data.js';
import { MAX_READING_BYTES } from './body-limits.js';

/** One more than a batch may have is enough to refuse it without reading the rest. */
const COUNTED_READINGS = MAX_READINGS_PER_BATCH + 1;

/**
 * The readings of a batch's body as JSON values: the elements of a JSON array, or the lines of an
 * NDJSON document that are not blank. They are counted here, and each is built when it is asked for:
 * what is wrong with a line is then its own fault, but an array that is not JSON throws
 * `json-malformed`. Throws `batch-not-an-array`, `batch-empty` and `too-many-readings`.
 */
export function documentsOf(
  body: unknown,
  contentType: string | undefined,
): Iterable<Parsed<unknown>> {
  if (typeof body !== 'string') throw notAnArray();
  if (isNdjson(contentType)) {
    const lines = linesOf(body);
    assertBatchSize(lines.length);
    return lines.values().map((line) => parseElement(line.trim(), MAX_READING_BYTES));
  }
  const elements = outlineElements(body, COUNTED_READINGS);
  if (!elements) throw notAnArray();
  assertBatchSize(elements.length);
  return parseElements(body, elements, MAX_READING_BYTES);
}

function notAnArray(): DomainError {
  return new DomainError(
    'invalid',
    'batch-not-an-array',
    'A batch is a JSON array of readings, or NDJSON with one reading a line.',
  );
}

function isNdjson(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().startsWith('application/x-ndjson') === true;
}

/** The lines that are not blank, each from its first character on. */
function linesOf(text: string): readonly string[] {
  const lines: string[] = [];
  const notBlank = /[^ \t\r\n]/g;
  while (lines.length < COUNTED_READINGS && notBlank.test(text)) {
    const start = notBlank.lastIndex - 1;
    const end = text.indexOf('\n', start);
    lines.push(text.slice(start, end === -1 ? text.length : end));
    if (end === -1) break;
    notBlank.lastIndex = end + 1;
  }
  return lines;
}
