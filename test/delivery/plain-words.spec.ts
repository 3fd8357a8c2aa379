import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/documentation.js';

/** Words that make a reader stop, and what to write instead. Comments and names of tests do without them. */
const RIDDLES: Readonly<Record<string, string>> = {
  'by far': 'much, or a number',
  'for good': 'permanently',
  'gets on': 'makes progress',
  hears: 'is told, receives',
  'in vain': 'without success',
  'last word': 'decides',
  lies: 'is',
  nobody: 'no caller, no process, unknown',
  'of whom': 'whose',
  whoever: 'a caller that',
};
/** Folders and files that still have some. */
const NOT_YET = [
  'apps/console/',
  'apps/local/',
  'infra/lib/identity-stack.ts',
  'libs/aggregation/src/hours/',
  'libs/auth/',
  'libs/csv-import/',
  'libs/equipment/src/fleet-states/',
  'libs/live/',
  'libs/platform/src/http/web-sockets.ts',
  'libs/platform/src/terminal/command.ts',
  'libs/sensor-data/src/group-commit/unit-queue.ts',
  'libs/sensor-data/src/http/quick-recording.ts',
  'test/browser/',
  'test/support/in-process-api.ts',
];

const RIDDLE = new RegExp(`\\b(?:${Object.keys(RIDDLES).join('|')})\\b`, 'i');
const COMMENT = /^\s*(?:\/\*\*|\*|\/\/).*$/gm;
const TEST_NAME = /^\s*(?:it|describe)[.(][^\n]*$/gm;

const files = globSync('{apps,bench,infra,libs,locust,scripts,test}/**/*.{ts,tsx,mjs}', {
  cwd: ROOT,
  exclude: (path) => /node_modules|cdk\.out|generated-client/.test(path),
}).filter(
  (file) => ![...NOT_YET, 'test/delivery/plain-words.spec.ts'].some((one) => file.startsWith(one)),
);

function riddlesIn(file: string): readonly string[] {
  const text = readFileSync(join(ROOT, file), 'utf8');
  const names = file.endsWith('.spec.ts') ? (text.match(TEST_NAME) ?? []) : [];
  return [...(text.match(COMMENT) ?? []), ...names]
    .filter((line) => RIDDLE.test(line))
    .map((line) => `${file}: ${line.trim()}`);
}

describe('comments and names of tests', () => {
  it('use plain words', () => {
    expect(files.length).toBeGreaterThan(600);
    expect(files.flatMap(riddlesIn)).toEqual([]);
  });

  it.each(Object.keys(RIDDLES))('are searched for “%s”', (word) => {
    expect(RIDDLE.test(`/** What ${word} says. */`)).toBe(true);
  });
});
