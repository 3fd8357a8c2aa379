import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blocksOf,
  isShell,
  pages,
  ROOT,
  routesOf,
  runsElsewhere,
  textOf,
  type CodeBlock,
} from '../support/documentation.js';

const PAGES = pages();
const BLOCKS = PAGES.flatMap(blocksOf);
const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(textOf('package.json')).scripts;

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensorflow-blocks-'));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The links of a page to other files of the repository, and to headings. */
function linksOf(page: string): readonly string[] {
  const prose = textOf(page).replaceAll(/^```.*?^```$/gms, '');
  const targets = Array.from(prose.matchAll(/\]\(([^)\s]+)\)/g), ([, target = '']) => target);
  return targets.filter((target) => !/^[a-z]+:/.test(target));
}

/** The anchor that GitHub makes of a heading. */
function anchorOf(heading: string): string {
  const words = heading.replaceAll('`', '').toLowerCase();
  return words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-');
}

function anchorsOf(page: string): readonly string[] {
  return Array.from(textOf(page).matchAll(/^#+ (.*)$/gm), ([, heading = '']) => anchorOf(heading));
}

function leadsNowhere(page: string, link: string): boolean {
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : join(dirname(page), path);
  if (!existsSync(join(ROOT, target))) return true;
  return anchor !== undefined && !anchorsOf(target).includes(anchor);
}

describe('the links of a page', () => {
  it.each(PAGES)('of %s lead to files and headings that are there', (page) => {
    expect(linksOf(page).filter((link) => leadsNowhere(page, link))).toEqual([]);
  });

  it('are some', () => {
    expect(PAGES.flatMap(linksOf).length).toBeGreaterThan(50);
  });
});

describe('the README', () => {
  it('has at most 150 lines', () => {
    expect(textOf('README.md').trimEnd().split('\n').length).toBeLessThanOrEqual(150);
  });

  it('leads to every page of docs', () => {
    const missing = PAGES.filter((page) => /^docs\/[^/]+\.md$/.test(page)).filter(
      (page) => !linksOf('README.md').includes(page),
    );

    expect(missing).toEqual([]);
  });
});

describe('the page for users of the earlier systems', () => {
  const rows = textOf('docs/earlier-systems.md')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !/^\| (?:promised|-)/.test(line));

  it('names a test for every promise that is kept, and says why others are not', () => {
    const unproven = rows.filter(
      (row) => !/\]\(\.\.\/\S+\.spec\.ts\) \|$|\| –\s+\|$/.test(row.replaceAll(/\s+\|/g, ' |')),
    );

    expect(rows.length).toBeGreaterThan(60);
    expect(unproven).toEqual([]);
  });
});

describe('a decision', () => {
  it.each(PAGES.filter((page) => page.startsWith('docs/decisions/')))(
    'says its status: %s',
    (page) => {
      expect(textOf(page)).toMatch(/^\*\*Status\.\*\* \w/m);
    },
  );
});

/** The cells of a column in the first table of a page that has such a column. */
function column(page: string, heading: string): readonly string[] {
  const tables = textOf(page).match(/(?:^\|.*\n)+/gm) ?? [];
  const [head = '', , ...rows] = (
    tables.find((table) => table.includes(` ${heading} `)) ?? ''
  ).split('\n');
  const cellsOf = (row: string) => row.split(/(?<!\\)\|/).map((cell) => cell.trim());
  const index = cellsOf(head).indexOf(heading);
  return rows.filter((row) => row !== '').map((row) => cellsOf(row)[index] ?? '');
}

const numberIn = (cell: string) => /[\d.]+/.exec(cell)?.[0];

describe('the figures', () => {
  it('of the page on performance are those of the latest benchmark run', () => {
    const printed = column('bench/results/latest.md', 'median').map(numberIn);

    expect(printed.length).toBeGreaterThan(8);
    expect(column('docs/performance.md', 'median').map(numberIn)).toEqual(printed);
  });

  it('of the README are those of the pages that it leads to', () => {
    const [reading] = column('docs/performance.md', 'median');
    const million = column('docs/cost.md', '1 M');

    expect(textOf('README.md')).toContain(`takes ${numberIn(reading ?? '')} × the CPU of a bare`);
    expect(textOf('README.md')).toContain(
      `cost $${million[0]}, or $${million.at(-1)} in the small`,
    );
  });
});

/** What a program says of a block's code when it only reads it; nothing where it has nothing to say. */
function checked({ code }: CodeBlock, name: string, command: readonly string[]): string {
  const file = join(folder, name);
  writeFileSync(file, code);
  const [program = '', ...args] = command;
  const { status, stderr } = spawnSync(program, [...args, file], { encoding: 'utf8' });
  return status === 0 ? '' : stderr;
}

function faultsOf(block: CodeBlock): string {
  switch (block.language) {
    case 'sh':
    case 'console':
      return checked(block, 'block.sh', ['bash', '-n']);
    case 'js':
      return checked(block, 'block.mjs', [process.execPath, '--check']);
    case 'python':
      return HAS_PYTHON ? checked(block, 'block.py', ['python3', '-m', 'py_compile']) : '';
    case 'json':
      return checked(block, 'block.json', [
        process.execPath,
        '--eval',
        'JSON.parse(fs.readFileSync(process.argv[1], "utf8"))',
      ]);
    case 'cpp':
    case 'diff':
    case 'http':
    case 'ini':
    case 'mermaid':
    case 'text':
    case 'ts':
      return '';
    default:
      return `a block of a kind that nothing checks: ${block.language}`;
  }
}

const HAS_PYTHON = spawnSync('python3', ['--version']).status === 0;

describe('a program for a device', () => {
  const programs = BLOCKS.filter(({ language, note }) => note === 'needs hardware' && !!language);

  it.each(programs)('sends to a route of the README, with a key: $page:$line', ({ code }) => {
    const paths = Array.from(
      code.matchAll(/"https:\/\/[^/"]+([^?"]*)/g),
      ([, path]) => `POST ${path}`,
    );

    expect(paths).toHaveLength(1);
    expect(routesOf('README.md')).toEqual(expect.arrayContaining(paths));
    expect(code).toMatch(/"X-API-Key"/);
    expect(code).toMatch(/"Content-Type"\W+application\/json"/);
  });

  it('in C sends a reading', () => {
    const [format = ''] = programs.flatMap(
      ({ code }) => code.match(/"\{\\"equipmentId.*\}"/) ?? [],
    );
    const text = format
      .slice(1, -1)
      .replaceAll('\\"', '"')
      .replaceAll(/%[.\d]*(?:lld|f)/g, '1');

    expect(JSON.parse(text)).toEqual({
      equipmentId: 'ESP32-1',
      timestamp: 1,
      values: { voltage: 1 },
    });
  });
});

describe('the code of a page', () => {
  it.each(BLOCKS)(
    'can be read: $page:$line',
    (block) => {
      expect(faultsOf(block)).toBe('');
    },
    30_000,
  );

  it('names npm scripts that exist', () => {
    const named = BLOCKS.filter(isShell).flatMap(({ code }) =>
      Array.from(code.matchAll(/\bnpm run (?:--silent )?([\w:]+)/g), ([, name = '']) => name),
    );

    expect(named.length).toBeGreaterThan(7);
    expect(named.filter((name) => !(name in SCRIPTS))).toEqual([]);
  });

  it('is run by the tests that it names, where the page itself is not pasted', () => {
    const tests = BLOCKS.flatMap(({ note = '' }) => /^run by (\S+)$/.exec(note)?.[1] ?? []);

    expect(tests.length).toBeGreaterThan(0);
    expect(tests.filter((test) => !existsSync(join(ROOT, test)))).toEqual([]);
  });

  it('is pasted into a running stack, or says why it cannot be, on the README and in docs', () => {
    const unmarked = BLOCKS.filter(({ page }) => /^(README|docs\/)/.test(page))
      .filter(isShell)
      .filter((block) => !runsElsewhere(block))
      .filter(
        ({ language, note }) => language === 'console' || /^needs (?!Python)/.test(note ?? ''),
      )
      .map(({ page, line }) => `${page}:${line}`);

    expect(unmarked).toEqual([]);
  });
});
