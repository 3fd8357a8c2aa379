import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const BUILT = fileURLToPath(new URL('../../dist/console/', import.meta.url));
const MOST_BYTES = 150 * 1024;

interface Chunk {
  readonly file: string;
  readonly isEntry?: boolean;
  readonly imports?: readonly string[];
}

const chunks: Readonly<Record<string, Chunk>> = JSON.parse(
  readFileSync(`${BUILT}manifest.json`, 'utf8'),
);

/** What a page that imports it loads, itself included. */
function loadedWith(name: string): readonly string[] {
  const { file = '', imports = [] } = chunks[name] ?? {};
  return [file, ...imports.flatMap(loadedWith)];
}

it('the first screen loads at most 150 KiB of gzipped scripts, without the chart', () => {
  const entry = Object.keys(chunks).find((name) => chunks[name]?.isEntry) ?? '';
  const files = [entry, 'src/overview/OverviewPage.tsx'].flatMap(loadedWith);

  const bytes = [...new Set(files)].map((file) => statSync(`${BUILT}${file}.gz`).size);

  expect(bytes.length).toBeGreaterThan(1);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(MOST_BYTES);
  expect(files.join()).not.toMatch(/chart|uplot/i);
});
