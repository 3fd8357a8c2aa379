import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { sumOf } from '../support/fold-file.js';
import { LocalStack } from '../support/local-stack.js';
import { aggregatedHours, allReadings, importEnd } from '../support/sensorflow.js';

let stack: LocalStack;

async function connect(): Promise<ApiClient> {
  const client = await ApiClient.connect(stack.announcement.baseUrl);
  return client.withToken(await machineToken(stack.announcement));
}

afterEach(async () => {
  await stack.killEverything();
  rmSync(stack.dataDir, { recursive: true, force: true });
});

/** Acknowledgements before the cut: low enough for a slow machine, amid the writes on any. */
const KILL_AFTER = 500;

const START = Date.parse('2023-02-15T00:00:00Z');
const DAY = { from: '2023-02-15T00:00:00Z', to: '2023-02-16T00:00:00Z' };
const EQUIPMENT = ['EQ-KILL-0', 'EQ-KILL-1', 'EQ-KILL-2', 'EQ-KILL-3', 'EQ-KILL-4'];

function readingNumber(index: number) {
  return {
    equipmentId: EQUIPMENT[index % EQUIPMENT.length] ?? '',
    timestamp: new Date(START + index * 5000).toISOString(),
    value: index / 10,
  };
}

/** Hour → what the aggregates have to say, from the readings as the API shows them. */
function recomputed(readings: readonly { timestamp: string; value: number }[]) {
  const hours = Map.groupBy(
    readings,
    ({ timestamp }) => Math.floor(Date.parse(timestamp) / 3_600_000) * 3600,
  );
  return [...hours]
    .toSorted(([a], [b]) => a - b)
    .map(([intervalStart, ofHour]) => ({
      intervalStart,
      total: sumOf(ofHour.map(({ value }) => String(value))),
      sampleCount: ofHour.length,
    }));
}

describe('kill -9 of the whole stack', () => {
  it('during 5,000 concurrent writes loses no acknowledged reading, and the aggregates catch up', async () => {
    stack = await LocalStack.start();
    const api = await connect();
    const acknowledged = new Set<number>();
    const enough = Promise.withResolvers<void>();

    const writes = Array.from({ length: 5000 }, async (_, index) => {
      const answer = await api.post('/sensor-data', readingNumber(index)).catch(() => undefined);
      if (answer?.status === 201) acknowledged.add(index);
      if (acknowledged.size >= KILL_AFTER) enough.resolve();
    });
    await Promise.race([enough.promise, Promise.all(writes)]);
    stack = await stack.killAndRestart();
    await Promise.all(writes);

    expect(acknowledged.size).toBeGreaterThanOrEqual(KILL_AFTER);
    expect(acknowledged.size).toBeLessThan(5000);
    const afterwards = await connect();
    const stored = (
      await Promise.all(EQUIPMENT.map(async (id) => allReadings(afterwards, id)))
    ).flat();
    const values = new Map(
      stored.map(({ equipmentId, timestamp, value }) => [`${equipmentId} ${timestamp}`, value]),
    );
    const lost = [...acknowledged].filter((index) => {
      const { equipmentId, timestamp, value } = readingNumber(index);
      return values.get(`${equipmentId} ${timestamp}`) !== value;
    });
    expect(lost).toEqual([]);
    for (const equipmentId of EQUIPMENT) {
      const expected = recomputed(stored.filter((reading) => reading.equipmentId === equipmentId));
      const { items } = await eventually(
        async () => aggregatedHours(afterwards, { ...DAY, equipmentId }),
        ({ items: hours }) =>
          JSON.stringify(hours.map(withoutMoments)) === JSON.stringify(expected),
        30_000,
      );
      expect(items.map(withoutMoments)).toEqual(expected);
    }
  });

  it('during an import leaves the same readings and the same counts as an import in peace', async () => {
    stack = await LocalStack.start();
    const api = await connect();
    const rows = Array.from({ length: 12_000 }, (_, index) => {
      const isBad = index % 100 === 99;
      return `EQ-IMPORT,${new Date(START + index * 5000).toISOString()},${isBad ? 'broken' : index / 10}`;
    });
    const csv = Buffer.from(['equipmentId,timestamp,value', ...rows].join('\n'));
    const { body: opened } = await api.post('/sensor-data/upload-csv', {
      fileName: 'kill.csv',
      size: csv.length,
    });
    await fetch(opened.url, { method: opened.method, headers: opened.headers, body: csv });

    for (const progress of [1000, 4000, 8000]) {
      const watcher = await connect();
      await eventually(
        async () => (await watcher.get(`/sensor-data/uploads/${opened.uploadId}`)).body,
        ({ rows: { total }, status }) => total >= progress || status === 'completed-with-errors',
        60_000,
      );
      stack = await stack.killAndRestart();
    }

    const afterwards = await connect();
    const done = await importEnd(afterwards, opened.uploadId);
    expect(done).toMatchObject({
      status: 'completed-with-errors',
      rows: { total: 12_000, accepted: 11_880, rejected: 120 },
      bytes: { total: csv.length, processed: csv.length },
    });
    expect(await allReadings(afterwards, 'EQ-IMPORT')).toHaveLength(11_880);
    const report = await (await fetch(done.errorReportUrl)).text();
    expect(report.trimEnd().split(/\r?\n/)).toHaveLength(121);
    const { totalCount } = await eventually(
      async () => aggregatedHours(afterwards, { ...DAY, equipmentId: 'EQ-IMPORT' }),
      (aggregates) => aggregates.totalCount === 11_880,
    );
    expect(totalCount).toBe(11_880);
  });
});

function withoutMoments({
  intervalStart,
  total,
  sampleCount,
}: {
  intervalStart: number;
  total: string;
  sampleCount: number;
}) {
  return { intervalStart, total, sampleCount };
}
