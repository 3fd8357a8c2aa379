import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { beginSwap, finishSwap } from './swap.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensorflow-swap-'));
  write('', { 'a.db': 'old a', 'gone.json': 'old', 'lock.db': '' });
  write('restoring', { 'a.db': 'new a', 'b.db': 'new b' });
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(place: string, files: Readonly<Record<string, string>>): void {
  mkdirSync(join(folder, place), { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, place, name), text);
}

function move(from: string, to: string): void {
  renameSync(join(folder, from), join(folder, to));
}

function textOf(place: string, name: string): string {
  return readFileSync(join(folder, place, name), 'utf8');
}

describe('the swap of a data folder', () => {
  it('does nothing before it has begun', () => {
    expect(finishSwap(folder)).toBeUndefined();

    expect(textOf('', 'a.db')).toBe('old a');
  });

  it.each([
    ['at once', () => undefined],
    ['with some of the earlier data out', () => move('a.db', 'replacing/a.db')],
    [
      'with some of the restored data in',
      () => {
        move('a.db', 'replacing/a.db');
        move('gone.json', 'replacing/gone.json');
        move('restoring', 'restored');
        move('restored/a.db', 'a.db');
      },
    ],
  ])('ends with all of the backup in place and all that was there aside: %s', (_, brokenOff) => {
    beginSwap(folder);
    brokenOff();

    const aside = finishSwap(folder) ?? '';

    expect(readdirSync(folder).filter((name) => !aside.endsWith(name))).toEqual([
      'a.db',
      'b.db',
      'lock.db',
    ]);
    expect(textOf('', 'a.db')).toBe('new a');
    expect(readdirSync(aside)).toEqual(['a.db', 'gone.json']);
    expect(finishSwap(folder)).toBeUndefined();
  });
});
