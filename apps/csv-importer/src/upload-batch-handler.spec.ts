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
  const handler = handlerOf(bench);

  const body = JSON.stringify({ continueImport: request.uploadId });
  const answer = await handler(
    { Records: [{ messageId: 'm', receiptHandle: 'r', body, attributes }] },
    { getRemainingTimeInMillis: () => 900_000 },
  );

  return { answer, record: await bench.record(request.uploadId), retries: bench.queue.retries };
}

function handlerOf(bench: ImportWorkbench) {
  const logger = createLogger('info', { write: () => {} });
  const importer = bench.fairImporter();
  return uploadBatchHandler({ importer, queue: bench.queue, logger, assertClock });
}

async function assertClock(): Promise<void> {
  // It is right.
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

  it('comes back after a time that grows, and goes to the dead letters at once in the end', async () => {
    const seconds = [];
    for (let deliveries = 1; deliveries <= LAST; deliveries += 1) {
      const { retries } = await deliverInVain({ ApproximateReceiveCount: String(deliveries) });
      expect(retries.map(({ receiptHandle }) => receiptHandle)).toEqual(['r']);
      seconds.push(retries[0]?.seconds);
    }

    expect(seconds).toEqual([10, 60, 360, 2160, 0]);
    expect(Math.max(...seconds.map(Number))).toBeLessThan(
      UPLOADS_QUEUE_SOURCE.visibilityTimeoutSeconds,
    );
  });

  it('comes back after its visibility timeout when the queue does not answer', async () => {
    const bench = new ImportWorkbench();
    bench.queue.retryAfter = async () => {
      await Promise.resolve();
      throw new Error('no queue');
    };

    const answer = await handlerOf(bench)(
      { Records: [{ messageId: 'm', receiptHandle: 'r', body: 'no JSON' }] },
      { getRemainingTimeInMillis: () => 900_000 },
    );

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
  });

  it('starts no import while the clock is wrong, and comes back', async () => {
    const bench = new ImportWorkbench();
    const { uploadId } = await bench.upload(FILE);
    const logger = createLogger('info', { write: () => {} });
    const wrong = async () => Promise.reject(new Error('the clock is wrong'));
    const parts = { importer: bench.fairImporter(), queue: bench.queue, logger };
    const handler = uploadBatchHandler({ ...parts, assertClock: wrong });

    const body = JSON.stringify({ continueImport: uploadId });
    const answer = await handler(
      { Records: [{ messageId: 'm', receiptHandle: 'r', body }] },
      { getRemainingTimeInMillis: () => 900_000 },
    );

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
    expect((await bench.record(uploadId)).startedAt).toBeUndefined();
    expect(bench.queue.retries).toEqual([{ receiptHandle: 'r', seconds: 10 }]);
  });

  it('stays hidden while a newer delivery of it is at work', async () => {
    const bench = new ImportWorkbench();
    const importer = { run: async () => Promise.resolve('contested' as const) };
    const logger = createLogger('info', { write: () => {} });
    const handler = uploadBatchHandler({ importer, queue: bench.queue, logger, assertClock });

    const answer = await handler(
      { Records: [{ messageId: 'm', receiptHandle: 'r', body: '{"continueImport":"u"}' }] },
      { getRemainingTimeInMillis: () => 900_000 },
    );

    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
    expect(bench.queue.retries).toEqual([]);
  });
});
