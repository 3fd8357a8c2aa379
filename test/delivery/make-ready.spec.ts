import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const SCRIPTS = fileURLToPath(new URL('../../scripts', import.meta.url));
const BUILD = ['run --silent build'];
const FIRST_START = expect.stringMatching(/^ci --workspaces=false --omit=peer /u);

/** Runs: a program that needs a peer. Changes: a tool of the workspace, which brings the peer. */
const LOCKED = {
  '': { dependencies: { program: '1.0.0' } },
  'node_modules/program': { version: '1.0.0', peerDependencies: { peer: '1.0.0' } },
  'node_modules/peer': { version: '1.0.0' },
  'node_modules/tool': { version: '1.0.0', dev: true },
};

/** Writes down what it was asked, and installs what it is to install, as the real one leaves it. */
const NPM = `#!${process.execPath}
import { appendFileSync, cpSync, mkdirSync } from 'node:fs';
const args = process.argv.slice(2);
appendFileSync('asked', args.join(' ') + '\\n');
if (args[0] === 'run') for (const path of ['redoc', 'apps/local/src/main.js']) mkdirSync('dist/' + path, { recursive: true });
else cpSync(args.includes('--workspaces=false') ? 'after-ci' : 'after-install', 'node_modules', { recursive: true });
`;

let root = '';

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sensorflow-ready-'));
  cpSync(SCRIPTS, join(root, 'scripts'), { recursive: true });
  for (const folder of ['apps', 'libs']) mkdirSync(join(root, folder));
  for (const name of ['package.json', 'nest-cli.json', 'tsconfig.json', 'tsconfig.build.json']) {
    write(name, '{ "type": "module" }');
  }
  lock(LOCKED);
  const { 'node_modules/tool': _, ...installedFirst } = LOCKED;
  writePackages('after-ci', installedFirst);
  writePackages('after-install', LOCKED);
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin/npm'), NPM, { mode: 0o755 });
  write('bin/package.json', '{ "type": "module" }');
});

afterEach(() => rmSync(root, { recursive: true }));

function write(name: string, text: string): void {
  mkdirSync(dirname(join(root, name)), { recursive: true });
  writeFileSync(join(root, name), text);
}

function lock(packages: object): void {
  write('package-lock.json', JSON.stringify({ packages }));
}

function writePackages(folder: string, packages: object): void {
  write(`${folder}/.package-lock.json`, JSON.stringify({ packages }));
  for (const path of Object.keys(packages).filter((one) => one.startsWith('node_modules/'))) {
    const inside = path.replace('node_modules', folder);
    write(`${inside}/index.js`, '');
    write(`${inside}/README.md`, '');
  }
}

/** What npm was asked for. */
function makeReady(...options: readonly string[]): readonly string[] {
  rmSync(join(root, 'asked'), { force: true });
  const { status, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts/make-ready.mjs'), ...options],
    { cwd: root, encoding: 'utf8', env: { PATH: join(root, 'bin') } },
  );
  expect([status, stderr]).toEqual([0, '']);
  if (!existsSync(join(root, 'asked'))) return [];
  return readFileSync(join(root, 'asked'), 'utf8').trimEnd().split('\n');
}

const has = (path: string): boolean => existsSync(join(root, 'node_modules', path));

describe('a first start', () => {
  it('installs what runs and builds it, and keeps no file that no program reads', () => {
    expect(makeReady()).toEqual([FIRST_START, ...BUILD]);
    expect([has('program/index.js'), has('program/README.md'), has('peer')]).toEqual([
      true,
      false,
      false,
    ]);
    expect(makeReady()).toEqual([]);
  });

  it('leaves the folder of a workspace alone, which npm lists among the packages', () => {
    writePackages('after-ci', { ...LOCKED, tools: { version: '1.0.0' } });
    write('tools/package.json', '{}');

    makeReady();

    expect(existsSync(join(root, 'tools/package.json'))).toBe(true);
  });

  it('is added to for the tools, and not begun anew under what runs on it', () => {
    makeReady();

    expect(makeReady('--tools')).toEqual([expect.stringMatching(/^install --no-save /u)]);
    expect([has('tool/index.js'), has('peer/index.js')]).toEqual([true, true]);
    expect(makeReady('--tools')).toEqual([]);
    expect(makeReady()).toEqual([]);
    expect(has('peer/README.md')).toBe(true);
  });
});

describe('after a new version was pulled', () => {
  beforeEach(() => {
    makeReady();
    write('apps/new.ts', '');
    lock({ ...LOCKED, 'node_modules/program': { version: '2.0.0' } });
  });

  it('is installed and built before a start', () => {
    expect(makeReady()).toEqual([FIRST_START, ...BUILD]);
  });

  it.each(['backup', 'restore', 'verify'])('nothing changes under a stack: %s', (name) => {
    const { scripts } = JSON.parse(readFileSync(join(SCRIPTS, '../package.json'), 'utf8'));
    const [, , ...options]: readonly string[] = scripts[`pre${name}`].split(' ');

    expect(makeReady(...options)).toEqual([]);
  });
});

describe('as it is', () => {
  it('still installs and builds where nothing was ever there', () => {
    expect(makeReady('--as-it-is')).toEqual([FIRST_START, ...BUILD]);
  });

  it.each(['redoc', 'apps'])('builds where a build was broken off before %s', (half) => {
    makeReady();
    rmSync(join(root, 'dist', half), { recursive: true });

    expect(makeReady('--as-it-is')).toEqual(BUILD);
  });
});
