import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SCRIPTS: Readonly<Record<string, string>> = JSON.parse(fileText('package.json')).scripts;

function fileText(name: string): string {
  return readFileSync(`${ROOT}${name}`, 'utf8');
}

describe('the commands that are documented', () => {
  it('install what is missing first, as CONTRIBUTING.md says', () => {
    const rows = fileText('CONTRIBUTING.md').matchAll(/^\| `npm (?:run )?(?:--silent )?([\w:]+)/gm);
    const names = Array.from(rows, ([, name = '']) => name);
    const unready = names.filter((name) => {
      const script = SCRIPTS[name] ?? '';
      const itself = script.endsWith('.sh') ? fileText(script) : '';
      return !`${SCRIPTS[`pre${name}`]} ${itself}`.includes('node scripts/make-ready.mjs');
    });

    expect(names.length).toBeGreaterThan(10);
    // It reads the lockfile alone.
    expect(unready).toEqual(['sbom']);
  });

  it('run TypeScript by the pinned Node, whatever the one of the shell is', () => {
    const files = globSync(
      ['*.md', '{bench,docs,locust}/*.md', '{bench,locust,infra/cost}/**/*.ts'],
      {
        cwd: ROOT,
      },
    );
    const plain = files.filter((file) => /(?<!npx )\bnode \w+\/\S+\.ts/.test(fileText(file)));

    expect(files.length).toBeGreaterThan(30);
    expect(plain).toEqual([]);
  });

  it('say where Locust comes from when it is not there, before anything is started', () => {
    const command = ['locust/with-sink.ts', '--locust', '/nonexistent/locust'];
    const { status, stdout, stderr } = spawnSync(process.execPath, command, {
      cwd: ROOT,
      encoding: 'utf8',
    });

    expect(status).toBe(1);
    expect(stdout + stderr).toBe(
      '/nonexistent/locust does not run here; locust/README.md says how to get it.\n',
    );
  });

  it('of the earlier system keep their reports, which no run writes over', () => {
    const reports = [500, 1000, 5000, 10_000].map((users) => `locust/locust-${users}-users.html`);
    const ignored = spawnSync('git', ['check-ignore', '--stdin'], {
      cwd: ROOT,
      encoding: 'utf8',
      input: [...reports, 'locust/runs/500-users.html'].join('\n'),
    });

    expect(reports.filter((report) => !fileText(report).includes('<html'))).toEqual([]);
    expect(fileText('locust/with-sink.ts')).not.toMatch(/'results|locust-\$/);
    expect(ignored.stdout).toBe('locust/runs/500-users.html\n');
  });

  it('write nothing of npm into a bill of materials', () => {
    const files = globSync(['*.md', 'docs/*.md', 'buildspec.yml', '.github/workflows/ci.yml'], {
      cwd: ROOT,
    });
    const loud = files.filter((file) => /npm run sbom/.test(fileText(file)));

    expect(files.length).toBeGreaterThan(20);
    expect(loud).toEqual([]);
  });
});
