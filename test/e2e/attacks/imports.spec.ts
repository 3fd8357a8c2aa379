import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import type { ApiClient } from '../../support/api-client.js';
import { aPerson } from '../../support/people.js';
import { importFile } from '../../support/sensorflow.js';

const HEAD = 'equipmentId,timestamp,value\n';
let mallory: ApiClient;
let ada: ApiClient;
let admin: ApiClient;

beforeAll(async () => {
  const [stack, dataDir] = [inject('stack'), inject('stackDataDir')];
  const run = randomUUID().slice(0, 8);
  [mallory, ada, admin] = await Promise.all([
    aPerson(stack, dataDir, `mallory-${run}`, 'operators'),
    aPerson(stack, dataDir, `ada-${run}`, 'operators'),
    aPerson(stack, dataDir, `root-${run}`, 'admins'),
  ]);
});

describe('an operator', () => {
  it('sees neither the imports nor the error reports of others; an administrator does', async () => {
    const file = `${HEAD}EQ-PRIVATE,2023-02-15T00:00:00Z,1\nEQ-PRIVATE,no time,2\n`;
    const { uploadId, errorReportUrl, createdBy } = await importFile(ada, 'own.csv', file);

    const own = await ada.get('/sensor-data/uploads');
    const others = await mallory.get('/sensor-data/uploads', { limit: 1000 });
    const guessed = await mallory.get(`/sensor-data/uploads/${uploadId}`);
    const all = await admin.get('/sensor-data/uploads', { limit: 1000 });

    expect(own.body.items).toMatchObject([{ uploadId, createdBy }]);
    expect(errorReportUrl).toMatch(/^http/);
    expect(others.text).not.toContain(uploadId);
    expect([guessed.status, guessed.body.code]).toEqual([404, 'import-not-found']);
    const ids = all.body.items.map((item: { uploadId: string }) => item.uploadId);
    expect(ids).toContain(uploadId);
    expect((await admin.get(`/sensor-data/uploads/${uploadId}`)).body.errorReportUrl).toMatch(
      /^http/,
    );
  });

  it('opens at most a hundred imports without uploading, and delays no other caller', async () => {
    const open = { fileName: 'never.csv', size: 1 };
    const statuses = [];
    for (let n = 0; n < 110; n += 1) {
      statuses.push((await mallory.post('/sensor-data/upload-csv', open)).status);
    }

    const refused = await mallory.post('/sensor-data/upload-csv', open);

    expect(statuses.filter((status) => status === 201)).toHaveLength(100);
    expect(refused).toMatchObject({ status: 429, body: { code: 'too-many-imports' } });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(600);
    expect((await ada.post('/sensor-data/upload-csv', open)).status).toBe(201);
    const listed = await mallory.get('/sensor-data/uploads', { limit: 1000 });
    expect(listed.body.items).toHaveLength(100);
  });

  it('has a gzip bomb refused within seconds, before a row is written', async () => {
    const row = 'EQ-BOMB,2023-02-15T00:00:00Z,1\n';
    const bomb = gzipSync(HEAD + row.repeat(3_900_000), { level: 9 });
    expect(bomb.length).toBeLessThan(300_000);
    const startedAt = performance.now();

    const { status, failure, rows } = await importFile(ada, 'bomb.csv.gz', bomb);

    const seconds = (performance.now() - startedAt) / 1000;
    expect({ status, code: failure.code }).toEqual({
      status: 'failed',
      code: 'gzip-ratio-too-high',
    });
    expect(rows.total).toBe(0);
    expect((await ada.get('/sensor-data/EQ-BOMB')).body.code).toBe('equipment-unknown');
    process.stdout.write(
      `a gzip of ${bomb.length} bytes is refused after ${seconds.toFixed(1)} s\n`,
    );
  });
});
