import { SessionCookie } from '@sensorflow/auth';
import { DomainError } from '@sensorflow/kernel';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { TLSSocket } from 'node:tls';
import type { ReachableOrigin } from './reachable-origin.js';

/** What devices without TLS need: to send, and to see whether anybody is there. */
const PLAIN_ROUTES: ReadonlySet<string> = new Set([
  'GET /',
  'GET /health/live',
  'GET /health/ready',
  'GET /api/v1/health',
  'GET /api/v1/ping',
  'POST /sensor-data',
  'POST /sensor-data/batch',
  'POST /api/v1/cip_monitoring',
  'POST /api/v1/temperature_reading',
  'POST /api/temperature_reading',
  'POST /api/sensor_data',
]);
/** What people open in a browser. */
const PAGES = /^\/(?:(?:console|docs|redoc)(?:\/[^?]*)?)?(?:\?.*)?$/;
const COOKIES = [SessionCookie.secure(), SessionCookie.forLoopback()].map(({ name }) => `${name}=`);
const KEY_AS_BEARER = /^bearer +sfk_/i;

/**
 * Refuses by plain HTTP, which everybody on the network can read and change, whatever is not the sending of readings
 * with an API key or a question after health: 403 `https-required`. A browser that opens a page is redirected instead.
 * Call it before anything looks at a request's path or credentials.
 */
export function requireHttps(server: FastifyInstance, origin: ReachableOrigin): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (isEncrypted(request)) return done();
    const httpsOrigin = origin.besides(request.headers.host);
    if (isPageOfBrowser(request)) return void reply.redirect(`${httpsOrigin}${request.url}`);
    const reason = reasonToRefuse(request);
    if (reason === undefined) done();
    else done(httpsRequired(`${reason} Use ${httpsOrigin}.`));
  });
}

export function isEncrypted({ raw }: FastifyRequest): boolean {
  return raw.socket instanceof TLSSocket;
}

function reasonToRefuse(request: FastifyRequest): string | undefined {
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  if (!PLAIN_ROUTES.has(`${method} ${request.routeOptions.url}`)) {
    return 'Plain HTTP takes readings with an API key, and health checks; nothing else.';
  }
  if (!bringsSecret(request)) return undefined;
  return 'Plain HTTP takes API keys alone. The password, token or cookie of this request was not looked at, but others on the network can have read it.';
}

/** One that brings a secret is told that others can have read it. */
function isPageOfBrowser(request: FastifyRequest): boolean {
  const { accept = '' } = request.headers;
  const isPage = request.method === 'GET' && PAGES.test(request.url);
  return isPage && accept.includes('text/html') && !bringsSecret(request);
}

/** Another than an API key. */
function bringsSecret({ headers: { authorization, cookie = '' } }: FastifyRequest): boolean {
  const isOther = authorization !== undefined && !KEY_AS_BEARER.test(authorization);
  return isOther || COOKIES.some((name) => cookie.includes(name));
}

function httpsRequired(detail: string): DomainError {
  return new DomainError('forbidden', 'https-required', detail);
}
