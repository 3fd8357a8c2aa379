import { SignatureRefusal } from './signature-refusal.js';
import type { SignedRequest } from './signed-request.js';

export const ALGORITHM = 'AWS4-HMAC-SHA256';
const MAXIMUM_EXPIRES_SECONDS = 604_800;

/** What a request says about its own signature; nothing of it is proven yet. */
export interface UnverifiedAuthorization {
  readonly kind: 'header' | 'query';
  readonly accessKeyId: string;
  /** `<yyyymmdd>/<region>/<service>/aws4_request` */
  readonly scope: string;
  readonly region: string;
  readonly service: string;
  /** `yyyymmddThhmmssZ`, and the same instant as a number. */
  readonly amzDate: string;
  readonly signedAtEpochMs: number;
  readonly signedHeaders: readonly string[];
  /** 64 hexadecimal digits. */
  readonly signature: string;
  /** Only of a presigned URL. */
  readonly expiresSeconds?: number;
}

type MalformedReason = 'malformed-header' | 'malformed-query';
interface Claims {
  readonly credential: string;
  readonly amzDate: string;
  readonly signedHeaders: string;
  readonly signature: string;
}

/** Reads the `Authorization` header or the query of a presigned URL. Throws SignatureRefusal. */
export function readAuthorization(request: SignedRequest): UnverifiedAuthorization {
  const header = request.headers.get('authorization');
  const presigned = request.query.some(([name]) => QUERY_CLAIMS.has(name));
  if (header !== undefined && presigned) {
    throw new SignatureRefusal('several-mechanisms', 'Only one auth mechanism allowed.');
  }
  if (header !== undefined) return fromHeader(request, header);
  if (presigned) return fromQuery(request);
  throw new SignatureRefusal('anonymous', 'Access Denied');
}

function fromHeader(request: SignedRequest, header: string): UnverifiedAuthorization {
  const [algorithm, ...rest] = header.split(' ');
  if (algorithm !== ALGORITHM) {
    throw malformed('malformed-header', `The only supported authorization is ${ALGORITHM}.`);
  }
  const fields = rest
    .join(' ')
    .split(',')
    .map((field) => field.trim());
  const field = (name: string): string => {
    const [only, ...more] = fields.filter((candidate) => candidate.startsWith(`${name}=`));
    if (only === undefined || more.length > 0) {
      throw malformed('malformed-header', `The authorization header needs one ${name}.`);
    }
    return only.slice(name.length + 1);
  };
  return authorizationOf('header', {
    credential: field('Credential'),
    signedHeaders: field('SignedHeaders'),
    signature: field('Signature'),
    amzDate: request.headers.get('x-amz-date') ?? '',
  });
}

const QUERY_CLAIMS: ReadonlySet<string> = new Set([
  'X-Amz-Algorithm',
  'X-Amz-Credential',
  'X-Amz-Date',
  'X-Amz-Expires',
  'X-Amz-SignedHeaders',
  'X-Amz-Signature',
]);

function fromQuery(request: SignedRequest): UnverifiedAuthorization {
  const parameter = (name: string): string => {
    const [only, ...more] = request.query.filter(([candidate]) => candidate === name);
    if (only === undefined || more.length > 0) {
      throw malformed('malformed-query', `A presigned URL needs one ${name}.`);
    }
    return only[1];
  };
  if (parameter('X-Amz-Algorithm') !== ALGORITHM) {
    throw malformed('malformed-query', `X-Amz-Algorithm only supports ${ALGORITHM}.`);
  }
  const authorization = authorizationOf('query', {
    credential: parameter('X-Amz-Credential'),
    signedHeaders: parameter('X-Amz-SignedHeaders'),
    signature: parameter('X-Amz-Signature'),
    amzDate: parameter('X-Amz-Date'),
  });
  return { ...authorization, expiresSeconds: readExpires(parameter('X-Amz-Expires')) };
}

function readExpires(text: string): number {
  const seconds = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (seconds >= 1 && seconds <= MAXIMUM_EXPIRES_SECONDS) return seconds;
  throw malformed('malformed-query', `X-Amz-Expires must be 1 to ${MAXIMUM_EXPIRES_SECONDS}.`);
}

function authorizationOf(kind: 'header' | 'query', claims: Claims): UnverifiedAuthorization {
  const reason = kind === 'header' ? 'malformed-header' : 'malformed-query';
  const [accessKeyId, date, region, service, terminator, ...more] = claims.credential.split('/');
  if (!accessKeyId || !date || !region || !service || terminator !== 'aws4_request' || more[0]) {
    throw malformed(
      reason,
      'The credential must be <key id>/<date>/<region>/<service>/aws4_request.',
    );
  }
  if (!/^[0-9a-f]{64}$/.test(claims.signature)) {
    throw malformed(reason, 'The signature must be 64 hexadecimal digits.');
  }
  const signedAtEpochMs = parseAmzDate(claims.amzDate);
  if (Number.isNaN(signedAtEpochMs) || claims.amzDate.slice(0, 8) !== date) {
    throw malformed(reason, "X-Amz-Date must be yyyymmddThhmmssZ, on the credential's date.");
  }
  return {
    kind,
    accessKeyId,
    scope: [date, region, service, terminator].join('/'),
    region,
    service,
    amzDate: claims.amzDate,
    signedAtEpochMs,
    signedHeaders: claims.signedHeaders.split(';'),
    signature: claims.signature,
  };
}

function parseAmzDate(text: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!parts) return Number.NaN;
  const [, year, month, day, hour, minute, second] = parts;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}

function malformed(reason: MalformedReason, message: string): SignatureRefusal {
  return new SignatureRefusal(reason, message);
}
