import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { envFileOf, withEnvFile } from './env-file.js';
import { ConfigurationError } from './environment.js';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sensorflow-env-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('the file of variables', () => {
  it('says what the environment does not', () => {
    const file = join(folder, 'variables');
    writeFileSync(file, '# a comment\nPORT=4000\nLOG_LEVEL="warn"\n');

    const variables = withEnvFile({ SENSORFLOW_ENV_FILE: file, PORT: '5000', HOST: '::1' });

    expect(variables).toEqual({
      SENSORFLOW_ENV_FILE: file,
      PORT: '5000',
      LOG_LEVEL: 'warn',
      HOST: '::1',
    });
  });

  it('is none where the word none stands', () => {
    expect(envFileOf({ SENSORFLOW_ENV_FILE: 'none' })).toBeUndefined();
    expect(withEnvFile({ SENSORFLOW_ENV_FILE: 'none', PORT: '1' })).toEqual({
      SENSORFLOW_ENV_FILE: 'none',
      PORT: '1',
    });
  });

  it.each(['missing', 'folder'])('is refused when it was named and is not there: %s', (name) => {
    mkdirSync(join(folder, 'folder'));
    const file = join(folder, name);

    expect(() => envFileOf({ SENSORFLOW_ENV_FILE: file })).toThrow(ConfigurationError);
    expect(() => envFileOf({ SENSORFLOW_ENV_FILE: file })).toThrow(`there is no file ${file}`);
  });
});
