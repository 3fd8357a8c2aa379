import { UPLOADS_QUEUE_SOURCE } from '@sensorflow/platform/resources/event-sources.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { describe, expect, it } from 'vitest';
import { ImportWorkbench } from '../../../test/support/import-workbench.js';
import { uploadBatchHandler } from './upload-batch-handler.js';

const LAST = UPLOADS_QUEUE_SOURCE.maxReceiveCount;
const FILE = 'equipmentId,timestamp,value\nEQ-1,2023-01-01T00:00:00Z,1\n';

/** Delivers a continuation of an import whose readings nothing stores. */
async function deliverInVain(attributes: Readonly<Record<string, string>> | undefined) {
  const bench = new ImportWorkbench();
  const request = await bench.upload(FILE);
  bench.store.failPuts(() => 'not-stored');
  await bench.run(request).catch(() => undefined);
  const handler = uploadBatchHandler(bench.importer(), createLogger('info', { write: () => {} }));

  const body = JSON.stringify({ continueImport: request.uploadId });
  const answer = await handler(
    { Records: [{ messageId: 'm', body, attributes }] },
    { getRemainingTimeInMillis: () => 900_000 },
  );

  return { answer, record: await bench.record(request.uploadId) };
}

describe('a message that fails', () => {
  it('ends its import at its last delivery, and is kept for people', async () => {
    const { answer, record } = await deliverInVain({ ApproximateReceiveCount: String(LAST) });

    expect(record).toMatchObject({ status: 'failed', failure: { code: 'import-abandoned' } });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
  });

  it.each([
    ['an earlier delivery', { ApproximateReceiveCount: String(LAST - 1) }],
    ['no count of deliveries', undefined],
    ['a count that is none', { ApproximateReceiveCount: 'many' }],
  ])('comes back with its import waiting: %s', async (_, attributes) => {
    const { answer, record } = await deliverInVain(attributes);

    expect(record).toMatchObject({ status: 'importing', failure: undefined });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
  });
});
