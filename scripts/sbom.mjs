// Prints the bill of materials of what is deployed (CycloneDX): the packages of production and no others.
// `npm sbom --omit dev` also leaves out what production shares with development, such as Nest itself (npm 11.19),
// so npm gets a manifest and a lockfile to read that never had development dependencies.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { refuseUnknown } from './arguments.mjs';

refuseUnknown(`Usage: npm run --silent sbom

Prints the bill of materials of what is deployed: CycloneDX, as JSON.`);

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const MOST_BYTES = 64 * 1024 * 1024;
const NOT_DEPLOYED = { devDependencies: {}, optionalDependencies: {}, workspaces: [] };
const manifest = { ...read('package.json'), ...NOT_DEPLOYED };
const lock = read('package-lock.json');

const temporary = mkdtempSync(join(tmpdir(), 'sbom-'));
// npm calls the whole by its folder's name.
const folder = join(temporary, manifest.name);
try {
  mkdirSync(folder);
  write('package.json', manifest);
  write('package-lock.json', { ...lock, packages: productionOf(lock.packages) });
  const sbom = ['sbom', '--package-lock-only', '--sbom-format', 'cyclonedx'];
  const { status, stdout } = spawnSync('npm', sbom, {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: MOST_BYTES,
  });
  process.stdout.write(stdout);
  process.exitCode = status ?? 1;
} finally {
  rmSync(temporary, { recursive: true });
}

function productionOf({ '': root, ...packages }) {
  const deployed = Object.entries(packages).filter(
    ([path, { dev, optional, devOptional, link }]) =>
      path.includes('node_modules/') && !link && !dev && !optional && !devOptional,
  );
  return { '': { ...root, ...NOT_DEPLOYED }, ...Object.fromEntries(deployed) };
}

function read(name) {
  return JSON.parse(readFileSync(join(ROOT, name), 'utf8'));
}

function write(name, document) {
  writeFileSync(join(folder, name), JSON.stringify(document));
}
