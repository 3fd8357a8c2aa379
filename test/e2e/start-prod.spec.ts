import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { freePort } from '../../bench/free-port.ts';
import { processTree } from '../../bench/process-tree.ts';
import { eventually } from '../support/api-client.js';
import { ApiProcess, variablesFor } from '../support/api-process.js';
import { kill, survivorsOf } from '../support/local-stack.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const API = join(ROOT, 'dist/apps/api/src/main.js');

/** Until it ends; as npm runs it, without the build that comes before it. */
function start(script: 'start' | 'start:prod', variables: Readonly<Record<string, string>>) {
  return new Promise<{ readonly exitCode: number; readonly printed: string }>((resolve) => {
    execFile(
      'npm',
      ['run', '--silent', '--ignore-scripts', script],
      { cwd: ROOT, env: { PATH: process.env['PATH'], SENSORFLOW_ENV_FILE: 'none', ...variables } },
      (error, stdout, stderr) =>
        resolve({
          exitCode: typeof error?.code === 'number' ? error.code : 0,
          printed: stdout + stderr,
        }),
    );
  });
}

const left: number[] = [];

afterEach(() => {
  for (const pid of left.splice(0)) kill(pid);
});

describe('npm run start:prod', () => {
  it('ends with the npm that started it, when that alone is told to', async () => {
    const command = ['npm', 'run', '--silent', 'start:prod'] as const;
    const api = await ApiProcess.start(inject('stack'), inject('stackDataDir'), {}, command);
    const processes = processTree(api.child.pid ?? 0);
    left.push(...processes);
    expect(processes.length).toBeGreaterThan(1);

    api.child.kill('SIGTERM');

    expect(await survivorsOf(processes)).toEqual([]);
  });

  it('names everything that is wrong with its environment, and exits', async () => {
    const { exitCode, printed } = await start('start:prod', { PORT: 'eighty', FRONTEND_URL: '*' });

    expect(exitCode).toBe(1);
    for (const name of [
      'AWS_REGION',
      'PORT',
      'FRONTEND_URL',
      'DYNAMODB_TABLE_NAME',
      'COGNITO_CLIENT_SECRET',
      'COGNITO_ISSUERS',
      'COGNITO_USER_POOL_ID',
      'S3_BUCKET_NAME',
    ]) {
      expect(printed).toMatch(new RegExp(`^ +${name}: .+`, 'm'));
    }
    expect(printed).toMatch(/^ +AWS_REGION: is missing$/m);
    expect(printed).not.toContain('undefined');
  });
});

describe('npm run start', () => {
  it('says what is missing, and how to start without AWS', async () => {
    const { exitCode, printed } = await start('start', {});

    expect(exitCode).toBe(1);
    expect(printed).toMatch(/^SensorFlow cannot start\. The configuration is not usable:\n/);
    expect(printed).toMatch(/^ +DYNAMODB_TABLE_NAME: is missing$/m);
    expect(printed).toContain('.env.example has them all');
    expect(printed).toMatch(/without AWS: npm run local\n$/);
  });

  it('names a file of variables that is not there', async () => {
    const { exitCode, printed } = await start('start', { SENSORFLOW_ENV_FILE: '/nowhere/.env' });

    expect(exitCode).toBe(1);
    expect(printed).toContain('SENSORFLOW_ENV_FILE: there is no file /nowhere/.env');
  });

  it('reads .env where the environment says nothing, also for the AWS SDK', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'sensorflow-start-'));
    const port = await freePort();
    const variables = variablesFor(inject('stack'), inject('stackDataDir'));
    const said = { ...variables, PORT: '1', COGNITO_AUTH_URI: 'https://auth.example/oauth2/token' };
    const lines = Object.entries(said).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(join(folder, '.env'), lines.join(''));
    const env = { PATH: process.env['PATH'], PORT: String(port) };

    const child = spawn(process.execPath, [API], { cwd: folder, env, stdio: 'ignore' });
    left.push(child.pid ?? 0);

    const document = await eventually(
      async () =>
        fetch(`http://127.0.0.1:${port}/openapi.json`).then(
          async (answer) => answer.text(),
          () => '',
        ),
      (text) => text !== '',
    );
    const ready = await fetch(`http://127.0.0.1:${port}/health/ready`);
    rmSync(folder, { recursive: true });
    expect(ready.status).toBe(200);
    expect(document).toContain('https://auth.example/oauth2/token');
  });
});
