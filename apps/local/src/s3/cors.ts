import { UPLOADS_CORS } from '@sensorflow/platform/resources/uploads-cors.js';
import type { SignedRequest } from '../aws-signature/signed-request.js';
import { S3Error } from './s3-error.js';

const ALLOWED_METHODS: readonly string[] = UPLOADS_CORS.methods;
const EXPOSED_HEADERS = UPLOADS_CORS.exposedHeaders.join(', ');
const MAX_AGE_SECONDS = String(UPLOADS_CORS.maxAgeSeconds);
const VARY = 'Origin, Access-Control-Request-Headers, Access-Control-Request-Method';

type Headers = Readonly<Record<string, string>>;

/** Headers for an answer to a page of an allowed origin; none for any other origin. */
export function corsHeaders(request: SignedRequest, origins: readonly string[]): Headers {
  const origin = request.headers.get('origin');
  if (origin === undefined || !origins.includes(origin)) return {};
  if (!ALLOWED_METHODS.includes(request.method)) return {};
  return {
    'access-control-allow-origin': origin,
    'access-control-expose-headers': EXPOSED_HEADERS,
    vary: VARY,
  };
}

/** The answer to a preflight. Throws S3's `AccessForbidden` for any other origin or method. */
export function preflightHeaders(request: SignedRequest, origins: readonly string[]): Headers {
  const origin = request.headers.get('origin');
  const method = request.headers.get('access-control-request-method');
  const wanted = request.headers.get('access-control-request-headers') ?? '';
  if (origin === undefined || method === undefined) {
    throw new S3Error(400, 'BadRequest', 'Insufficient information. Origin request header needed.');
  }
  const allowed = origins.includes(origin) && ALLOWED_METHODS.includes(method);
  if (!allowed || !/^[\w\-, ]*$/.test(wanted)) {
    throw new S3Error(
      403,
      'AccessForbidden',
      'CORSResponse: This CORS request is not allowed. This is usually because the evaluation of Origin, request method / Access-Control-Request-Method or Access-Control-Request-Headers are not whitelisted.',
    );
  }
  return {
    'access-control-allow-origin': origin,
    'access-control-allow-methods': ALLOWED_METHODS.join(', '),
    ...(wanted !== '' && { 'access-control-allow-headers': wanted.toLowerCase() }),
    'access-control-expose-headers': EXPOSED_HEADERS,
    'access-control-max-age': MAX_AGE_SECONDS,
    vary: VARY,
  };
}
