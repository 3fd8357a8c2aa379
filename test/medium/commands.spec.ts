import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
).scripts;

/** Several scripts run the same, such as those before others. */
const COMMANDS = [
  ...new Map(Object.entries(SCRIPTS).map(([name, script]) => [script, name])).entries(),
].map(([script, name]) => ({ name, script }));

interface End {
  readonly exitCode: number | null;
  readonly printed: string;
  readonly complained: string;
}

/** As npm runs it, without what npm runs before it. */
async function run(script: string, name = 'test'): Promise<End> {
  const env = {
    ...process.env,
    PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`,
    npm_lifecycle_event: name,
    SENSORFLOW_ENV_FILE: 'none',
  };
  const child = spawn('bash', ['-c', script], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [printed, complained] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text));
  return new Promise((resolve) => {
    child.once('close', (exitCode) => resolve({ exitCode, printed, complained }));
  });
}

/** Its reader has gone before it writes; answers the exit code of the first, not of the reader. */
const intoClosedPipe = (script: string) => `${script} | true; exit \${PIPESTATUS[0]}`;
const forOneLine = (script: string) => `${script} | head -1; exit \${PIPESTATUS[0]}`;

describe.concurrent.each(COMMANDS)('npm run $name', ({ name, script }) => {
  it('answers --help with how it is typed', async () => {
    const { exitCode, printed, complained } = await run(`${script} --help`, name);

    expect([exitCode, complained]).toEqual([0, '']);
    expect(printed).toMatch(/^Usage: (npm|node) [^\n]+\n\n\S/);
  });

  it('names what it does not know in one line', async () => {
    const { exitCode, printed, complained } = await run(`${script} --no-such-option`, name);

    expect([exitCode, printed]).toEqual([2, '']);
    expect(complained).toMatch(/^Unknown argument --no-such-option\. Usage: [^\n]+\n$/);
  });

  it('is quiet when its output is closed', async () => {
    const { exitCode, complained } = await run(intoClosedPipe(`${script} --help`), name);

    expect([0, 141]).toContain(exitCode);
    expect(complained).toBe('');
  });
});

describe('a command that is read for one line', () => {
  it.each(['cost', 'sbom'])('ends without a word: %s', async (name) => {
    const { exitCode, printed, complained } = await run(forOneLine(SCRIPTS[name] ?? ''), name);

    expect([0, 141]).toContain(exitCode);
    expect(complained).toBe('');
    expect(printed.split('\n')).toHaveLength(2);
  });

  it('ends the tool that it runs', async () => {
    const endless = `node scripts/run-tools.mjs 'yes line' --`;

    const { exitCode, printed, complained } = await run(forOneLine(endless));

    expect([exitCode, printed, complained]).toEqual([141, 'line\n', '']);
  });
});

describe('the tiers of tests', () => {
  it.each([
    ['', 'run --project unit --project contract --project medium --project e2e\n'],
    ['--project unit --bail 1 libs/auth', 'run --project unit --bail 1 libs/auth\n'],
  ])('are those of the script unless some are named: npm test -- %s', async (args, passedOn) => {
    const folder = mkdtempSync(join(tmpdir(), 'sensorflow-commands-'));
    writeFileSync(join(folder, 'vitest'), '#!/bin/sh\necho "$@"\n', { mode: 0o755 });
    const path = `PATH=${folder}:${dirname(process.execPath)}:/bin`;

    const { exitCode, printed, complained } = await run(`${path}; ${SCRIPTS['test']} ${args}`);

    rmSync(folder, { recursive: true });
    expect([exitCode, printed, complained]).toEqual([0, passedOn, '']);
  });
});

describe('tools of developers', () => {
  it.each(['format:check', 'lint', 'types', 'boundaries'])('come before npm run %s', (name) => {
    expect(SCRIPTS[`pre${name}`]).toBe('node scripts/make-ready.mjs --tools --any-build');
  });

  it('are named in one line where they are missing', async () => {
    expect(await run(`node scripts/run-tools.mjs 'no-such-tool --all' --`)).toEqual({
      exitCode: 1,
      printed: '',
      complained: 'no-such-tool is not installed: node scripts/make-ready.mjs --tools\n',
    });
  });
});

describe('npm run start:prod', () => {
  it('takes its variables from the environment alone', () => {
    expect(SCRIPTS['start:prod']).toMatch(/^SENSORFLOW_ENV_FILE=none exec node /u);
  });
});

describe('arguments that only the command itself can judge', () => {
  it.each([
    ['bench', '--only disk', '--only knows csv, csv-dialects and http. Usage: npm run bench'],
    ['check', 'test:moon', 'Unknown argument test:moon. Usage: npm run check'],
    ['locust', '--users many', '--users is a whole number from 1 on. Usage: npm run locust'],
    ['test', '--bail many', '--bail is a whole number. Usage: npm test'],
    ['test', '--reporter nosuch', '--reporter nosuch is no file and none of default, '],
    ['test:e2e', '--project nosuch', '--project nosuch is none of unit, contract, '],
    ['backup', '', 'An argument is missing. Usage: npm run backup'],
    ['cdk', '', 'An argument is missing. Usage: npm run cdk'],
    [
      'verify',
      '--from yesterday',
      '--from and --to must be instants, with --from before --to. Usage: ',
    ],
  ])('are refused in one line: npm run %s -- %s', async (name, args, words) => {
    const { exitCode, printed, complained } = await run(`${SCRIPTS[name]} ${args}`, name);

    expect([exitCode, printed]).toEqual([2, '']);
    expect(complained.startsWith(words)).toBe(true);
    expect(complained.trimEnd().split('\n')).toHaveLength(1);
  });
});
