// All that can be known of the infrastructure without an account and without network: types, tests, and the
// templates of both environments, held against CloudFormation's schemas and cdk-nag's AwsSolutions.
import { EXAMPLES, IMAGE_DIGEST, installInfra, runInInfra } from './infra-tools.mjs';

/** One environment names an image, the other would build the Dockerfile's. */
const IMAGES = { dev: [], prod: ['-c', `imageDigest=${IMAGE_DIGEST}`] };

installInfra();
runInInfra('tsc', ['-p', '.']);
runInInfra('oxlint', ['--config', 'oxlint.json', '--type-aware', '--deny-warnings']);
runInInfra('npm', ['run', '--silent', '--prefix', '..', 'bundle:lambdas']);
runInInfra('vitest', ['run']);
for (const environment of ['dev', 'prod']) synthesize(environment);
console.log('\ninfrastructure: types, tests and the templates of dev and prod are in order');

/** Strict: a finding that is only a warning, such as a value that does not exist, fails as well. */
function synthesize(environment) {
  const context = ['-c', `env=${environment}`, ...EXAMPLES, ...IMAGES[environment]];
  runInInfra('cdk', [
    'synth',
    '--quiet',
    '--strict',
    ...context,
    '--output',
    `cdk.out/${environment}`,
  ]);
}
