import { rmSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { ApiClient, eventually, machineToken } from '../support/api-client.js';
import { LocalStack } from '../support/local-stack.js';
import { importFile } from '../support/sensorflow.js';

const IS_SHORT = process.env['SENSORFLOW_FAULTS'] === 'short';
const ROWS = IS_SHORT ? 20_000 : 1_000_000;
/** Of the import whose undo is killed: an hour each. */
const EQUIPMENT_TO_KILL = IS_SHORT ? 20 : 200;
const HOURS_TO_KILL = EQUIPMENT_TO_KILL * 50;
const MANY_EQUIPMENT = 500;
const LIMIT_MS = 540_000;
const START = Date.parse('2023-02-15T00:00:00Z');
const RANGE = { from: '2023-02-15T00:00:00Z', to: '2023-03-01T00:00:00Z' };

let stack: LocalStack;

async function connect(): Promise<ApiClient> {
  const client = await ApiClient.connect(stack.announcement.baseUrl);
  return client.withToken(await machineToken(stack.announcement));
}

afterEach(async () => {
  await stack.killEverything();
  rmSync(stack.dataDir, { recursive: true, force: true });
});

/** A reading of each equipment at each of so many instants. */
function csvOf(equipment: number, instants: number, stepMs: number): string {
  const lines = ['equipmentId,timestamp,value'];
  for (let at = 0; at < instants; at += 1) {
    const timestamp = new Date(START + at * stepMs).toISOString();
    for (let id = 0; id < equipment; id += 1) lines.push(`EQ-${id},${timestamp},${at % 100}`);
  }
  return lines.join('\n');
}

/** The import, once its undo has come that far. */
async function undoneUpTo(api: ApiClient, uploadId: string, hours: number) {
  const { body } = await eventually(
    async () => api.get(`/sensor-data/uploads/${uploadId}`),
    ({ body: { status, undo } }) => status === 'undone' || undo.done >= hours,
    LIMIT_MS,
    20,
  );
  return body;
}

async function expectNothingLeft(api: ApiClient): Promise<void> {
  for (const id of ['EQ-0', 'EQ-17']) {
    const aggregates = await api.get('/sensor-data/aggregated', { ...RANGE, equipmentId: id });
    expect((await api.get(`/sensor-data/${id}/latest`)).status).toBe(404);
    expect(aggregates.body.items ?? []).toEqual([]);
    const verified = await api.get('/sensor-data/aggregated/verify', { ...RANGE, equipmentId: id });
    expect([verified.status, verified.body.differences]).toEqual([200, []]);
  }
}

describe('an undo whose stack is killed again and again', () => {
  it(
    'goes on where it was, and ends with nothing of its import',
    { timeout: LIMIT_MS },
    async () => {
      stack = await LocalStack.start();
      const api = await connect();
      const { status, uploadId } = await importFile(
        api,
        'kill.csv',
        csvOf(EQUIPMENT_TO_KILL, 50, 3_600_000),
      );
      expect(status).toBe('completed');
      expect((await api.send('DELETE', `/sensor-data/uploads/${uploadId}`)).status).toBe(202);

      const seen = [];
      for (const part of [0.01, 0.3, 0.7]) {
        seen.push((await undoneUpTo(await connect(), uploadId, part * HOURS_TO_KILL)).undo.done);
        stack = await stack.killAndRestart();
      }
      const afterwards = await connect();
      const done = await undoneUpTo(afterwards, uploadId, Infinity);

      expect(seen.toSorted((a, b) => a - b)).toEqual(seen);
      expect(done).toMatchObject({
        status: 'undone',
        undo: { total: HOURS_TO_KILL, done: HOURS_TO_KILL, sealed: 0 },
      });
      await expectNothingLeft(afterwards);
    },
  );
});

describe(`an import of ${ROWS} rows`, () => {
  it(
    'is taken back within minutes, while its progress is seen',
    { timeout: LIMIT_MS },
    async () => {
      stack = await LocalStack.start();
      const api = await connect();
      const csv = csvOf(MANY_EQUIPMENT, ROWS / MANY_EQUIPMENT, 60_000);
      const imported = performance.now();
      const { status, uploadId } = await importFile(api, 'large.csv', csv, {}, LIMIT_MS);
      const importSeconds = (performance.now() - imported) / 1000;
      expect(status).toBe('completed');

      const began = performance.now();
      await api.send('DELETE', `/sensor-data/uploads/${uploadId}`);
      const seen = new Set<number>();
      let shown = await undoneUpTo(api, uploadId, 0);
      while (shown.status !== 'undone') {
        seen.add(shown.undo.done);
        shown = await undoneUpTo(api, uploadId, shown.undo.done + 1);
      }
      const undoSeconds = (performance.now() - began) / 1000;

      const { total, done } = shown.undo;
      process.stdout.write(
        `${ROWS} rows: imported in ${importSeconds.toFixed(1)} s, undone in ${undoSeconds.toFixed(1)} s (${total} hours, ${seen.size} steps seen)\n`,
      );
      expect(done).toBe(total);
      expect([...seen].toSorted((a, b) => a - b)).toEqual([...seen]);
      expect(seen.size).toBeGreaterThan(ROWS > 100_000 ? 10 : 0);
      await expectNothingLeft(api);
    },
  );
});
