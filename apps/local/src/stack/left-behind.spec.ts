import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MessageQueue } from '../sqs/message-queue.js';
import { openUploadsDatabase, type UploadsDatabase } from '../sqs/uploads-database.js';
import { leftBehind } from './left-behind.js';

describe('what the functions gave up', () => {
  let dataDir: string;
  let database: UploadsDatabase;
  let queue: MessageQueue;

  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'sensorflow-left-'));
    database = openUploadsDatabase(dataDir);
    queue = new MessageQueue(database);
  });

  afterEach(() => {
    database.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it('is nothing as long as all goes well', () => {
    queue.send('an upload under way');

    expect(leftBehind(queue, dataDir)).toEqual([]);
  });

  it('is counted and named with its place', () => {
    queue.send('an upload');
    for (const { receiptHandle } of queue.receive(1, 30)) queue.deadLetter(receiptHandle, 'crash');
    mkdirSync(join(dataDir, 'failures'));
    writeFileSync(join(dataDir, 'failures', 'readings-stream-2026.json'), '{}');

    expect(leftBehind(queue, dataDir)).toEqual([
      `uploads given up: 1, kept in table dead_letters of ${join(dataDir, 's3.db')}`,
      `changes not aggregated: 1 files, kept in ${join(dataDir, 'failures')}`,
    ]);
  });
});
