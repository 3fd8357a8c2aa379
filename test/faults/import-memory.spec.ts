import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeCsvFile } from '../../bench/csv/csv-file.ts';
import { measureImport } from '../../bench/csv/csv-import.ts';
import { describeMachine } from '../../bench/machine.ts';
import { Stand } from '../../bench/stand.ts';

const ROWS = process.env['SENSORFLOW_FAULTS'] === 'short' ? 250_000 : 2_000_000;
const MAX_RSS_BYTES = 200_000_000;

let stand: Stand;

beforeAll(async () => {
  stand = new Stand(describeMachine());
  await stand.open();
});

afterAll(() => {
  stand.close();
});

describe('the process of the importer', () => {
  it(`has less than ${MAX_RSS_BYTES / 1e6} MB resident at any time, however large the file`, async () => {
    const file = writeCsvFile(join(stand.folder, 'readings.csv'), ROWS);

    // The operating system's own peak, of the process that imported every row into the sink.
    const { peakRssMib } = await measureImport(stand, file);

    expect(peakRssMib * 2 ** 20).toBeLessThan(MAX_RSS_BYTES);
  });
});
