import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

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

describe('npm run start:prod', () => {
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
      'S3_BUCKET_NAME',
    ]) {
      expect(printed).toMatch(new RegExp(`^ +${name}: .+`, 'm'));
    }
    expect(printed).toMatch(/^ +AWS_REGION: is missing$/m);
    expect(printed).not.toContain('undefined');
  });
});
