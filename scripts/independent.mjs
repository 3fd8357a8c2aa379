// Runs the product and the ports' contracts on implementations of AWS by others: test/independent/README.md.
// They are Python programs. Without Python this tier is skipped, and says so; in CI that is a failure.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { argumentsOrExit } from '../libs/platform/src/terminal/command.ts';
import { GAPS } from '../test/independent/gaps.ts';
import { selfSignedCertificate } from '../test/support/self-signed-certificate.ts';
import { EXAMPLES, IMAGE_DIGEST, installInfra, runInInfra } from './infra-tools.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const FOLDER = join(ROOT, 'node_modules/.cache/independent');
/** What a run that was killed left there goes with the next. */
const TEMPORARY = join(FOLDER, 'tmp');
const REPORT = join(ROOT, 'node_modules/.cache/test-report.json');
const REQUIREMENTS = join(ROOT, 'test/independent/requirements.txt');
const PYTHON = join(FOLDER, 'venv/bin/python');
const PROBE = 'import ensurepip, venv, sys; assert sys.version_info >= (3, 11); print(sys.version)';

const USAGE = `Usage: npm run test:independent

Runs the product and the contracts of its ports on implementations of AWS by others; needs Python 3.11 or later.
What it shows: test/independent/README.md.`;

argumentsOrExit({ usage: USAGE, options: {}, places: 0 });
const startedAt = Date.now();
const probe = spawnSync('python3', ['-c', PROBE], { encoding: 'utf8' });
if (probe.status === 0) {
  rmSync(TEMPORARY, { recursive: true, force: true });
  mkdirSync(TEMPORARY, { recursive: true });
  preparePython(probe.stdout);
  const assembly = synthesize();
  const status = await runTests({ ...writeCertificate(), INDEPENDENT_ASSEMBLY: assembly });
  printGaps();
  console.log(`independent: ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  process.exit(status);
}
skip();

/** Again only when the requirements or the interpreter have changed. */
function preparePython(version) {
  const stamp = join(FOLDER, 'venv/.made-from');
  const madeFrom = version + readFileSync(REQUIREMENTS, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === madeFrom) return;
  rmSync(join(FOLDER, 'venv'), { recursive: true, force: true });
  run('python3', ['-m', 'venv', join(FOLDER, 'venv')]);
  // As packages of npm are installed here: what was pinned, byte for byte, and no script of theirs runs.
  const pinned = ['--require-hashes', '--only-binary', ':all:', '--requirement', REQUIREMENTS];
  run(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...pinned]);
  writeFileSync(stamp, madeFrom);
}

function synthesize() {
  const assembly = join(FOLDER, 'cdk.out');
  run('npm', ['run', '--silent', 'bundle:lambdas']);
  installInfra();
  const context = ['-c', 'env=dev', ...EXAMPLES, '-c', `imageDigest=${IMAGE_DIGEST}`];
  runInInfra('cdk', ['synth', '--quiet', ...context, '--output', assembly]);
  return assembly;
}

function writeCertificate() {
  const { cert, key } = selfSignedCertificate();
  const [certFile, keyFile] = ['cert.pem', 'key.pem'].map((name) => join(FOLDER, name));
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key, { mode: 0o600 });
  return { NODE_EXTRA_CA_CERTS: certFile, INDEPENDENT_TLS_KEY: keyFile };
}

/** Answers the exit status. Who is told to stop tells the tests, and they stop what they started. */
async function runTests(variables) {
  const tests = spawn('vitest', ['run', '--project', 'independent-*'], {
    cwd: ROOT,
    env: {
      ...process.env,
      ...variables,
      INDEPENDENT_PYTHON: PYTHON,
      INDEPENDENT_TEMPORARY: TEMPORARY,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => tests.kill(signal));
  return new Promise((resolve, reject) => {
    tests.once('error', reject);
    tests.once('exit', (status) => resolve(status ?? 1));
  });
}

function printGaps() {
  console.log('\nWhat these implementations do not do, and what this tier does instead:');
  for (const { of, gap, instead } of GAPS) console.log(`  ${of}: ${gap}\n    → ${instead}`);
}

/** With a report of no tests, or scripts/check.mjs would take it for a tier that broke. */
function skip() {
  const needed = 'it needs python3, 3.11 or later, with venv and ensurepip (Debian: python3-venv)';
  console.log(`skipped: the independent tier; ${needed}.`);
  mkdirSync(dirname(REPORT), { recursive: true });
  const none = { numTotalTests: 0, numPassedTests: 0, numFailedTests: 0 };
  writeFileSync(REPORT, JSON.stringify(none));
  process.exit(process.env.CI === 'true' ? 1 : 0);
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
