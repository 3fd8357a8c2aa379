// All that can be known of the infrastructure without an account and without network: types, tests, and the
// templates of both environments, held against CloudFormation's schemas and cdk-nag's AwsSolutions.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const INFRA = join(ROOT, 'infra');
/** Nobody pushed it: one environment names an image, the other would build the Dockerfile's. */
const DIGEST = `sha256:${'0'.repeat(64)}`;
const IMAGES = { dev: [], prod: ['-c', `imageDigest=${DIGEST}`] };

if (!isInstalled()) run('npm', ['ci', '--ignore-scripts', '--loglevel=error']);
run('tsc', ['-p', '.']);
run('oxlint', ['--config', 'oxlint.json', '--type-aware', '--deny-warnings']);
run('npm', ['run', '--silent', '--prefix', '..', 'bundle:lambdas']);
run('vitest', ['run']);
for (const environment of ['dev', 'prod']) synthesize(environment);
console.log('\ninfrastructure: types, tests and the templates of dev and prod are in order');

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

/** Strict: a finding that is only a warning, such as a value that does not exist, fails as well. */
function synthesize(environment) {
  const context = ['-c', `env=${environment}`, ...IMAGES[environment]];
  run('cdk', ['synth', '--quiet', '--strict', ...context, '--output', `cdk.out/${environment}`]);
}

/** Without anybody's credentials, so that nothing here can come to depend on an account. */
function run(command, args) {
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
