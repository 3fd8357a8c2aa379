import { DomainError } from '@sensorflow/kernel';
import type { FastifyRequest } from 'fastify';
import { isCrossSiteRequest } from '../cross-site.js';
import type { BrowserAccess } from '../browser-access.js';

/** Throws DomainError `forbidden` (`cross-site-request`) when a foreign page sent this request. */
export function refuseCrossSite(request: FastifyRequest, browsers: BrowserAccess): void {
  const { 'sec-fetch-site': secFetchSite, origin } = request.headers;
  const facts = { method: request.method, secFetchSite: single(secFetchSite), origin };
  if (!isCrossSiteRequest(facts, ownOrigins(request, browsers))) return;
  throw new DomainError(
    'forbidden',
    'cross-site-request',
    'A page of another origin must not send this request with the session cookie.',
  );
}

/** Node joins a repeated header into one text, which then equals nothing that is allowed. */
function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(', ') : header;
}

function ownOrigins(
  request: FastifyRequest,
  { frontendOrigin }: BrowserAccess,
): ReadonlySet<string> {
  const own = `${request.protocol}://${request.host}`;
  const origins = new Set(URL.canParse(own) ? [new URL(own).origin] : []);
  if (frontendOrigin !== undefined) origins.add(frontendOrigin);
  return origins;
}
