import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { patternsIn, patternsInFile, sourcesIn, type SourcePattern } from './source-patterns.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

// By its JavaScript alone, whatever else of it is installed: one verdict everywhere.
process.env['RECHECK_SYNC_BACKEND'] = 'pure';
const { checkSync } = await import('recheck');

/** Why a pattern must not stay; undefined when it may. */
function faultOf({ source, flags, excuse }: SourcePattern): string | undefined {
  if (excuse !== undefined) return undefined;
  if (source === undefined) return 'computed, so that nobody can check it';
  const verdict = checkSync(source, flags, { timeout: 20_000 });
  if (verdict.status === 'safe') return undefined;
  return verdict.status === 'vulnerable' ? verdict.complexity.summary : verdict.error.kind;
}

function faultsIn(patterns: readonly SourcePattern[]): readonly string[] {
  return patterns.flatMap((pattern) => {
    const fault = faultOf(pattern);
    const place = `${pattern.file.replace(ROOT, '')}:${pattern.line}`;
    return fault === undefined ? [] : [`${place} /${pattern.source}/${pattern.flags} ${fault}`];
  });
}

describe('every regular expression of the product', () => {
  it('takes time that is linear in the length of its input', { timeout: 120_000 }, () => {
    const patterns = ['apps', 'libs']
      .flatMap((folder) => sourcesIn(join(ROOT, folder)))
      .flatMap(patternsInFile);

    expect(patterns.length).toBeGreaterThan(80);
    expect(faultsIn(patterns)).toEqual([]);
  });

  it.each([
    ['a search that begins anew at each digit', String.raw`const A = /\d+(?:\.\d+)?e-\d{3}/;`],
    ['what is cut off at the end', String.raw`text.replace(/\s+$/, '');`],
    ['a choice within a repetition', String.raw`f(/^(?:a|a)*$/u);`],
    ['a pattern in a text', 'const B = new RegExp(`^${PREFIX}(a+)+$`);'],
    ['a pattern of the caller', 'const C = new RegExp(given);'],
  ])('would be refused for %s', (_, text) => {
    expect(faultsIn(patternsIn('planted.ts', text))).toHaveLength(1);
  });

  it.each([
    ['is linear', String.raw`const A = /^[a-z]\d{0,9}$/;`],
    ['says why it may be otherwise', '// super-linear, but for names of our own\nconst B = /a+$/;'],
  ])('may stay when it %s', (_, text) => {
    expect(patternsIn('planted.ts', text)).toHaveLength(1);
    expect(faultsIn(patternsIn('planted.ts', text))).toEqual([]);
  });
});
