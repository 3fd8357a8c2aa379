// All that can be known of the infrastructure without an account and without network: types, tests, and the
// templates of all environments, held against CloudFormation's schemas and cdk-nag's AwsSolutions.
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';
import { EXAMPLES, IMAGE_DIGEST, installInfra, runInInfra } from './infra-tools.mjs';

/** One environment would build the Dockerfile's image, the others name one. */
const PUSHED = ['-c', `imageDigest=${IMAGE_DIGEST}`];
const IMAGES = { dev: [], prod: PUSHED, small: PUSHED };

const USAGE = `Usage: npm run infra:check

Checks the infrastructure without an AWS account: its types, its tests, and the templates of all environments.`;

argumentsOrExit({ usage: USAGE, options: {}, places: 0 });
installInfra();
runInInfra('tsc', ['-p', '.']);
runInInfra('oxlint', ['--config', 'oxlint.json', '--type-aware', '--deny-warnings']);
runInInfra('npm', ['run', '--silent', '--prefix', '..', 'bundle:lambdas']);
runInInfra('vitest', ['run']);
for (const environment of Object.keys(IMAGES)) synthesize(environment);
console.log('\ninfrastructure: types, tests and the templates of dev, prod and small are in order');

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
