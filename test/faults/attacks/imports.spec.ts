import { readFileSync, rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually, type ApiClient } from '../../support/api-client.js';
import { LocalStack } from '../../support/local-stack.js';
import { aPerson } from '../../support/people.js';
import { importEnd, uploadFile } from '../../support/sensorflow.js';

/** Each in an equipment and hour of its own, so that the store is asked for each of them. */
const HUGE_ROWS = 500_000;
const HUGE_EQUIPMENT = 2000;
const OTHERS = 20;
const ROWS_OF_ANOTHER = 2000;
/** So many of the others are enough to see that they do not wait for the huge one. */
const OVERTAKING = 5;
/** Of another caller, on a machine that does other things too. */
const MAX_WAIT_MS = 15_000;
const MAX_RSS_BYTES = 200_000_000;
const HEAD = 'equipmentId,timestamp,value\n';

let stack: LocalStack;
let mallory: ApiClient;
let ada: ApiClient;

beforeAll(async () => {
  stack = await LocalStack.start();
  const { announcement, dataDir } = stack;
  mallory = await aPerson(announcement, dataDir, 'mallory', 'operators');
  ada = await aPerson(announcement, dataDir, 'ada', 'operators');
});
afterAll(async () => {
  await stack.killEverything();
  rmSync(stack.dataDir, { recursive: true, force: true });
});

function rowsOf(equipmentId: string, count: number): string {
  const rows = Array.from(
    { length: count },
    (_, i) => `${equipmentId},${new Date(1_672_531_200_000 + i * 1000).toISOString()},${i % 97}\n`,
  );
  return HEAD + rows.join('');
}

function hugeFile(): string {
  const rows = Array.from({ length: HUGE_ROWS }, (_, i) => {
    const hour = Math.floor(i / HUGE_EQUIPMENT);
    const timestamp = new Date(1_640_995_200_000 + hour * 3_600_000).toISOString();
    return `EQ-HUGE-${i % HUGE_EQUIPMENT},${timestamp},${i % 97}\n`;
  });
  return HEAD + rows.join('');
}

/** From the opening to the end of an import of a hundred rows. */
async function importSmall(api: ApiClient, equipmentId: string) {
  const startedAt = performance.now();
  const uploadId = await uploadFile(api, 'small.csv', rowsOf(equipmentId, 100));
  const { status } = await importEnd(api, uploadId);
  return { status, ms: performance.now() - startedAt };
}

interface ListedImport {
  readonly uploadId: string;
  readonly status: string;
  readonly rows: { readonly accepted: number };
}

async function completedOf(api: ApiClient, ids: readonly string[]) {
  const { body } = await api.get('/sensor-data/uploads', { limit: 1000 });
  const items: readonly ListedImport[] = body.items;
  return items.filter(({ uploadId, status }) => status === 'completed' && ids.includes(uploadId));
}

/** Of each process of the importer, at its highest. */
function peakMemories(): readonly number[] {
  return stack.processIds().flatMap((pid) => {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    if (!command.includes('csv-importer.lambda')) return [];
    const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    return [Number(peak) * 1024];
  });
}

describe('an operator with a huge import and many others', () => {
  it('delays neither the small import of another caller nor their own for long', async () => {
    const alone = await importSmall(ada, 'EQ-ALONE');
    const huge = await uploadFile(mallory, 'huge.csv', hugeFile());
    const others = await Promise.all(
      Array.from({ length: OTHERS }, async (_none, n) =>
        uploadFile(mallory, `other-${n}.csv`, rowsOf(`EQ-OTHER-${n}`, ROWS_OF_ANOTHER)),
      ),
    );
    await delay(2000);

    const beside = await importSmall(ada, 'EQ-SMALL');
    const statusThen = (await mallory.get(`/sensor-data/uploads/${huge}`)).body.status;
    const again = await importSmall(ada, 'EQ-SMALL-AGAIN');

    expect([alone.status, beside.status, again.status]).toEqual(Array(3).fill('completed'));
    expect(statusThen).toBe('importing');
    const listed = await mallory.get('/sensor-data/uploads', { limit: 1000 });
    const statuses = listed.body.items.map(({ status }: { status: string }) => status);
    expect(statuses).not.toContain('awaiting-upload');
    process.stdout.write(
      `a small import: alone ${seconds(alone.ms)}, beside a huge one and ${OTHERS} others ` +
        `${seconds(beside.ms)} and ${seconds(again.ms)}\n`,
    );
    expect(Math.max(beside.ms, again.ms)).toBeLessThan(MAX_WAIT_MS);

    // Their own small ones overtake their huge one.
    const done = await eventually(
      async () => completedOf(mallory, others),
      ({ length }) => length >= OVERTAKING,
      100_000,
      1000,
    );
    const { body } = await mallory.get(`/sensor-data/uploads/${huge}`);
    expect(body.rows.total).toBeLessThan(HUGE_ROWS);
    expect(done.map(({ rows }) => rows.accepted)).toEqual(done.map(() => ROWS_OF_ANOTHER));
    process.stdout.write(
      `${done.length} of their others are done when the huge one has ${body.rows.total} of ${HUGE_ROWS} rows\n`,
    );
    const memories = peakMemories();
    expect(memories.length).toBeGreaterThan(0);
    expect(Math.max(...memories)).toBeLessThan(MAX_RSS_BYTES);
    process.stdout.write(
      `importers' memory: ${memories.map((bytes) => Math.round(bytes / 1e6)).join(', ')} MB\n`,
    );
  });
});

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
