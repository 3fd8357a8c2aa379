import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, inject, it } from 'vitest';
import { ApiProcess } from '../support/api-process.js';
import { kill, processTree, survivorsOf } from '../support/local-stack.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function startProd(variables: Readonly<Record<string, string>>) {
  return new Promise<{ readonly exitCode: number; readonly printed: string }>((resolve) => {
    execFile(
      'npm',
      ['run', '--silent', 'start:prod'],
      { cwd: ROOT, env: { PATH: process.env['PATH'], ...variables } },
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
    const { exitCode, printed } = await startProd({ PORT: 'eighty', FRONTEND_URL: '*' });

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
