import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const SOURCES = join(ROOT, 'apps/console/src');
/** They ask for no more than that their text comes along. */
const ALLOWED = ['MIT', 'OFL-1.1', 'Unlicense', 'ISC', 'BSD-2-Clause', 'BSD-3-Clause', '0BSD'];

/** What the sources of the console import from others. */
function importedPackages(): readonly string[] {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /(?<!\.spec)\.tsx?$/.test(name),
  );
  const names = files.flatMap((file) =>
    [...readFileSync(join(SOURCES, file), 'utf8').matchAll(/(?:from|import) '([a-z@][^']*)'/g)].map(
      ([, path = '']) => path.split('/', path.startsWith('@') ? 2 : 1).join('/'),
    ),
  );
  return [...new Set(names)];
}

function installedVersion(name: string): string {
  const manifest = readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8');
  return JSON.parse(manifest).version;
}

it('the licenses of everything that the console ships are served with it, and allow it', async () => {
  const answer = await fetch(`${inject('stack').baseUrl}/console/licenses.md`);
  const text = await answer.text();
  const entries = text
    .split(/^## /m)
    .slice(1)
    .map((entry) => {
      const [, name = '', version = '', license = '', words = ''] =
        /^(\S+) - (\S+) \((.+)\)\n?([^]*)$/.exec(entry) ?? [];
      return { name, version, license, words };
    });

  const imported = importedPackages();

  expect(answer.headers.get('content-type')).toBe('text/plain; charset=utf-8');
  expect(imported.length).toBeGreaterThan(5);
  expect(entries.map(({ name }) => name)).toEqual(expect.arrayContaining([...imported]));
  for (const { name, version, license, words } of entries) {
    expect(version, name).toBe(installedVersion(name));
    expect(ALLOWED, name).toContain(license);
    // The Unlicense demands no copy of itself, and wouter brings none.
    expect(license === 'Unlicense' || words.trim().length > 200, name).toBe(true);
  }
});
