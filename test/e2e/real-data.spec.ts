import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { foldFile, REAL_FILES, realFile, sumOf, type ExpectedHour } from '../support/fold-file.js';
import { aggregatedHours, allReadings, importFile } from '../support/sensorflow.js';

let api: ApiClient;

beforeAll(async () => {
  const stack = inject('stack');
  api = (await ApiClient.connect(stack.baseUrl)).withToken(await machineToken(stack));
});

/** The double nearest to the exact quotient, by way of whole numbers. */
function averageOf(hours: readonly ExpectedHour[]): number {
  const count = hours.reduce((sum, { sampleCount }) => sum + sampleCount, 0);
  const [whole = '', fraction = ''] = sumOf(hours.map(({ total }) => total)).split('.');
  const scaled = BigInt(whole + fraction.padEnd(40, '0'));
  return Number(`${scaled / BigInt(count)}e-40`);
}

describe.each(REAL_FILES)('the recording $fileName', (file) => {
  const csv = realFile(file.fileName);
  const expected = foldFile(csv.toString('utf8'));
  const range = { equipmentId: file.equipmentId, from: file.from, to: file.to };

  async function hoursInAggregates(): Promise<readonly ExpectedHour[]> {
    const { items } = await aggregatedHours(api, range);
    return items.map(({ intervalStart, total, sampleCount, min, max }) => ({
      intervalStart,
      total,
      sampleCount,
      min,
      max,
    }));
  }

  async function importAndCompare(): Promise<void> {
    const done = await importFile(api, file.fileName, csv);

    expect(done).toMatchObject({
      status: 'completed',
      rows: { total: file.rows, accepted: file.rows, rejected: 0 },
      bytes: { total: csv.length, processed: csv.length },
      failure: null,
      errorReportUrl: null,
    });
    await eventually(
      hoursInAggregates,
      (hours) => JSON.stringify(hours) === JSON.stringify(expected),
      90_000,
      // A year of one equipment is hundreds of queries: asking all the time would be most of the load.
      3_000,
    );
    expect(await hoursInAggregates()).toEqual(expected);
  }

  it('is imported whole, and every hour equals an independent fold of the file', async () => {
    await importAndCompare();

    const readings = await allReadings(api, file.equipmentId);
    expect(readings).toHaveLength(file.instants);
    const { summaries, totalCount, average } = await aggregatedHours(api, range);
    expect({ summaries, totalCount }).toEqual({ summaries: 1, totalCount: file.instants });
    expect(average).toBe(averageOf(expected));
  });

  it('changes no value, count or aggregate when it is imported again', async () => {
    const before = await allReadings(api, file.equipmentId);
    const aggregatesBefore = await aggregatedHours(api, range);

    await importAndCompare();

    const withoutReceipt = (reading: Record<string, unknown>) => ({ ...reading, registerTime: '' });
    const after = await allReadings(api, file.equipmentId);
    expect(after.map(withoutReceipt)).toEqual(before.map(withoutReceipt));
    expect(await aggregatedHours(api, range)).toEqual(aggregatesBefore);
  });
});
