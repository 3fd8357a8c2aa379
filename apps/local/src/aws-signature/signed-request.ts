import type { IncomingMessage } from 'node:http';
import { SignatureRefusal } from './signature-refusal.js';

export type QueryParameter = readonly [name: string, value: string];

/**
 * A request as its signature covers it, read once. Services decide on these values alone, so that
 * what was verified and what is obeyed cannot differ.
 */
export interface SignedRequest {
  readonly method: string;
  /** As sent, without the query. */
  readonly rawPath: string;
  /** Percent-decoded. */
  readonly path: string;
  /** Percent-decoded, in the order sent. */
  readonly query: readonly QueryParameter[];
  /** Lower-case names; several lines of one header are joined by a comma, as AWS joins them. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Throws SignatureRefusal `malformed-uri` for a target that is no percent-encoded UTF-8 path. */
export function readSignedRequest(message: IncomingMessage): SignedRequest {
  const target = message.url ?? '';
  if (!target.startsWith('/')) throw malformedUri();

  const queryStart = target.indexOf('?');
  const rawPath = queryStart === -1 ? target : target.slice(0, queryStart);
  const rawQuery = queryStart === -1 ? '' : target.slice(queryStart + 1);
  return {
    method: message.method ?? '',
    rawPath,
    path: percentDecode(rawPath),
    query: readQuery(rawQuery),
    headers: readHeaders(message.rawHeaders),
  };
}

/** The first value of a query parameter. */
export function queryValue(request: SignedRequest, name: string): string | undefined {
  return request.query.find(([candidate]) => candidate === name)?.[1];
}

function readQuery(rawQuery: string): readonly QueryParameter[] {
  return rawQuery
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      const name = equals === -1 ? part : part.slice(0, equals);
      const value = equals === -1 ? '' : part.slice(equals + 1);
      return [formDecode(name), formDecode(value)] as const;
    });
}

function readHeaders(rawHeaders: readonly string[]): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    const name = (rawHeaders[index] ?? '').toLowerCase();
    const value = (rawHeaders[index + 1] ?? '').trim();
    const earlier = headers.get(name);
    headers.set(name, earlier === undefined ? value : `${earlier},${value}`);
  }
  return headers;
}

/** A plus is a space in a query, also after `URLSearchParams` wrote a presigned URL anew. */
function formDecode(text: string): string {
  return percentDecode(text.replaceAll('+', ' '));
}

function percentDecode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformedUri();
  }
}

function malformedUri(): SignatureRefusal {
  return new SignatureRefusal('malformed-uri', "Couldn't parse the specified URI.");
}
