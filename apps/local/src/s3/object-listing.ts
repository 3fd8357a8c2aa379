import { awsUriEncode } from '../aws-signature/canonical-request.js';
import { queryValue, type SignedRequest } from '../aws-signature/signed-request.js';
import type { StoredObject } from './object-table.js';
import { invalidArgument } from './s3-error.js';
import { S3_NAMESPACE, xmlDocument, type XmlElement } from './s3-xml.js';

const MAXIMUM_KEYS = 1000;

/** What a ListObjectsV2 asks for. */
export interface ListQuery {
  readonly prefix: string;
  readonly delimiter: string;
  readonly maxKeys: number;
  readonly urlEncoded: boolean;
  readonly startAfter: string;
  readonly token: string | undefined;
  /** Where an earlier page ended: a key, or a common prefix, all of which is to be skipped. */
  readonly resumeAfter: Entry | undefined;
}

interface Entry {
  readonly kind: 'key' | 'prefix';
  readonly name: string;
}

export interface Listing {
  readonly objects: readonly StoredObject[];
  readonly commonPrefixes: readonly string[];
  readonly nextToken: string | undefined;
}

export function readListQuery(request: SignedRequest): ListQuery {
  const parameter = (name: string) => queryValue(request, name) ?? '';
  const maxKeys = parameter('max-keys') || String(MAXIMUM_KEYS);
  if (!/^\d{1,10}$/.test(maxKeys)) throw invalidArgument('max-keys must be a whole number.');
  const encodingType = parameter('encoding-type');
  if (encodingType !== '' && encodingType !== 'url') {
    throw invalidArgument('Invalid Encoding Method specified in Request');
  }
  const token = queryValue(request, 'continuation-token');
  return {
    prefix: parameter('prefix'),
    delimiter: parameter('delimiter'),
    maxKeys: Math.min(Number(maxKeys), MAXIMUM_KEYS),
    urlEncoded: encodingType === 'url',
    startAfter: parameter('start-after'),
    token,
    resumeAfter: token === undefined ? undefined : readToken(token),
  };
}

/** The first key that can be on the page; what is given in order from there on fits `listPage`. */
export function firstKey(query: ListQuery): string {
  const start = query.resumeAfter?.name ?? query.startAfter;
  return Buffer.compare(Buffer.from(start), Buffer.from(query.prefix)) > 0 ? start : query.prefix;
}

/** `objects` begin at `firstKey`, in order; they are read no further than the page needs. */
export function listPage(query: ListQuery, objects: Iterable<StoredObject>): Listing {
  const found: StoredObject[] = [];
  const commonPrefixes: string[] = [];
  let last: Entry | undefined;
  for (const object of objects) {
    if (!object.key.startsWith(query.prefix)) break;
    if (isBehind(object.key, query) || query.maxKeys === 0) continue;
    const entry = entryOf(object.key, query);
    if (entry.kind === 'prefix' && commonPrefixes.at(-1) === entry.name) continue;
    if (last && found.length + commonPrefixes.length === query.maxKeys) {
      return { objects: found, commonPrefixes, nextToken: writeToken(last) };
    }
    if (entry.kind === 'key') found.push(object);
    else commonPrefixes.push(entry.name);
    last = entry;
  }
  return { objects: found, commonPrefixes, nextToken: undefined };
}

function isBehind(key: string, query: ListQuery): boolean {
  const { resumeAfter } = query;
  if (resumeAfter?.kind === 'prefix') return key.startsWith(resumeAfter.name);
  return key === (resumeAfter?.name ?? query.startAfter);
}

function entryOf(key: string, query: ListQuery): Entry {
  const end = query.delimiter === '' ? -1 : key.indexOf(query.delimiter, query.prefix.length);
  if (end === -1) return { kind: 'key', name: key };
  return { kind: 'prefix', name: key.slice(0, end + query.delimiter.length) };
}

function writeToken(entry: Entry): string {
  return Buffer.from(`${entry.kind}:${entry.name}`).toString('base64url');
}

function readToken(token: string): Entry {
  const [, kind, name] =
    /^(key|prefix):(.+)$/s.exec(Buffer.from(token, 'base64url').toString()) ?? [];
  if ((kind === 'key' || kind === 'prefix') && name !== undefined) return { kind, name };
  throw invalidArgument('The continuation token provided is incorrect');
}

export function listingDocument(bucket: string, query: ListQuery, listing: Listing): string {
  const shown = (text: string) => (query.urlEncoded ? encodeKey(text) : text);
  const optional = (name: string, text: string | undefined): readonly XmlElement[] =>
    text === undefined || text === '' ? [] : [[name, text]];
  const count = listing.objects.length + listing.commonPrefixes.length;
  const elements: readonly XmlElement[] = [
    ['Name', bucket],
    ['Prefix', shown(query.prefix)],
    ...optional('Delimiter', shown(query.delimiter)),
    ...optional('StartAfter', shown(query.startAfter)),
    ...optional('ContinuationToken', query.token),
    ...optional('NextContinuationToken', listing.nextToken),
    ...optional('EncodingType', query.urlEncoded ? 'url' : ''),
    ['KeyCount', String(count)],
    ['MaxKeys', String(query.maxKeys)],
    ['IsTruncated', String(listing.nextToken !== undefined)],
    ...listing.objects.map((object) => contents(object, shown)),
    ...listing.commonPrefixes.map((prefix): XmlElement => [
      'CommonPrefixes',
      [['Prefix', shown(prefix)]],
    ]),
  ];
  return xmlDocument(['ListBucketResult', elements], S3_NAMESPACE);
}

function contents(object: StoredObject, shown: (text: string) => string): XmlElement {
  return [
    'Contents',
    [
      ['Key', shown(object.key)],
      ['LastModified', new Date(object.modifiedAtEpochMs).toISOString()],
      ['ETag', `"${object.etagHex}"`],
      ['Size', String(object.size)],
      ['StorageClass', 'STANDARD'],
    ],
  ];
}

function encodeKey(text: string): string {
  return text.split('/').map(awsUriEncode).join('/');
}
