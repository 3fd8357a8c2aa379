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
    const commands = [fileText('package.json'), fileText('Dockerfile')].join('\n');
    const built = commands.matchAll(/\bnest (?:build|start) (?:--\S+ )*([a-z][a-z-]*)/g);

    expect(Object.keys(projects)).toEqual([...new Set(Array.from(built, ([, name]) => name))]);
  });

  it('names programs that are there', () => {
    const missing = Object.values(projects).filter(
      ({ sourceRoot, entryFile }) => !existsSync(new URL(`${sourceRoot}/${entryFile}.ts`, ROOT)),
    );

    expect(missing).toEqual([]);
  });
});
