// Runs the tests of one or more tiers: npm test, npm run test:e2e and its like. Each names its tiers.
import { existsSync } from 'node:fs';
import { argumentsOrExit, misused } from '../libs/platform/src/terminal/command.ts';
import { runTool } from './child.mjs';

const name = process.env.npm_lifecycle_event ?? 'test';
const USAGE = `Usage: npm ${name === 'test' ? 'test' : `run ${name}`} [-- FILE... -t NAME]

Runs tests, all unless files are named. A FILE is a path or a part of one.

  -t, --testNamePattern NAME   only tests whose names have this in them
  --bail N                     stops after N failures
  --reporter NAME              how it is shown: default, verbose, dot, json
  --project NAME               only this tier; several of them may be named`;

const {
  values: { tier, ...values },
  positionals,
} = argumentsOrExit({
  usage: USAGE,
  options: {
    testNamePattern: { type: 'string', short: 't' },
    bail: { type: 'string' },
    reporter: { type: 'string' },
    project: { type: 'string', multiple: true },
    // Those of the script; vitest would run them as well as the ones that the user names.
    tier: { type: 'string', multiple: true },
  },
  places: 'any',
});
const fault = await faultOf(values);
if (fault !== undefined) {
  process.stderr.write(`${misused(fault, USAGE).message}\n`);
  process.exit(2);
}
const options = Object.entries({ project: tier, ...values }).flatMap(([option, given = []]) =>
  [given].flat().flatMap((value) => [`--${option}`, value]),
);
process.exit(await runTool('vitest', ['run', ...options, ...positionals]));

/** What vitest would answer with a stack trace, or not at all. */
async function faultOf({ bail, reporter, project }) {
  if (bail !== undefined && !/^\d+$/.test(bail)) return '--bail is a whole number';
  const tiers = project && (await namesOfTiers());
  const unknown = project?.find((one) => !tiers.includes(one));
  if (unknown !== undefined) return `--project ${unknown} is none of ${tiers.join(', ')}`;
  if (reporter === undefined || existsSync(reporter)) return undefined;
  const { ReportersMap } = await import('vitest/node');
  const known = Object.keys(ReportersMap);
  if (known.includes(reporter)) return undefined;
  return `--reporter ${reporter} is no file and none of ${known.join(', ')}`;
}

async function namesOfTiers() {
  const { default: config } = await import('../vitest.config.ts');
  return config.test.projects.map(({ test }) => test.name);
}
