import { receiveUpload } from './receive-upload.js';
import type { S3Exchange } from './s3-exchange.js';
import { preconditionFailed } from './s3-error.js';
import { planUpload, type UploadPlan } from './upload-plan.js';
import type { FileDraft } from './object-files.js';
import type { StoredObject } from './object-table.js';

/** Stores the body under its key; an upload that fails in any way leaves nothing. */
export async function putObject(exchange: S3Exchange): Promise<void> {
  const { bucket, key, request, response, store } = exchange;
  const plan = planUpload(exchange.headers, exchange.payloadHash, exchange.chunkSignatures);
  // Asked again when the upload is complete; asked here so that a late one need not be sent at all.
  if (plan.onlyIfAbsent && store.find(bucket.name, key)) throw preconditionFailed();

  if (request.headers.expect !== undefined) response.writeContinue();
  const draft = await store.files.createDraft(bucket.name, key);
  const stored = await fillAndStore(exchange, plan, draft).catch(async (error: unknown) => {
    await draft.discard();
    throw error;
  });
  response.writeHead(200, {
    etag: `"${stored.etagHex}"`,
    'content-length': 0,
    ...stored.checksums,
    ...(Object.keys(stored.checksums).length > 0 && { 'x-amz-checksum-type': 'FULL_OBJECT' }),
  });
  response.end();
}

async function fillAndStore(
  exchange: S3Exchange,
  plan: UploadPlan,
  draft: FileDraft,
): Promise<StoredObject> {
  const { etagHex, checksums } = await receiveUpload(exchange.request, plan, draft);
  return exchange.store.put(exchange.bucket, draft, {
    key: exchange.key,
    size: plan.size,
    etagHex,
    checksums,
    headers: plan.keptHeaders,
    onlyIfAbsent: plan.onlyIfAbsent,
    requestId: exchange.requestId,
  });
}
