// Runs the tests of one or more tiers: npm test, npm run test:e2e and its like.
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';
import { runTool } from './child.mjs';

const name = process.env.npm_lifecycle_event ?? 'test';
const USAGE = `Usage: npm ${name === 'test' ? 'test' : `run ${name}`} [-- FILE... -t NAME]

Runs tests, all unless files are named. A FILE is a path or a part of one.

  -t, --testNamePattern NAME   only tests whose names have this in them
  --bail N                     stops after N failures
  --reporter NAME              how it is shown: default, verbose, dot, json
  --project NAME               only this tier; several of them may be named`;

const { values, positionals } = argumentsOrExit({
  usage: USAGE,
  options: {
    testNamePattern: { type: 'string', short: 't' },
    bail: { type: 'string' },
    reporter: { type: 'string' },
    project: { type: 'string', multiple: true },
  },
  places: 'any',
});
const options = Object.entries(values).flatMap(([option, given]) =>
  [given].flat().flatMap((value) => [`--${option}`, value]),
);
process.exit(await runTool('vitest', ['run', ...options, ...positionals]));
