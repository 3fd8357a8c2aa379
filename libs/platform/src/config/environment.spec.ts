import { describe, expect, it } from 'vitest';
import { ConfigurationError, readApiEnvironment } from './environment.js';

const complete = {
  AWS_REGION: 'eu-central-1',
  DYNAMODB_TABLE_NAME: 'readings',
  DYNAMODB_AGGREGATE_TABLE_NAME: 'aggregates',
  DYNAMODB_IMPORTS_TABLE_NAME: 'imports',
  DYNAMODB_SESSIONS_TABLE_NAME: 'sessions',
  S3_BUCKET_NAME: 'uploads',
  COGNITO_CLIENT_ID: 'web',
  COGNITO_CLIENT_SECRET: 'secret',
  COGNITO_ISSUERS: 'https://a.example/pool, https://b.example/pool',
  COGNITO_JWKS_URI: 'https://a.example/pool/.well-known/jwks.json',
  COGNITO_MACHINE_CLIENT_IDS: 'machine-1,machine-2',
  FRONTEND_URL: 'https://app.example.com',
};

function faultsOf(variables: Record<string, string | undefined>): readonly string[] {
  try {
    readApiEnvironment(variables);
    return [];
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
}

describe('the environment of the API', () => {
  it('becomes typed values', () => {
    const environment = readApiEnvironment(complete);

    expect(environment.PORT).toBe(3000);
    expect(environment.COGNITO_ISSUERS).toEqual([
      'https://a.example/pool',
      'https://b.example/pool',
    ]);
    expect(environment.FRONTEND_URL).toBe('https://app.example.com');
    expect(Object.isFrozen(environment)).toBe(true);
  });

  it('takes the word none for a deployment without a front end', () => {
    expect(readApiEnvironment({ ...complete, FRONTEND_URL: 'none' }).FRONTEND_URL).toBe('none');
  });

  it('names every fault at once', () => {
    const faults = faultsOf({
      ...complete,
      PORT: '80a',
      COGNITO_CLIENT_SECRET: undefined,
      FRONTEND_URL: 'https://app.example.com/path',
    });

    expect(faults).toHaveLength(3);
    expect(faults.join('\n')).toMatch(/PORT: .*whole number/);
    expect(faults.join('\n')).toMatch(/COGNITO_CLIENT_SECRET: /);
    expect(faults.join('\n')).toMatch(/FRONTEND_URL: .*origin/);
  });

  it.each([
    'COGNITO_CLIENT_ID',
    'COGNITO_CLIENT_SECRET',
    'COGNITO_ISSUERS',
    'COGNITO_JWKS_URI',
    'COGNITO_MACHINE_CLIENT_IDS',
    'FRONTEND_URL',
  ])('has no silent default for %s', (name) => {
    expect(faultsOf({ ...complete, [name]: undefined }).join()).toContain(name);
  });
});
