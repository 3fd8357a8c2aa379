import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import {
  blocksOf,
  isShell,
  pages,
  ROOT,
  routesOf,
  runsElsewhere,
  type CodeBlock,
} from '../support/documentation.js';
import { LocalStack } from '../support/local-stack.js';
import { pasted, STRICT } from '../support/pasted-commands.js';

/** What each page with commands prints when they are pasted one after the other. */
const PRINTED: Readonly<Record<string, readonly string[]>> = {
  'docs/aggregates.md': ['"sampleCount":1', ' 0 differences'],
  'docs/api-keys-and-people.md': ['"kind":"key"', 'Password set.'],
  'docs/csv-files.md': ['"timestampFormats":', '"faults":[]'],
  'docs/embedded-stack.md': [' MiB'],
  'docs/live.md': ['event: heartbeat'],
  'docs/operate.md': ['"status":"ok"'],
  'docs/read-readings.md': ['"nextCursor":null', '"removed":false'],
  'docs/send-readings.md': ['"stored":2', 'all stored'],
};

/** Milliseconds: for a machine that has more to do. */
const PATIENCE = 240_000;

const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0;

let stack: LocalStack;
let folder: string;

beforeAll(async () => {
  stack = await LocalStack.start({ variables: { VERIFY_SECOND_LOOK_MS: '12000' } });
  folder = folderOf(stack);
});

afterAll(async () => {
  await stack.stopAndForget();
  rmSync(folder, { recursive: true, force: true });
});

/** This folder with the data folder of that stack in it, where commands can be pasted word for word. */
function folderOf({ dataDir }: LocalStack): string {
  const copy = mkdtempSync(join(tmpdir(), 'sensorflow-pasted-'));
  for (const name of readdirSync(ROOT).filter((entry) => entry !== '.sensorflow')) {
    symlinkSync(join(ROOT, name), join(copy, name));
  }
  symlinkSync(dataDir, join(copy, '.sensorflow'));
  return copy;
}

/** The commands of a page that run here, in their order; what it says to save is saved. */
function commandsOf(page: string): readonly string[] {
  const blocks = blocksOf(page);
  for (const { code, note = '' } of blocks) {
    const [, name] = /^file: (\S+)$/.exec(note) ?? [];
    if (name) writeFileSync(join(folder, name), code);
  }
  return blocks.filter(runsHere).map(commandOf);
}

function runsHere(block: CodeBlock): boolean {
  return isShell(block) && !runsElsewhere(block);
}

function commandOf({ code, note, page, line }: CodeBlock): string {
  switch (note) {
    case undefined:
      return code;
    case 'until Ctrl-C':
      return `SECONDS_TO_WATCH=16\n${code}\nSECONDS_TO_WATCH=`;
    case 'needs Python':
      return HAS_PYTHON ? code : '';
    default:
      throw new Error(`${page}:${line} is neither run nor marked: ${note}`);
  }
}

describe('the five steps of the README', () => {
  let printed: string;

  beforeAll(async () => {
    printed = (await pasted(STRICT + commandsOf('README.md').join('\n'), folder, PATIENCE)).stdout;
  }, 2 * PATIENCE);

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
    const [login = '', , , upload = ''] = commandsOf('README.md');
    const ended = await pasted(`${login}\nTOKEN=\n${upload}`, folder, 20_000).catch(
      (error) => error,
    );

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

  it('come before the commands of every page that has some', () => {
    const others = pages().filter((page) => page.startsWith('docs/'));
    const withCommands = others.filter((page) => blocksOf(page).some(runsHere));

    expect(Object.keys(PRINTED)).toEqual(withCommands);
  });

  describe.each(Object.entries(PRINTED))('%s', (page, expected) => {
    it(
      'has commands that do what it says when they are pasted after them',
      async () => {
        const commands = commandsOf(page);
        const [login = '', token = '', reading = ''] = commandsOf('README.md');
        const before = `${STRICT}{ ${login}${token}${reading}} > /dev/null\n`;

        const { stdout } = await pasted(before + commands.join('\n'), folder, PATIENCE);

        for (const text of expected) expect(stdout).toContain(text);
      },
      2 * PATIENCE,
    );
  });
});

describe('the tables of routes', () => {
  it('name every route of the OpenAPI document once, and no other', async () => {
    const answer = await fetch(`${inject('stack').baseUrl}/openapi.json`);
    const { paths }: { paths: Readonly<Record<string, object>> } = JSON.parse(await answer.text());
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );

    const named = [...routesOf('README.md'), ...routesOf('docs/earlier-service.md')];
    expect(named.toSorted()).toEqual(documented.toSorted());
    const others = pages()
      .flatMap(routesOf)
      .filter((route) => !documented.includes(route));
    expect(others).toEqual([]);
  });
});
