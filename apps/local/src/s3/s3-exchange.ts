import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ChunkSignatures } from '../aws-signature/chunk-signatures.js';
import type { SignedRequest } from '../aws-signature/signed-request.js';
import type { ObjectStore, StoredBucket } from './object-store.js';

/** One verified request for an existing bucket, and where its answer goes. */
export interface S3Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  readonly signed: SignedRequest;
  /** With those that a presigned URL carries in its query. */
  readonly headers: ReadonlyMap<string, string>;
  readonly payloadHash: string;
  readonly chunkSignatures: ChunkSignatures;
  readonly bucket: StoredBucket;
  readonly key: string;
  readonly store: ObjectStore;
}
