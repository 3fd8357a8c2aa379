import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LocalStack } from '../support/local-stack.js';

const README = new URL('../../README.md', import.meta.url);
const ROOT = dirname(README.pathname);

/** The commands of each of the five steps as printed, but for the folder that this test's stack uses. */
function blocksOf(readme: string, dataDir: string): readonly string[] {
  const [, section = ''] = /## Five steps\n(.*?)\n## /s.exec(readme) ?? [];
  const blocks = section.matchAll(/```sh\n(.*?)```/gs);
  return Array.from(blocks, ([, block = '']) => block.replaceAll('.sensorflow/', `${dataDir}/`));
}

async function pasted(commands: string, timeout: number) {
  const path = `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`;
  return promisify(execFile)('bash', ['-c', commands], { cwd: ROOT, env: { PATH: path }, timeout });
}

describe('the five steps of the README', () => {
  let stack: LocalStack;
  let printed: string;

  afterAll(async () => {
    await stack.stopAndForget();
  });

  beforeAll(async () => {
    stack = await LocalStack.start();
    const commands = blocksOf(readFileSync(README, 'utf8'), stack.dataDir).join('\n');
    // A pasted command that fails must fail here, whatever comes after it.
    const strict = 'set -euo pipefail\ncurl() { command curl --fail-with-body "$@"; }\n';
    printed = (await pasted(strict + commands, 100_000)).stdout;
  });

  it('log in, and know who you are', () => {
    expect(printed).toContain('"username":"demo"');
    expect(printed).toContain('"kind":"user"');
  });

  it('store one reading', () => {
    expect(printed).toContain('201 Created');
    expect(printed).toContain('"timestamp":"2023-02-15T06:30:00.000Z","value":78.42');
  });

  it('import the recording', () => {
    expect(printed).toContain('"rows":{"total":22695,"accepted":22695,"rejected":0,');
  });

  it('end with the reason where the token is no good', async () => {
    const [login = '', , , upload = ''] = blocksOf(readFileSync(README, 'utf8'), stack.dataDir);
    const ended = await pasted(`${login}\nTOKEN=\n${upload}`, 20_000).catch((error) => error);

    expect(ended.killed ?? false).toBe(false);
    expect(ended.stderr).toContain('401');
    expect(ended.stderr).not.toContain('undefined');
  });

  it('read aggregates of the reading and of the machine', () => {
    const answers = printed
      .split(/(?=\{"interval":null)/)
      .filter((text) => text.startsWith('{"interval":null'));

    expect(answers).toHaveLength(2);
    expect(answers[0]).toContain('"intervalStart":1676440800');
    expect(answers[1]).toContain('"equipmentId":"EQ-MACHINE-TEMPERATURE"');
  });
});
