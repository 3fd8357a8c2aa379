import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';

function linesOf(log: (logger: ReturnType<typeof createLogger>) => void): readonly string[] {
  const lines: string[] = [];
  log(createLogger('info', { write: (line) => lines.push(line) }));
  return lines;
}

describe('a log line', () => {
  it('is one JSON document with its level in words and its instant', () => {
    const [line = ''] = linesOf((logger) => logger.info({ requestId: 'r1' }, 'request'));

    expect(JSON.parse(line)).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      requestId: 'r1',
      msg: 'request',
    });
  });

  it.each([
    { headers: { authorization: 'Bearer s3cret' } },
    { headers: { cookie: '__Host-sensorflow=s3cret' } },
    { answer: { 'set-cookie': 's3cret' } },
    { login: { password: 's3cret' } },
    { login: { accessToken: 's3cret' } },
    { err: Object.assign(new Error('x'), { config: { key: 's3cret' } }) },
  ])('never shows the secret in %o', (fields) => {
    const [line = ''] = linesOf((logger) => logger.warn(fields, 'something'));

    expect(line).toContain('something');
    expect(line).not.toContain('s3cret');
  });
});

describe('buffered output', () => {
  it('is all written when the process ends, however it ends', () => {
    const source = new URL('buffered-output.ts', import.meta.url);
    const program = `
      const { pino } = await import('pino');
      const { bufferedOutput } = await import(${JSON.stringify(source.href)});
      const logger = pino(bufferedOutput());
      for (let line = 0; line < 1000; line += 1) logger.info({ line }, 'hello');
      process.exit(0);`;

    const printed = execFileSync(process.execPath, ['--input-type=module', '--eval', program]);

    const lines = printed.toString().trimEnd().split('\n');
    expect(lines).toHaveLength(1000);
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ line: 999 });
  });
});
