import { DomainError, type Parsed } from '@sensorflow/kernel';
import {
  outlineElements,
  parseElement,
  parseElements,
} from '@sensorflow/platform/http/json-list.js';
import { assertBatchSize, MAX_READINGS_PER_BATCH } from '../sensor-data.service.js';
import { MAX_READING_BYTES } from './body-limits.js';

/** One more than a batch may have is enough to refuse it without reading the rest. */
const COUNTED_READINGS = MAX_READINGS_PER_BATCH + 1;

/**
 * The readings of a batch's body as JSON values: the elements of a JSON array, or the lines of an
 * NDJSON document that are not blank. They are counted here, and each is built when it is asked for:
 * what is wrong with a line is then its own fault, but an array that is not JSON throws
 * `json-malformed`. Throws `batch-not-an-array`, `batch-empty` and `too-many-readings`.
 *
 * @param numberText a member of readings that arrives as the text of its number, with all its digits
 */
export function documentsOf(
  body: unknown,
  contentType: string | undefined,
  numberText?: string,
): Iterable<Parsed<unknown>> {
  if (typeof body !== 'string') throw notAnArray();
  if (isNdjson(contentType)) {
    const lines = linesOf(body);
    assertBatchSize(lines.length);
    return lines
      .values()
      .map(({ text, number: firstLine }) =>
        parseElement(text, MAX_READING_BYTES, { firstLine, numberText }),
      );
  }
  const elements = outlineElements(body, COUNTED_READINGS);
  if (!elements) throw notAnArray();
  assertBatchSize(elements.length);
  return parseElements(body, elements, MAX_READING_BYTES, numberText);
}

function notAnArray(): DomainError {
  return new DomainError(
    'invalid',
    'batch-not-an-array',
    'A batch is a JSON array of readings as application/json, or NDJSON with one reading a line as application/x-ndjson. One reading alone goes to POST /sensor-data.',
  );
}

function isNdjson(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().startsWith('application/x-ndjson') === true;
}

interface Line {
  /** With the blanks in front, so that its columns are those of the body. */
  readonly text: string;
  /** From 1, blank lines counted. */
  readonly number: number;
}

const NEWLINE = 0x0a;

/** The lines that are not blank. */
function linesOf(text: string): readonly Line[] {
  const lines: Line[] = [];
  const notBlank = /[^ \t\r\n]/g;
  let number = 1;
  let start = 0;
  while (lines.length < COUNTED_READINGS && notBlank.test(text)) {
    const first = notBlank.lastIndex - 1;
    for (let at = start; at < first; at += 1) {
      if (text.charCodeAt(at) === NEWLINE) {
        number += 1;
        start = at + 1;
      }
    }
    const newline = text.indexOf('\n', first);
    const end = newline === -1 ? text.length : newline;
    lines.push({ text: text.slice(start, end), number });
    start = end;
    notBlank.lastIndex = end;
  }
  return lines;
}
