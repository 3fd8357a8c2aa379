import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

const manifest: Readonly<Record<string, Readonly<Record<string, string>> | undefined>> = JSON.parse(
  readFileSync(`${ROOT}/package.json`, 'utf8'),
);
const locked = packagesOf(readFileSync(`${ROOT}/package-lock.json`, 'utf8'));

/** `[name, package]` of all that is installed, in whatever depth. */
function packagesOf(lockfile: string): readonly (readonly [string, LockedPackage])[] {
  const packages: Readonly<Record<string, LockedPackage>> = JSON.parse(lockfile).packages;
  return Object.entries(packages)
    .filter(([path]) => path !== '')
    .map(([path, one]) => [path.replace(/^.*node_modules\//, ''), one] as const);
}

function npmSettings(): Readonly<Record<string, string>> {
  const lines = readFileSync(`${ROOT}/.npmrc`, 'utf8').split('\n');
  const settings = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(settings.map((line) => line.split('=')));
}

describe('dependencies', () => {
  it('are taken in once their release has stood a week, and fail an audit from moderate on', () => {
    expect(Number(npmSettings()['min-release-age'])).toBeGreaterThanOrEqual(7);
    expect(npmSettings()).toMatchObject({ 'save-exact': 'true', 'audit-level': 'moderate' });
  });

  it('come from wherever the installing machine gets its packages, with no token or host of ours', () => {
    expect(Object.keys(npmSettings()).filter((name) => /registry=|_auth|\/\//.test(name))).toEqual(
      [],
    );
    expect(locked.filter(([, { resolved, link }]) => resolved ?? link)).toEqual([]);
  });

  it('are named by one version each', () => {
    const kinds = ['dependencies', 'devDependencies', 'optionalDependencies'];
    const named = kinds.flatMap((kind) => Object.entries(manifest[kind] ?? {}));

    expect(named.length).toBeGreaterThan(20);
    expect(named.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  });

  it('are locked with the hash of what was taken in', () => {
    expect(locked.length).toBeGreaterThan(100);
    expect(locked.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
  });
});

describe('the bill of materials', () => {
  it('names every package that is deployed, with its version and hash, and no other', () => {
    const sbom = execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: ROOT, encoding: 'utf8' });

    const components: readonly {
      readonly name: string;
      readonly version: string;
      readonly hashes: readonly { readonly alg: string }[];
    }[] = JSON.parse(sbom).components;
    const deployed = locked.filter(
      ([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional,
    );
    expect(new Set(components.map(({ name, version }) => `${name}@${version}`))).toEqual(
      new Set(deployed.map(([name, { version }]) => `${name}@${version}`)),
    );
    expect(components.every(({ hashes }) => hashes[0]?.alg === 'SHA-512')).toBe(true);
    expect(JSON.parse(sbom).metadata.component.name).toBe('sensorflow');
  });
});
