import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  /** Comes inside another package, whose hash covers it. */
  readonly inBundle?: boolean;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly devOptional?: boolean;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

/** `[name, package]` of all that is installed, in whatever depth. */
function lockedIn(folder: string): readonly (readonly [string, LockedPackage])[] {
  const packages: Readonly<Record<string, LockedPackage>> = JSON.parse(
    readFileSync(join(ROOT, folder, 'package-lock.json'), 'utf8'),
  ).packages;
  return (
    Object.entries(packages)
      // Not our own folders: the root, and the workspace of tools.
      .filter(([path, { link }]) => path.includes('node_modules/') && link !== true)
      .map(([path, one]) => [path.replace(/^.*node_modules\//, ''), one] as const)
  );
}

function npmSettingsIn(folder: string): Readonly<Record<string, string>> {
  const lines = readFileSync(join(ROOT, folder, '.npmrc'), 'utf8').split('\n');
  const settings = lines.filter((line) => line !== '' && !line.startsWith('#'));
  return Object.fromEntries(settings.map((line) => line.split('=')));
}

describe.each(['.', 'infra'])('the dependencies in %s', (folder) => {
  const settings = npmSettingsIn(folder);
  const locked = lockedIn(folder);

  it('are taken in once their release has stood a week, and fail an audit from moderate on', () => {
    expect(Number(settings['min-release-age'])).toBeGreaterThanOrEqual(7);
    expect(settings).toMatchObject({ 'save-exact': 'true', 'audit-level': 'moderate' });
  });

  it('come from wherever the installing machine gets its packages, with no token or host of ours', () => {
    const hosts = Object.keys(settings).filter((name) => /registry$|_auth|\/\//.test(name));

    expect(hosts).toEqual([]);
    expect(locked.filter(([, { resolved }]) => resolved)).toEqual([]);
  });

  it('are locked with the hash of what was taken in', () => {
    const unsure = locked.filter(
      ([, { integrity, inBundle }]) => !inBundle && !integrity?.startsWith('sha512-'),
    );

    expect(locked.length).toBeGreaterThan(0);
    expect(unsure).toEqual([]);
  });
});

it.each(['.', 'infra', 'tools'])(
  'the dependencies in %s are named by one version each',
  (folder) => {
    const manifest: Manifest = JSON.parse(readFileSync(join(ROOT, folder, 'package.json'), 'utf8'));
    const { dependencies, devDependencies, optionalDependencies } = manifest;
    const named = Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies });

    expect(named.length).toBeGreaterThan(0);
    expect(named.filter(([, version]) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  },
);

describe('the bill of materials', () => {
  it('names every package that is deployed, with its version and hash, and no other', () => {
    const sbom = execFileSync('npm', ['run', '--silent', 'sbom'], { cwd: ROOT, encoding: 'utf8' });

    const components: readonly {
      readonly name: string;
      readonly version: string;
      readonly hashes: readonly { readonly alg: string }[];
    }[] = JSON.parse(sbom).components;
    const deployed = lockedIn('.').filter(
      ([, { dev, optional, devOptional }]) => !dev && !optional && !devOptional,
    );
    expect(new Set(components.map(({ name, version }) => `${name}@${version}`))).toEqual(
      new Set(deployed.map(([name, { version }]) => `${name}@${version}`)),
    );
    expect(components.every(({ hashes }) => hashes[0]?.alg === 'SHA-512')).toBe(true);
    expect(JSON.parse(sbom).metadata.component.name).toBe('sensorflow');
  });
});
