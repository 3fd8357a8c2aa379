import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../bench/free-port.ts';
import { eventually } from '../support/api-client.js';
import { blocksOf, isShell, ROOT } from '../support/documentation.js';
import { listeningAddresses } from '../support/listening-ports.js';
import { processTree } from '../../bench/process-tree.ts';
import { kill, survivorsOf } from '../support/local-stack.js';
import { pasted, STRICT } from '../support/pasted-commands.js';

const PAGE = blocksOf('docs/your-first-change.md');
const [START = '', LOOK = '', TEST = '', LOOK_AGAIN = ''] = PAGE.filter(
  (block) => isShell(block) && block.note?.startsWith('run by '),
).map(({ code }) => code);
const LOG_IN = blocksOf('README.md')
  .filter(({ language }) => language === 'sh')
  .slice(0, 3)
  .map(({ code }) => code)
  .join('\n');
const COPIED = ['apps', 'libs', 'scripts', 'dist', 'vitest.config.ts', 'nest-cli.json'].concat([
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
]);
/** Compiling everything takes its time on a busy machine. */
const PATIENCE_MS = 180_000;

let copy: string;
let inspectPort: number;
let dev: ChildProcess;
let processes: readonly number[] = [];
let printed = '';

beforeAll(async () => {
  copy = mkdtempSync(join(tmpdir(), 'sensorflow-changed-'));
  for (const name of COPIED) cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  inspectPort = await freePort();
  dev = spawn('bash', ['-c', `exec ${START.trim()} -- --inspect ${inspectPort}`], {
    cwd: copy,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: String(await freePort()) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group, as a terminal makes one.
    detached: true,
  });
  for (const stream of [dev.stdout, dev.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
  }
  await saidSince(0, 'SensorFlow is ready at');
}, PATIENCE_MS);

afterAll(() => {
  for (const pid of [...processes, ...processTree(dev.pid ?? 0)]) kill(pid);
  rmSync(copy, { recursive: true, force: true });
});

/** Waits until `npm run dev` has printed that, behind what it had printed then. */
async function saidSince(printedBefore: number, text: string): Promise<void> {
  await eventually(
    async () => printed.slice(printedBefore),
    (news) => news.includes(text) || dev.exitCode !== null,
    PATIENCE_MS,
  );
  expect(printed.slice(printedBefore)).toContain(text);
}

function edit(file: string, change: (text: string) => string): void {
  const before = readFileSync(join(copy, file), 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  writeFileSync(join(copy, file), after);
}

/** Changes a file as a page shows it: each hunk's lines stand in the file exactly once. */
function apply(diff: string): void {
  const [head = '', ...hunks] = diff.split(/^@@$\n?/m);
  const [, file = ''] = /^\+\+\+ b\/(.*)$/m.exec(head) ?? [];
  for (const hunk of hunks) {
    const lines = hunk.trimEnd().split('\n');
    const without = (mark: string) =>
      lines.filter((line) => !line.startsWith(mark)).map((line) => line.slice(1));
    const [before, after] = [without('+').join('\n'), without('-').join('\n')];
    edit(file, (text) => {
      expect(text.split(before)).toHaveLength(2);
      return text.replace(before, () => after);
    });
  }
}

async function baseUrl(): Promise<string> {
  return JSON.parse(readFileSync(join(copy, '.sensorflow/local.json'), 'utf8')).baseUrl;
}

/** The console's entry script, as the page names it now. */
async function script(): Promise<string> {
  const page = await (await fetch(`${await baseUrl()}/console/`)).text();
  const [, path = ''] = /src="([^"]+\.js)"/.exec(page) ?? [];
  return (await fetch(`${await baseUrl()}${path}`)).text();
}

describe('the page about a first change, word for word', () => {
  it('shows the answer as it is', async () => {
    const { stdout } = await pasted(`${STRICT}${LOG_IN}\n${LOOK}`, copy, PATIENCE_MS);

    expect(stdout).toContain('"equipmentId":"EQ-12495","metrics":["value"]');
    expect(stdout).not.toContain('spanSeconds');
  });

  it('has a test that fails before the change', async () => {
    for (const { note = '', code } of PAGE) {
      const [, file] = /^file: (\S+)$/.exec(note) ?? [];
      if (file) writeFileSync(join(copy, file), code);
    }

    const failed = await pasted(TEST, copy, PATIENCE_MS).catch((error) => error);

    expect(failed.stdout).toContain('1 failed');
    expect(failed.stdout + failed.stderr).toContain('spanSeconds');
  });

  it('has a change that this test and the restarted API show', async () => {
    const before = printed.length;
    for (const { language, code } of PAGE) if (language === 'diff') apply(code);

    const { stdout } = await pasted(TEST, copy, PATIENCE_MS);
    await saidSince(before, 'SensorFlow is ready at');
    const answer = await pasted(`${STRICT}${LOG_IN}\n${LOOK_AGAIN}`, copy, PATIENCE_MS);

    expect(stdout).toContain('1 passed');
    expect(answer.stdout).toContain('"spanSeconds":0');
  });
});

describe('npm run dev', () => {
  it('opens inspectors on loopback alone', async () => {
    const version = await fetch(`http://127.0.0.1:${inspectPort}/json/version`);
    const addresses = listeningAddresses(processTree(dev.pid ?? 0));

    expect(await version.json()).toHaveProperty('Protocol-Version');
    expect(addresses).toContain(`127.0.0.1:${inspectPort}`);
    expect(addresses.filter((address) => !address.startsWith('127.0.0.1:'))).toEqual([]);
  });

  it('serves the console as it was saved, without a restart', async () => {
    const before = printed.length;
    edit('apps/console/src/language/en.ts', (text) =>
      text.replace("'nav.overview': 'Overview'", "'nav.overview': 'Everything at a glance'"),
    );

    await eventually(
      async () => (await script()).includes('Everything at a glance'),
      (isServed) => isServed,
      PATIENCE_MS,
    );

    expect(printed.slice(before)).not.toContain('SensorFlow is ready at');
  });

  it('says what does not compile, and goes on as it was', async () => {
    const before = printed.length;
    edit(
      'libs/health/src/readiness.ts',
      (text) => `${text}\nexport const wrong: number = 'text';\n`,
    );

    await saidSince(before, 'Found 1 error');

    expect(printed.slice(before)).toContain('readiness.ts');
    expect((await fetch(`${await baseUrl()}/health/ready`)).status).toBe(200);
  });

  it('ends with everything that it started on Ctrl-C', async () => {
    processes = processTree(dev.pid ?? 0);
    expect(processes.length).toBeGreaterThan(6);

    process.kill(-(dev.pid ?? 0), 'SIGINT');
    await once(dev, 'exit');

    expect(dev.exitCode).toBe(0);
    expect(await survivorsOf(processes)).toEqual([]);
  });
});
