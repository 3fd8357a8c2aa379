import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ROOT } from '../support/documentation.js';

const FAULTS: readonly (readonly [what: string, sentence: string, finding: string])[] = [
  ['a word of the glossary', 'The rollup is exact.', 'say “aggregate”'],
  ['a word said twice', 'The the answer is exact.', 'repeated `the`'],
  ['a filler', 'The answer is basically exact.', '`basically`'],
  ['a long word', 'Utilize the key.', '`Utilize`, use `use` instead'],
  ['a wrong article', 'It is a answer.', 'expected `an`'],
  ['a long sentence', `The answer is exact${' and exact'.repeat(20)}.`, '44 words in one sentence'],
];
const NO_PROSE =
  '`rollup`\n\n```sh\nrollup\n```\n\n> A rollup.\n\n| a      |\n| ------ |\n| rollup |\n';

let folder: string;
let printed: string;
let status: number | null;

/** One run for all, because starting a process takes its time. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensorflow-prose-'));
  const texts = [...FAULTS.map(([, sentence]) => `${sentence}\n`), NO_PROSE];
  const files = texts.map((text, index) => {
    const file = join(folder, `${index}.md`);
    writeFileSync(file, text);
    return file;
  });
  const command = ['scripts/prose.mjs', ...files];
  const run = spawnSync(process.execPath, command, { cwd: ROOT, encoding: 'utf8' });
  printed = run.stdout;
  status = run.status;
}, 60_000);

afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the check of the prose', () => {
  it.each(FAULTS)('finds %s', (_what, sentence, finding) => {
    const file = FAULTS.findIndex(([, other]) => other === sentence);
    const [, findings = ''] = printed.split(`${folder}/${file}.md\n`);

    expect(findings.split('\n\n')[0]).toContain(finding);
  });

  it('fails then', () => {
    expect(status).toBe(1);
  });

  it('leaves code, tables and quotations alone', () => {
    expect(printed).not.toContain(`${folder}/${FAULTS.length}.md`);
  });
});
