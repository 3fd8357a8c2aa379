import { instantFromEpochMs } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { paceOf } from './import-pace.js';
import { nothingUndone, START, type ImportRecord } from './import-record.js';

const BEGAN = 1_693_526_400_000;
const ROWS = { total: 300, accepted: 290, rejected: 10 };
const UNKNOWN = { rowsPerSecond: undefined, estimatedEndEpochMs: undefined };

async function aRecord(words: Partial<ImportRecord> = {}): Promise<ImportRecord> {
  const bench = new ImportWorkbench();
  const { uploadId } = await bench.upload('x');
  return { ...(await bench.record(uploadId)), ...words };
}

const lease = (seenAtEpochMs: number) => ({
  token: 't',
  messageId: 'm',
  seenAtEpochMs,
  released: false,
  renewedAtSteps: 0,
});
const atWork = {
  status: 'importing',
  startedAt: instantFromEpochMs(BEGAN),
  object: { etag: 'e', bytes: 4000 },
  lease: lease(BEGAN + 3000),
} as const;

describe('the pace of an import', () => {
  it('is not known before it has begun, and when nothing has been read', async () => {
    expect(paceOf(await aRecord())).toEqual(UNKNOWN);
    expect(paceOf(await aRecord(atWork))).toEqual(UNKNOWN);
  });

  it('is that of its rows, and its end that of its bytes', async () => {
    const checkpoint = { ...START, rows: ROWS, bytesProcessed: 1000 };

    const pace = paceOf(await aRecord({ ...atWork, checkpoint }));

    expect(pace).toEqual({ rowsPerSecond: 100, estimatedEndEpochMs: BEGAN + 12_000 });
  });

  it('ends with its hours once the rows are read', async () => {
    const progress = { doneHours: 10, nextPart: 1, nextHour: 10 };
    const recomputation = { ...progress, totalHours: 50, failure: undefined };
    const startedAtEpochMs = BEGAN + 2000;
    const checkpoint = {
      ...START,
      rows: ROWS,
      recomputation: { ...recomputation, startedAtEpochMs },
    };

    const pace = paceOf(await aRecord({ ...atWork, checkpoint }));

    expect(pace).toEqual({ rowsPerSecond: 150, estimatedEndEpochMs: BEGAN + 7000 });
  });

  it('ends no more when it has ended, and tells how fast it was', async () => {
    const checkpoint = { ...START, rows: ROWS, bytesProcessed: 4000 };
    const finishedAt = instantFromEpochMs(BEGAN + 6000);

    const pace = paceOf(await aRecord({ ...atWork, status: 'failed', finishedAt, checkpoint }));

    expect(pace).toEqual({ rowsPerSecond: 50, estimatedEndEpochMs: undefined });
  });

  it('is that of its undo when it is taken back', async () => {
    const undo = { ...nothingUndone('ann', BEGAN + 10_000), totalHours: 100, doneHours: 20 };
    const words = { ...atWork, status: 'undoing', undo } as const;

    const early = paceOf(await aRecord({ ...words, lease: undefined }));
    const later = paceOf(await aRecord({ ...words, lease: lease(BEGAN + 12_000) }));

    expect(early).toEqual(UNKNOWN);
    expect(later.estimatedEndEpochMs).toBe(BEGAN + 20_000);
  });
});
