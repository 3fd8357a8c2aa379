import { accepted, DomainError, refused, type Parsed } from '@sensorflow/kernel';
import { createHash } from 'node:crypto';

/**
 * Where a list goes on: opaque to its reader, and bound to its query by a digest of it. It grants
 * nothing, because the query is checked and scoped again with every page.
 */
export type CursorQuery = Readonly<Record<string, string | number | null>>;

const MAX_CURSOR_LENGTH = 2048;

export function encodeCursor(query: CursorQuery, position: readonly string[]): string {
  return Buffer.from(JSON.stringify([digestOf(query), ...position])).toString('base64url');
}

/** Throws `cursor-invalid` for a cursor that is malformed or belongs to another query. */
export function decodeCursor(cursor: string, query: CursorQuery): readonly string[] {
  const [digest, ...position] = parse(cursor);
  if (digest !== digestOf(query)) throw cursorInvalid('The cursor belongs to another query.');
  return position;
}

/** The cursor, or `cursor-invalid` if it belongs to no query at all. Only a valid query can tell whether it is its own. */
export function parseCursor(cursor: string): Parsed<string> {
  return partsOf(cursor) ? accepted(cursor) : refused('cursor-invalid', NOT_OURS);
}

function digestOf(query: CursorQuery): string {
  const sorted = Object.entries(query).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url').slice(0, 16);
}

const NOT_OURS = 'This service did not make this cursor.';

function parse(cursor: string): readonly string[] {
  const parts = partsOf(cursor);
  if (!parts) throw cursorInvalid(NOT_OURS);
  return parts;
}

/** Undefined for what is no list of texts. */
function partsOf(cursor: string): readonly string[] | undefined {
  if (cursor.length > MAX_CURSOR_LENGTH) return undefined;
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const isList = Array.isArray(parts) && parts.every((part) => typeof part === 'string');
    return isList ? parts : undefined;
  } catch {
    return undefined;
  }
}

/** For a cursor of this query that names no position in its list. */
export function cursorInvalid(detail = NOT_OURS): DomainError {
  return new DomainError('invalid', 'cursor-invalid', detail, {
    faults: [{ pointer: '/cursor', code: 'cursor-invalid', detail }],
  });
}
