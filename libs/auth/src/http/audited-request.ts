import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuditTrail } from '../audit/audit-trail.js';
import type { Caller } from '../caller.js';

/** What a route that changes something says of itself for the audit trail. */
export interface AuditedAction {
  /** Such as `api-key.revoke`. */
  readonly action: string;
  /** Members of the query that say what it is done to, beside those of the path. */
  readonly inQuery: readonly string[];
}

const MAX_TARGET_CHARACTERS = 512;

/**
 * Writes the row of a request before its handler runs, and how it ended once it is answered. Throws DomainError
 * `unavailable` (`audit-unavailable`): then nothing is done.
 */
export async function auditRequest(
  trail: AuditTrail,
  { action, inQuery }: AuditedAction,
  caller: Caller,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const target = targetOf(request, inQuery);
  const { ip: address, id: requestId } = request;
  const entry = await trail.begin({ actor: actorOf(caller), action, target, address, requestId });
  reply.raw.once('close', () => {
    // Nobody was told how it ended.
    if (!reply.raw.writableFinished) return;
    const made = reply.getHeader('location');
    void trail.end(entry, outcomeOf(reply.statusCode), typeof made === 'string' ? made : target);
  });
}

export function actorOf({ kind, subject, username }: Caller): string {
  return kind === 'key' ? subject : username;
}

/** A refusal of the server's own leaves open what has happened. */
function outcomeOf(status: number): string {
  if (status >= 500) return 'unconfirmed';
  return status >= 400 ? 'refused' : 'succeeded';
}

function targetOf({ params, query }: FastifyRequest, inQuery: readonly string[]): string {
  const inPath = Object.values(Object(params)).map(String);
  const asked = inQuery.flatMap((name) => {
    const value: unknown = Reflect.get(Object(query), name);
    return typeof value === 'string' ? [`${name}=${value}`] : [];
  });
  return [inPath.join('/'), ...asked].join(' ').trim().slice(0, MAX_TARGET_CHARACTERS);
}
