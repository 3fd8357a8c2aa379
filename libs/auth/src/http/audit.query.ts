import { ApiPropertyOptional } from '@nestjs/swagger';
import { instantToEpochMs } from '@sensorflow/kernel';
import {
  cursorInvalid,
  decodeCursor,
  encodeCursor,
  type CursorQuery,
} from '@sensorflow/platform/http/cursor.js';
import { PageQuery, pageIn } from '@sensorflow/platform/http/page.query.js';
import {
  documentedParameters,
  MAX_RANGE_DAYS,
  QueryParameters,
} from '@sensorflow/platform/http/query-parameters.js';
import { DEFAULT_LIMIT, inForm } from '@sensorflow/platform/http/query-values.js';
import type { AuditQuery } from '../audit/audit-entry.js';
import { nameHash } from '../audit/audit-trail.js';

const DEFAULT_RANGE_MS = 7 * 24 * 60 * 60_000;

/** The query string of the audit trail, as it is documented. */
export class AuditParameters extends PageQuery {
  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'inclusive; 7 days before to unless said',
  })
  from?: unknown;

  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    description: 'exclusive; now unless said',
  })
  to?: unknown;

  @ApiPropertyOptional({
    type: String,
    description: 'a name, client id or key id; a name also finds its hash',
  })
  actor?: unknown;

  @ApiPropertyOptional({ type: String, example: 'api-key.revoke' })
  action?: unknown;
}

const PARAMETERS = documentedParameters(AuditParameters);

/** Names, client ids, ids of keys and hashes of names. */
const parseActor = inForm(
  /^[\p{L}\p{N}][^\p{Cc}]{0,255}$/u,
  'actor-invalid',
  'An actor has 1 to 256 characters and begins with a letter or digit.',
);
const parseAction = inForm(
  /^[a-z][a-z.-]{0,63}$/,
  'action-invalid',
  'An action is 1 to 64 small letters, "." and "-", such as api-key.revoke.',
);

/** What is asked for, and the query that its cursors belong to. */
export interface AuditRequest {
  readonly query: AuditQuery;
  readonly cursorQuery: CursorQuery;
}

/** Throws DomainError `invalid-request` with every fault at once. */
export function auditRequestOf(sent: object, nowEpochMs: number): AuditRequest {
  const parameters = new QueryParameters(sent, PARAMETERS);
  const { from, to } = parameters.bounds(MAX_RANGE_DAYS);
  const actor = parameters.valueOf('actor', parseActor);
  const action = parameters.valueOf('action', parseAction);
  const { limit, cursor } = pageIn(parameters);
  parameters.assertFaultless();
  const named = {
    from: from ?? null,
    to: to ?? null,
    actor: actor ?? null,
    action: action ?? null,
  };
  const cursorQuery = { list: 'audit', ...named };
  const position = cursor === undefined ? undefined : positionIn(cursorQuery, cursor);
  const toEpochMs = to === undefined ? nowEpochMs : instantToEpochMs(to);
  const fromEpochMs = from === undefined ? toEpochMs - DEFAULT_RANGE_MS : instantToEpochMs(from);
  const query = {
    // Those bounds that were not said are the ones of the first page.
    fromEpochMs: position?.fromEpochMs ?? fromEpochMs,
    toEpochMs,
    actors: actor === undefined ? undefined : [actor, nameHash(actor)],
    action,
    limit: limit ?? DEFAULT_LIMIT,
    before: position?.before,
  };
  return { query, cursorQuery };
}

export function auditCursorOf(
  { query, cursorQuery }: AuditRequest,
  next: string | undefined,
): string | null {
  return next === undefined ? null : encodeCursor(cursorQuery, [next, String(query.fromEpochMs)]);
}

function positionIn(cursorQuery: CursorQuery, cursor: string) {
  const [before = '', from = ''] = decodeCursor(cursor, cursorQuery);
  if (!/^\d{14}/.test(before) || !/^-?\d{1,15}$/.test(from)) throw cursorInvalid();
  return { before, fromEpochMs: Number(from) };
}
