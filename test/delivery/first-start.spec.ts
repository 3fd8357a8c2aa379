import { lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Written for any Node, and so without types. */
const { neededByFirstStart, readLockedPackages } = await script<{
  readonly readLockedPackages: (file: string) => object;
  readonly neededByFirstStart: (packages: object) => ReadonlySet<string>;
}>('locked-packages.mjs');
const { isRead } = await script<{ readonly isRead: (path: string) => boolean }>(
  'slim-packages.mjs',
);
/** `npm run bench:weight` measures a real first start, which is to stay below 350 MB. */
const MOST_MB = 330;

async function script<Module>(name: string): Promise<Module> {
  const module: Module = await import(new URL(`../../scripts/${name}`, import.meta.url).href);
  return module;
}

/** Disk that a package takes, without those inside it and without what a first start removes. */
function diskBytesOf(path: string): number {
  const stats = lstatSync(join(ROOT, path), { throwIfNoEntry: false });
  if (stats === undefined) return 0;
  const inside = stats.isDirectory() ? readdirSync(join(ROOT, path)) : [];
  return inside
    .filter((name) => name !== 'node_modules' && isRead(`${path}/${name}`))
    .reduce((sum, name) => sum + diskBytesOf(`${path}/${name}`), stats.blocks * 512);
}

describe('the packages of a first start', () => {
  const locked = readLockedPackages(join(ROOT, 'package-lock.json'));
  const needed = [...neededByFirstStart(locked)];

  it('are what runs and what builds it, and no tools', () => {
    expect(needed).toContain('node_modules/fastify');
    expect(needed).toContain('node_modules/typescript');
    expect(needed).not.toContain('node_modules/vitest');
    expect(needed).not.toContain('node_modules/oxlint');
  });

  it(`take less than ${MOST_MB} MB of disk`, () => {
    const bytes = needed.reduce((sum, path) => sum + diskBytesOf(path), 0);

    expect(bytes / 2 ** 20).toBeGreaterThan(200);
    expect(bytes / 2 ** 20).toBeLessThan(MOST_MB);
  });
});
