import { accepted, pointerTo, refused, type FaultList, type Parsed } from '@sensorflow/kernel';
import { isJsonObject } from './json-object.js';
import { isMetricName } from './metric-name.js';

const MAX_TAGS = 16;
const MAX_CHARACTERS = 256;
const CONTROL_CHARACTER = /\p{Cc}/u;

/** Reads `tags`: an object of at most 16 short strings. Notes `tags-invalid` and `too-many-tags`. */
export function readTags(raw: unknown, faults: FaultList): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  if (!isJsonObject(raw)) {
    faults.add('/tags', { code: 'tags-invalid', detail: 'Tags are an object of strings.' });
    return tags;
  }
  const names = Object.keys(raw);
  if (names.length > MAX_TAGS) {
    faults.add('/tags', { code: 'too-many-tags', detail: 'A reading has at most 16 tags.' });
  }
  for (const name of names) {
    const text = faults.valueOf(pointerTo('/tags', name), parseTag(name, raw[name]));
    if (text !== undefined) tags.set(name, text);
  }
  return tags;
}

function parseTag(name: string, raw: unknown): Parsed<string> {
  if (!isMetricName(name)) {
    return refused(
      'tags-invalid',
      'A tag name is 1 to 64 letters, digits, "_", "." or "-", and begins with a letter.',
    );
  }
  if (typeof raw === 'string' && isTagText(raw)) return accepted(raw);
  return refused(
    'tags-invalid',
    'A tag is a string of 1 to 256 characters without control characters.',
  );
}

function isTagText(text: string): boolean {
  // A character beyond the basic plane counts two in `length`.
  if (text === '' || text.length > 2 * MAX_CHARACTERS || !text.isWellFormed()) return false;
  return !CONTROL_CHARACTER.test(text) && Array.from(text).length <= MAX_CHARACTERS;
}
