import { accepted, DomainError, refused, type Parsed } from '@sensorflow/kernel';
import { assertHarmless, parseJson } from '@sensorflow/platform/http/json.js';
import { MAX_READINGS_PER_BATCH } from '../sensor-data.js';

/**
 * The readings of a batch's body as JSON values: the elements of a JSON array, or the lines of an
 * NDJSON document that are not blank. A line that is not JSON is a fault of that line alone.
 * Throws `batch-not-an-array`.
 */
export function documentsOf(
  body: unknown,
  contentType: string | undefined,
): readonly Parsed<unknown>[] {
  if (isNdjson(contentType) && typeof body === 'string') return linesOf(body).map(parseLine);
  if (Array.isArray(body)) return body.map(checkedElement);
  throw new DomainError(
    'invalid',
    'batch-not-an-array',
    'A batch is a JSON array of readings, or NDJSON with one reading a line.',
  );
}

function isNdjson(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().startsWith('application/x-ndjson') === true;
}

/** Stops one line past the limit, which is enough to refuse the batch without reading the rest. */
function linesOf(text: string): readonly string[] {
  const lines: string[] = [];
  for (let start = 0; start < text.length && lines.length <= MAX_READINGS_PER_BATCH;) {
    const end = text.indexOf('\n', start);
    const line = text.slice(start, end === -1 ? text.length : end).trim();
    if (line !== '') lines.push(line);
    start = end === -1 ? text.length : end + 1;
  }
  return lines;
}

function parseLine(line: string): Parsed<unknown> {
  return unlessRefused(() => parseJson(line));
}

function checkedElement(element: unknown): Parsed<unknown> {
  return unlessRefused(() => {
    assertHarmless(element);
    return element;
  });
}

function unlessRefused(read: () => unknown): Parsed<unknown> {
  try {
    return accepted(read());
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    if (error.code === 'json-malformed') return refused(error.code, 'The line is not valid JSON.');
    return refused(error.code, error.message);
  }
}
