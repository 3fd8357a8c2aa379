import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/documentation.js';

/** Libraries whose indexes and files still have some. */
const NOT_YET = /^libs\/(?:auth|csv-import|live)\//;

const DECLARED =
  /^export (?:declare )?(?:abstract )?(?:async )?(?:class|const|enum|function\*?|interface|let|type) (\w+)/gm;
const REEXPORTED = /^export (?:type )?\{([^}]*)\} from '([^']+)';/gm;
const VALUES = /^export \{([^}]*)\} from '([^']+)';/gm;
const IMPORTED = /^import (?:type )?(?:\w+, )?\{([^}]*)\} from '([^']+)';/gm;
const IMPORTED_LATER = /const \{([^}]*)\} = await import\('([^']+)'\)/g;

interface Names {
  readonly names: readonly string[];
  readonly file: string;
}

const sources = globSync('{apps,libs,test,bench,infra,locust}/**/*.ts', {
  cwd: ROOT,
  exclude: (path) => /node_modules|cdk\.out|generated-client|console/.test(path),
}).toSorted();
const textOf = new Map(sources.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]));

function isProduct(file: string): boolean {
  return /^(apps|libs)\//.test(file) && !file.endsWith('.spec.ts');
}

function isTest(file: string): boolean {
  return file.startsWith('test/') || file.endsWith('.spec.ts');
}

/** The source file that a specifier names; undefined for a package. */
function resolved(file: string, specifier: string): string | undefined {
  if (specifier.startsWith('.')) return sourceOf(join(dirname(file), specifier));
  const [, library, path = 'index.js'] = /^@sensorflow\/([\w-]+)\/?(.+)?$/.exec(specifier) ?? [];
  return library && sourceOf(`libs/${library}/src/${path}`);
}

function sourceOf(path: string): string {
  return path.replace(/\.js$/, '.ts');
}

function isValue(file: string, name: string): boolean {
  return !new RegExp(`^export (?:interface|type) ${name}\\b`, 'm').test(textOf.get(file) ?? '');
}

/** Names as they are exported there, whatever they are called here. */
function namesIn(list: string): readonly string[] {
  const names = list.split(',').map((name) => /^\s*(?:type )?(\w+)/.exec(name)?.[1]);
  return names.filter((name) => name !== undefined);
}

function matchesOf(pattern: RegExp, file: string): readonly Names[] {
  return Array.from(
    (textOf.get(file) ?? '').matchAll(pattern),
    ([, list = '', specifier = '']) => ({
      names: namesIn(list),
      file: resolved(file, specifier) ?? '',
    }),
  );
}

/** Who imports each name of a file, also by way of an index: `file#name` → files. */
function importers(): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const of = (key: string) => found.get(key) ?? found.set(key, new Set()).get(key) ?? new Set();
  for (const importer of sources) {
    const imports = [IMPORTED, IMPORTED_LATER].flatMap((form) => matchesOf(form, importer));
    for (const { names, file } of imports) {
      for (const name of names) of(`${file}#${name}`).add(importer);
    }
  }
  for (const index of sources) {
    for (const { names, file } of matchesOf(REEXPORTED, index)) {
      for (const name of names)
        for (const one of of(`${index}#${name}`)) of(`${file}#${name}`).add(one);
    }
  }
  return found;
}

const IMPORTERS = importers();

function isForTestsAlone(file: string, name: string): boolean {
  const others = [...(IMPORTERS.get(`${file}#${name}`) ?? [])].filter((other) => other !== file);
  return others.length > 0 && others.every(isTest);
}

describe('what a library shows to others', () => {
  it('is used by other product code, unless it is a type that a port needs', () => {
    const indexes = sources.filter((file) => /^libs\/[^/]+\/src\/index\.ts$/.test(file));
    const shown = indexes.flatMap((index) =>
      matchesOf(VALUES, index).flatMap(({ names, file }) =>
        names.filter((name) => isValue(file, name)).map((name) => `${index}#${name}`),
      ),
    );
    const idle = shown.filter((key) => [...(IMPORTERS.get(key) ?? [])].every(isTest));

    expect(shown.length).toBeGreaterThan(100);
    expect(idle.filter((key) => !NOT_YET.test(key))).toEqual([]);
  });
});

describe('what a file exports', () => {
  it('is used by more than tests', () => {
    const exported = sources
      .filter(isProduct)
      .flatMap((file) =>
        Array.from(
          (textOf.get(file) ?? '').matchAll(DECLARED),
          ([, name = '']) => [file, name] as const,
        ),
      );
    // A name that its own file uses, too, is a part of it that has tests of its own.
    const idle = exported
      .filter(([file, name]) => isForTestsAlone(file, name))
      .filter(
        ([file, name]) => (textOf.get(file) ?? '').split(new RegExp(`\\b${name}\\b`)).length === 2,
      )
      .map(([file, name]) => `${file} ${name}`);

    expect(exported.length).toBeGreaterThan(1_000);
    expect(idle.filter((key) => !NOT_YET.test(key))).toEqual([]);
  });
});
