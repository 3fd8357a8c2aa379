// What works on infra/, which has packages of its own and takes its other tools from the root.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const INFRA = join(ROOT, 'infra');
/** It was never pushed. */
export const IMAGE_DIGEST = `sha256:${'0'.repeat(64)}`;

/** Arguments of `cdk synth` for an environment without values of its own yet. */
export const EXAMPLES = ['-c', 'examples=true'];

export function installInfra() {
  if (!isInstalled()) runInInfra('npm', ['ci', '--ignore-scripts', '--loglevel=error']);
}

/** Does infra/node_modules hold what its lockfile asks for? */
function isInstalled() {
  const installed = join(INFRA, 'node_modules', '.package-lock.json');
  if (!existsSync(installed)) return false;
  const { packages } = JSON.parse(readFileSync(installed, 'utf8'));
  const wanted = JSON.parse(readFileSync(join(INFRA, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) =>
      path === '' || optional === true || packages[path]?.version === version,
  );
}

/** Without anybody's credentials, so that nothing here can come to depend on an account. */
export function runInInfra(command, args) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('AWS_'));
  const env = {
    ...Object.fromEntries(kept),
    PATH: [
      join(INFRA, 'node_modules/.bin'),
      join(ROOT, 'node_modules/.bin'),
      process.env.PATH,
    ].join(':'),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/dev/null',
    AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
  };
  console.log(`— ${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, { cwd: INFRA, env, stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
