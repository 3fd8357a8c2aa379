import type { QueryParameter, SignedRequest } from './signed-request.js';

/** AWS's percent-encoding: everything but `A-Z a-z 0-9 - . _ ~`. */
export function awsUriEncode(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The text that SigV4 hashes and signs (IAM User Guide, "Create a signed AWS API request"). */
export function canonicalRequest(
  request: SignedRequest,
  signedHeaders: readonly string[],
  payloadHash: string,
  service: string,
): string {
  const sorted = [...signedHeaders].sort();
  return [
    request.method,
    service === 's3' ? s3Path(request.path) : standardPath(request.rawPath),
    canonicalQuery(request.query),
    ...sorted.map((name) => `${name}:${canonicalValue(request.headers.get(name) ?? '')}`),
    '',
    sorted.join(';'),
    payloadHash,
  ].join('\n');
}

/** S3 encodes a path once, and keeps empty and dotted segments: they are parts of keys. */
function s3Path(path: string): string {
  return path.split('/').map(awsUriEncode).join('/');
}

/** Every other service normalizes the path and encodes it a second time. */
function standardPath(rawPath: string): string {
  const segments: string[] = [];
  for (const segment of rawPath.split('/')) {
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
  }
  const trailing = segments.length > 0 && rawPath.endsWith('/') ? '/' : '';
  return `/${segments.map(awsUriEncode).join('/')}${trailing}`;
}

function canonicalQuery(query: readonly QueryParameter[]): string {
  return query
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [awsUriEncode(name), awsUriEncode(value)] as const)
    .sort((left, right) => compare(left[0], right[0]) || compare(left[1], right[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function canonicalValue(value: string): string {
  return value.trim().replace(/\s+/g, ' ');
}
