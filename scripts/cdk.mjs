// Hands a command over to AWS CDK, which is among the packages of infra/.
import { existsSync } from 'node:fs';
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';
import { runTool } from './child.mjs';

const USAGE = `Usage: npm run cdk -- COMMAND [OPTIONS]

Hands the command over to AWS CDK: list, synth, diff, deploy, destroy. docs/deploy-to-aws.md has those that are
needed; npm run cdk -- deploy --help shows CDK's own options.`;

const [command = '--', ...rest] = process.argv.slice(2);
// From the command on, the options are CDK's.
if (command.startsWith('-')) argumentsOrExit({ usage: USAGE, options: {}, places: 1 });
if (!existsSync(new URL('../infra/node_modules/.bin/cdk', import.meta.url))) {
  process.stderr.write('AWS CDK is not installed: npm ci --ignore-scripts --prefix infra\n');
  process.exit(1);
}
const cdk = ['--prefix', 'infra', 'run', '--silent', 'cdk', '--', command, ...rest];
process.exit(await runTool('npm', cdk));
