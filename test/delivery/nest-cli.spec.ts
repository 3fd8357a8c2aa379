import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../', import.meta.url);

function fileText(name: string): string {
  return readFileSync(new URL(name, ROOT), 'utf8');
}

const { projects }: { readonly projects: Readonly<Record<string, Project>> } = JSON.parse(
  fileText('nest-cli.json'),
);

interface Project {
  readonly sourceRoot: string;
  readonly entryFile: string;
}

describe('nest-cli.json', () => {
  it('lists what commands build, and nothing else', () => {
    const sources = ['package.json', 'Dockerfile', 'scripts/build.mjs'].map(fileText).join('\n');
    // A script gives a program and its arguments as texts of their own.
    const commands = sources.replaceAll(/['",[\]]+/g, ' ');
    const built = commands.matchAll(/\bnest\s+(?:build|start)\s+(?:--\S+\s+)*([a-z][a-z-]*)/g);

    expect(Object.keys(projects)).toEqual([...new Set(Array.from(built, ([, name]) => name))]);
  });

  it('names programs that are there', () => {
    const missing = Object.values(projects).filter(
      ({ sourceRoot, entryFile }) => !existsSync(new URL(`${sourceRoot}/${entryFile}.ts`, ROOT)),
    );

    expect(missing).toEqual([]);
  });
});
