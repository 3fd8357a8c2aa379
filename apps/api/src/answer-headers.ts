import type { FastifyReply, FastifyRequest } from 'fastify';

/** An answer of the API is data: nothing of it is ever run, framed, sniffed or kept. */
export const HEADERS_OF_DATA: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};
const OF_DATA = Object.entries(HEADERS_OF_DATA);

/** What Swagger UI needs beyond that: its own scripts, styles and images, and calls to this API. */
const PAGE_POLICY = [
  "default-src 'none'",
  "base-uri 'none'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "img-src 'self' data:",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
].join('; ');

const PAGES = /^\/docs(?:\/|$)/;

/**
 * What every answer carries: its request id, and security headers. By Fastify's own headers, because
 * one header set on Node's response takes all others off its quick way.
 */
export function setAnswerHeaders(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header('x-request-id', request.id);
  for (const [name, value] of OF_DATA) void reply.header(name, value);
  if (PAGES.test(request.url)) void reply.header('content-security-policy', PAGE_POLICY);
}
