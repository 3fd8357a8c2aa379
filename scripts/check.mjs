// What needs nothing but Node and npm, step by step, and the tiers named as arguments; the last line counts all tests.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { argumentsOrExit, misused } from '../libs/platform/src/terminal/command.ts';

const REPORT = 'node_modules/.cache/test-report.json';
const MORE = ['test:browser', 'test:independent'];
const USAGE = `Usage: npm run check [-- ${MORE.join(' ')}]

Runs what needs nothing but Node and npm: formatting, lint, types, boundaries, the build, all tests (faults in short)
and infra:check. Then the tiers that are named, which need a browser or Python. The last line counts all tests.`;

const { positionals: named } = argumentsOrExit({ usage: USAGE, options: {}, places: 'any' });
for (const tier of named) {
  if (MORE.includes(tier)) continue;
  process.stderr.write(`${misused(`Unknown argument ${tier}`, USAGE).message}\n`);
  process.exit(2);
}
const TESTING = ['test', 'infra:check', 'test:faults:short', ...named];
const STEPS = ['format:check', 'lint', 'types', 'boundaries', 'build'].concat(TESTING);

const failedSteps = [];
const failures = [];
const totals = { passed: 0, failed: 0 };
for (const step of STEPS) {
  const startedAt = Date.now();
  console.log(`\n— ${step}`);
  rmSync(REPORT, { force: true });
  const { status } = spawnSync('npm', ['run', '--silent', step], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (status !== 0) failedSteps.push(step);
  if (TESTING.includes(step)) count(step);
  console.log(
    `— ${step}: ${status === 0 ? 'ok' : 'FAILED'} in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`,
  );
}
for (const failure of failures) console.log(`\nfailed: ${failure}`);
if (failedSteps.length > 0) console.log(`\nfailed steps: ${failedSteps.join(', ')}`);
console.log(`\n${totals.passed} passed, ${totals.failed} failed`);
process.exit(failedSteps.length > 0 || totals.failed > 0 || totals.passed === 0 ? 1 : 0);

/** A tier that left no report did not run: that is a failure, whatever its exit status says. */
function count(step) {
  try {
    const report = JSON.parse(readFileSync(REPORT, 'utf8'));
    totals.passed += report.numPassedTests;
    totals.failed += report.numFailedTests;
    failures.push(...failuresOf(report));
    if (report.numTotalTests !== report.numPassedTests + report.numFailedTests) {
      console.log(`${step}: some tests did not run`);
      failedSteps.push(`${step} (skipped tests)`);
    }
  } catch {
    failedSteps.push(`${step} (no report)`);
    totals.failed += 1;
  }
}

/** Repeated at the end, so that they need not be searched in thousands of lines. */
function failuresOf(report) {
  return report.testResults.flatMap(({ name, message, assertionResults }) => {
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    const ofTests = failed.map((test) => [name, test.fullName, ...test.failureMessages].join('\n'));
    return message && failed.length === 0 ? [`${name}\n${message}`] : ofTests;
  });
}
