import { DomainError } from '@sensorflow/kernel';
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

function digestOf(query: CursorQuery): string {
  const sorted = Object.entries(query).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256').update(JSON.stringify(sorted)).digest('base64url').slice(0, 16);
}

function parse(cursor: string): readonly string[] {
  try {
    if (cursor.length > MAX_CURSOR_LENGTH) throw new RangeError('too long');
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (Array.isArray(parts) && parts.every((part) => typeof part === 'string')) return parts;
    throw new TypeError('not a list of texts');
  } catch (cause) {
    throw cursorInvalid('The cursor is not one that this service gave.', cause);
  }
}

function cursorInvalid(detail: string, cause?: unknown): DomainError {
  return new DomainError('invalid', 'cursor-invalid', detail, {
    cause,
    faults: [{ pointer: '/cursor', code: 'cursor-invalid', detail }],
  });
}
