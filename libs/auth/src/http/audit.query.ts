import { ApiPropertyOptional } from '@nestjs/swagger';
import { instantToEpochMs } from '@sensorflow/kernel';
import { cursorInvalid, decodeCursor, encodeCursor } from '@sensorflow/platform/http/cursor.js';
import { PageQuery } from '@sensorflow/platform/http/page.query.js';
import { QueryFaults } from '@sensorflow/platform/http/query-faults.js';
import { ParsedBy } from '@sensorflow/platform/http/request-validation.pipe.js';
import {
  cursorAt,
  GIVEN_ONCE,
  instantAt,
  rangeOf,
} from '@sensorflow/platform/http/query-values.js';
import { IsOptional, IsString, ValidateBy } from 'class-validator';
import type { AuditQuery } from '../audit/audit-entry.js';
import { nameHash } from '../audit/audit-trail.js';

const DEFAULT_LIMIT = 100;
const DEFAULT_RANGE_MS = 7 * 24 * 60 * 60_000;
/** Names, client ids, ids of keys and hashes of names. */
const ACTOR = /^[\p{L}\p{N}][^\p{Cc}]{0,255}$/u;
const ACTION = /^[a-z][a-z.-]{0,63}$/;

/** Leaves what is no text to `IsString`. */
function Fits(grammar: RegExp, code: string, message: string): PropertyDecorator {
  const validate = (value: unknown) => typeof value !== 'string' || grammar.test(value);
  return ValidateBy({ name: code, validator: { validate } }, { message, context: { code } });
}

/** The query string of the audit trail. */
@ParsedBy((texts: AuditQueryTexts) => rangeIn(texts, 0))
export class AuditQueryTexts extends PageQuery {
  @ApiPropertyOptional({
    format: 'date-time',
    description: 'inclusive; 7 days before to unless said',
  })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  from?: string;

  @ApiPropertyOptional({ format: 'date-time', description: 'exclusive; now unless said' })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  to?: string;

  @ApiPropertyOptional({ description: 'a name, client id or key id; a name also finds its hash' })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  @Fits(
    ACTOR,
    'actor-invalid',
    'An actor has 1 to 256 characters and begins with a letter or digit.',
  )
  actor?: string;

  @ApiPropertyOptional({ example: 'api-key.revoke' })
  @IsOptional()
  @IsString(GIVEN_ONCE)
  @Fits(
    ACTION,
    'action-invalid',
    'An action is 1 to 64 small letters, "." and "-", such as api-key.revoke.',
  )
  action?: string;
}

/** Throws DomainError `invalid` with every fault at once. */
export function auditQueryOf(texts: AuditQueryTexts, nowEpochMs: number): AuditQuery {
  const { actor, action, limit } = texts;
  const { fromEpochMs, toEpochMs } = rangeIn(texts, nowEpochMs);
  const position = texts.cursor === undefined ? undefined : positionIn(texts, texts.cursor);
  return {
    // Those bounds that were not said are the ones of the first page.
    fromEpochMs: position?.fromEpochMs ?? fromEpochMs,
    toEpochMs,
    actors: actor === undefined ? undefined : [actor, nameHash(actor)],
    action,
    limit: Number(limit ?? DEFAULT_LIMIT),
    before: position?.before,
  };
}

export function auditCursorOf(
  texts: AuditQueryTexts,
  { fromEpochMs }: AuditQuery,
  next: string | undefined,
): string | null {
  if (next === undefined) return null;
  return encodeCursor(cursorQueryOf(texts), [next, String(fromEpochMs)]);
}

/** Throws DomainError `invalid` with the faults of all but what only a whole query can tell. */
function rangeIn({ from, to, cursor }: AuditQueryTexts, nowEpochMs: number) {
  const faults = new QueryFaults();
  const [start, end] = [instantAt('/from', from, faults), instantAt('/to', to, faults)];
  cursorAt(cursor, faults);
  if (start !== undefined && end !== undefined) rangeOf(start, end, faults);
  const problem = faults.problem();
  if (problem) throw problem;
  const toEpochMs = end === undefined ? nowEpochMs : instantToEpochMs(end);
  const fromEpochMs = start === undefined ? toEpochMs - DEFAULT_RANGE_MS : instantToEpochMs(start);
  return { fromEpochMs, toEpochMs };
}

function cursorQueryOf({ from, to, actor, action }: AuditQueryTexts) {
  return {
    list: 'audit',
    from: from ?? null,
    to: to ?? null,
    actor: actor ?? null,
    action: action ?? null,
  };
}

function positionIn(texts: AuditQueryTexts, cursor: string) {
  const [before = '', from = ''] = decodeCursor(cursor, cursorQueryOf(texts));
  if (!/^\d{14}/.test(before) || !/^-?\d{1,15}$/.test(from)) throw cursorInvalid();
  return { before, fromEpochMs: Number(from) };
}
