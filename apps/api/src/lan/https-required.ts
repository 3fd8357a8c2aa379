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
const COOKIES = [SessionCookie.secure(), SessionCookie.forLoopback()].map(({ name }) => `${name}=`);
const KEY_AS_BEARER = /^bearer +sfk_/i;

/**
 * Refuses by plain HTTP, which everybody on the network can read and change, whatever is not the sending of readings
 * with an API key or a question after health: 403 `https-required`. Call it before anything looks at a request's path
 * or credentials.
 */
export function requireHttps(server: FastifyInstance, origin: ReachableOrigin): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const reason = isEncrypted(request) ? undefined : reasonToRefuse(request);
    if (reason === undefined) done();
    else done(httpsRequired(`${reason} Use ${origin.besides(request.headers.host)}.`));
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
  const { authorization, cookie = '' } = request.headers;
  const isOther = authorization !== undefined && !KEY_AS_BEARER.test(authorization);
  if (!isOther && !COOKIES.some((name) => cookie.includes(name))) return undefined;
  return 'Plain HTTP takes API keys alone. The password, token or cookie of this request was not looked at, but others on the network can have read it.';
}

function httpsRequired(detail: string): DomainError {
  return new DomainError('forbidden', 'https-required', detail);
}
