import type { ServerResponse } from 'node:http';
import type { SignedRequest } from '../aws-signature/signed-request.js';
import type { ObjectStore, StoredBucket } from './object-store.js';
import { notImplemented } from './s3-error.js';
import { S3_NAMESPACE, xmlDocument, type XmlElement } from './s3-xml.js';

/** All buckets in one page, as S3 answers who asks for no pages (S3 API Reference, "ListBuckets"). */
export async function listBuckets(
  signed: SignedRequest,
  buckets: readonly StoredBucket[],
  store: ObjectStore,
  response: ServerResponse,
): Promise<void> {
  if (signed.method !== 'GET') throw notImplemented(`${signed.method} on no bucket`);
  const parameter = signed.query.find(([name]) => name !== 'x-id' && !/^x-amz-/i.test(name))?.[0];
  if (parameter !== undefined) throw notImplemented(`The parameter ${parameter}`);
  const elements = await Promise.all(buckets.map(({ name }) => bucketElement(name, store)));
  const owner: XmlElement = ['Owner', [['ID', 'local']]];
  const document: XmlElement = ['ListAllMyBucketsResult', [owner, ['Buckets', elements]]];
  response.writeHead(200, { 'content-type': 'application/xml' });
  response.end(xmlDocument(document, S3_NAMESPACE));
}

async function bucketElement(name: string, store: ObjectStore): Promise<XmlElement> {
  const createdAt = await store.files.bucketCreatedAt(name);
  return [
    'Bucket',
    [
      ['Name', name],
      ['CreationDate', createdAt.toISOString()],
    ],
  ];
}
