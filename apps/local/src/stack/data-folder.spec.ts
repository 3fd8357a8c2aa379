import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DataFolder } from './data-folder.js';

let path: string;

beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'sensorflow-folder-'));
});
afterEach(() => rmSync(path, { recursive: true }));

describe('the data folder', () => {
  it('closes to others what an earlier version left open', () => {
    const database = join(path, 'dynamodb.db');
    for (const name of ['installation.json', 'dynamodb.db']) writeFileSync(join(path, name), '');
    chmodSync(database, 0o644);

    DataFolder.open(path, false).close();

    expect(statSync(database).mode & 0o777).toBe(0o600);
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });
});
