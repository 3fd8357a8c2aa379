import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { faultKey } from '../../apps/console/src/api/words.ts';
import { en } from '../../apps/console/src/language/en.ts';

/** How sources name the code of a fault: in a call, or in a member. */
const SAID = [
  /\b(?:refused|refuse|FileFault)\(\s*'([a-z]+(?:-[a-z0-9]+)+)'/g,
  /\bcode: '([a-z]+(?:-[a-z0-9]+)*)'/g,
];
/** Codes that are said by a name, and those of rows that cannot be cut into fields. */
const NAMED = [
  /^(?:export )?const [A-Z_]+ = '([a-z]+(?:-[a-z]+)+)';/gm,
  /(?<=type \w+Fault =[^;]*)'([a-z]+(?:-[a-z0-9]+)+)'/g,
];
/** Of readings as JSON, which the console sends none of that have them. */
const OF_JSON = new Set([
  'batch-empty',
  'batch-not-an-array',
  'reading-not-an-object',
  'tags-invalid',
  'timestamp-precision-missing',
  'timestamp-too-early',
  'too-many-tags',
  'value-ambiguous',
  'values-empty',
  'values-not-an-object',
]);

function codesIn(pattern: string, places: readonly RegExp[]): readonly string[] {
  const files = globSync(pattern).filter((file) => !file.endsWith('.spec.ts'));
  const text = files.map((file) => readFileSync(file, 'utf8')).join('\n');
  const found = places.flatMap((place) => Array.from(text.matchAll(place), ([, code]) => code));
  const codes = new Set(found.flatMap((code) => code ?? []));
  return [...codes].filter((code) => !OF_JSON.has(code));
}

/** Those of options are told beside their fields. */
const OF_FILES = codesIn('libs/csv-import/src/{grammar,text,preview}/*.ts', [
  ...SAID,
  ...NAMED,
]).filter((code) => code === 'encoding-invalid' || !code.endsWith('-invalid'));

describe('the console has a name and a sentence for', () => {
  it.each(OF_FILES)('%s, a fault of a file or a row', (code) => {
    const keys = [`imports.fault.${code}`, `imports.detail.${code}`];

    expect(keys.filter((key) => !Object.hasOwn(en, key))).toEqual([]);
  });
});

describe('the console has words for', () => {
  it.each([
    ...codesIn('libs/csv-import/src/{grammar,http,job}/*.ts', SAID),
    ...codesIn('libs/kernel/src/{instant,epoch}.ts', SAID),
    ...codesIn('libs/sensor-data/src/*.ts', SAID),
    ...codesIn('libs/equipment/src/http/*.ts', SAID),
  ])('%s, a fault of what is sent', (code) => {
    expect(faultKey(code)).toBeDefined();
  });

  it('many codes: where sources name them otherwise, this test has to look elsewhere', () => {
    expect(OF_FILES.length).toBeGreaterThan(35);
  });
});
