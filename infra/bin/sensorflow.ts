import { App } from 'aws-cdk-lib';
import { resolve } from 'node:path';
import { delivery } from '../environments/delivery.ts';
import { dev } from '../environments/dev.ts';
import { prod } from '../environments/prod.ts';
import { small } from '../environments/small.ts';
import { buildApp, type ImageSource } from '../lib/build-app.ts';
import type { Deployment } from '../lib/deployment.ts';

/**
 * `cdk synth -c env=dev`: all stacks of an environment, with the functions of `npm run bundle:lambdas`.
 * `-c imageDigest=sha256:…` takes an image that was pushed before instead of building one;
 * `-c firstDeployment=true` leaves everything unprotected, until a deployment has succeeded;
 * `-c examples=true` makes templates of an environment that is still the example's, which only checks of them want.
 */
const ENVIRONMENTS: Readonly<Record<string, Deployment>> = { dev, prod, small };
const ROOT = resolve(import.meta.dirname, '../..');

const app = new App();
const context = app.node;
buildApp(app, {
  deployment: environmentNamed(context.tryGetContext('env')),
  delivery,
  bundles: resolve(ROOT, 'dist/lambdas'),
  image: imageOf(context.tryGetContext('imageDigest')),
  isFirstDeployment: isTrue('firstDeployment'),
  acceptsExamples: isTrue('examples'),
});
app.synth();

function environmentNamed(name: unknown): Deployment {
  const deployment = ENVIRONMENTS[textOr(name, '')];
  if (deployment !== undefined) return deployment;
  throw new Error(`Say which environment: -c env=${Object.keys(ENVIRONMENTS).join('|')}.`);
}

function imageOf(digest: unknown): ImageSource {
  if (digest === undefined) return { folder: ROOT };
  const text = textOr(digest, '');
  if (/^sha256:[0-9a-f]{64}$/.test(text)) return { digest: text };
  throw new Error(
    'imageDigest is sha256: and 64 hexadecimal digits; a tag may change its meaning.',
  );
}

function isTrue(name: string): boolean {
  const text = textOr(context.tryGetContext(name), 'false');
  if (text === 'true' || text === 'false') return text === 'true';
  throw new Error(`${name} is true or false.`);
}

function textOr(value: unknown, otherwise: string): string {
  return typeof value === 'string' ? value : otherwise;
}
