import { describe, expect, it } from 'vitest';
import { GroupCommit, WAITING_GROUP_COMMIT_OPTIONS } from '@sensorflow/sensor-data';
import { ALL_THE_TIME, ImportWorkbench } from '../../../test/support/import-workbench.js';

const ROWS = 2000;
const BLOCKS_PER_SECOND = 50;

/** As a table with so much capacity: what comes beyond it is refused, and none of it is written. */
function throttle(bench: ImportWorkbench): () => number {
  let [left, second, refused] = [BLOCKS_PER_SECOND, 0, 0];
  bench.store.failPuts(() => {
    const now = Math.floor(bench.clock.nowEpochMs() / 1000);
    if (now !== second) [left, second] = [BLOCKS_PER_SECOND, now];
    left -= 1;
    if (left >= 0) return undefined;
    refused += 1;
    return 'not-stored';
  });
  return () => refused;
}

describe('an import into a table that has little capacity', () => {
  it('waits for it, and completes in one run', async () => {
    const bench = new ImportWorkbench();
    const rows = Array.from({ length: ROWS }, (_none, row) => `EQ-${row},2023-02-15T06:00:00Z,1`);
    const request = await bench.upload(['equipmentId,timestamp,value', ...rows].join('\n'));
    const refused = throttle(bench);
    const startedAt = bench.clock.nowEpochMs();
    const options = WAITING_GROUP_COMMIT_OPTIONS;
    const readings = new GroupCommit(bench.store, bench.clock, { options });

    const outcome = await bench.importer({}, { readings }).run(request, ALL_THE_TIME);

    const { status, checkpoint } = await bench.record(request.uploadId);
    expect([outcome, status]).toEqual(['finished', 'completed']);
    expect(checkpoint.rows).toEqual({ total: ROWS, accepted: ROWS, rejected: 0 });
    expect(refused()).toBeGreaterThan(0);
    expect(bench.clock.nowEpochMs() - startedAt).toBeGreaterThanOrEqual(
      (ROWS / BLOCKS_PER_SECOND - 1) * 1000,
    );
  });
});
