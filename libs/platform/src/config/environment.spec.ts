import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  ConfigurationError,
  readAggregatorEnvironment,
  readApiEnvironment,
  readImporterEnvironment,
  readLanEnvironment,
  readStackEnvironment,
} from './environment.js';

const complete = {
  AWS_REGION: 'eu-central-1',
  DYNAMODB_TABLE_NAME: 'readings',
  DYNAMODB_AGGREGATE_TABLE_NAME: 'aggregates',
  DYNAMODB_IMPORTS_TABLE_NAME: 'imports',
  DYNAMODB_SESSIONS_TABLE_NAME: 'sessions',
  S3_BUCKET_NAME: 'uploads',
  UPLOADS_QUEUE_URL: 'https://sqs.example/1/uploads',
  COGNITO_CLIENT_ID: 'web',
  COGNITO_CLIENT_SECRET: 'secret',
  COGNITO_USER_POOL_ID: 'eu-central-1_AbCdEfGhI',
  COGNITO_ISSUERS: 'https://a.example/pool, https://b.example/pool',
  COGNITO_JWKS_URI: 'https://a.example/pool/.well-known/jwks.json',
  COGNITO_MACHINE_CLIENT_IDS: 'machine-1,machine-2',
  FRONTEND_URL: 'https://app.example.com',
};

type Variables = Record<string, string | undefined>;

function faultsOf(
  variables: Variables,
  read: (variables: Variables) => unknown = readApiEnvironment,
): readonly string[] {
  try {
    read(variables);
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
    'COGNITO_USER_POOL_ID',
    'COGNITO_JWKS_URI',
    'COGNITO_MACHINE_CLIENT_IDS',
    'FRONTEND_URL',
  ])('has no silent default for %s', (name) => {
    expect(faultsOf({ ...complete, [name]: undefined })).toEqual([`${name}: is missing`]);
  });
});

describe('the environment of the importer', () => {
  it('hands over with a minute left unless it is told otherwise', () => {
    expect(readImporterEnvironment(complete).IMPORT_HANDOVER_MS).toBe(60_000);
    expect(
      readImporterEnvironment({ ...complete, IMPORT_HANDOVER_MS: '1000' }).IMPORT_HANDOVER_MS,
    ).toBe(1000);
  });

  it.each(['60abc', '999', '600001', '-5', '1e4', ''])(
    'refuses an IMPORT_HANDOVER_MS of "%s"',
    (value) => {
      const faults = faultsOf({ ...complete, IMPORT_HANDOVER_MS: value }, readImporterEnvironment);

      expect(faults).toEqual(['IMPORT_HANDOVER_MS: must be a whole number from 1000 to 600000']);
    },
  );
});

describe('the earliest timestamp', () => {
  it('is an instant, and the year 2000 unless it is set', () => {
    const earliest = (EARLIEST_TIMESTAMP: string | undefined) =>
      readApiEnvironment({ ...complete, EARLIEST_TIMESTAMP }).EARLIEST_TIMESTAMP;

    expect(earliest(undefined)).toBe('2000-01-01T00:00:00.000000000Z');
    expect(earliest('1970-01-01T01:00+01')).toBe('1970-01-01T00:00:00.000000000Z');
  });

  it.each(['', '2000', '2000-01-01', '2000-01-01T00:00:00', '946684800'])(
    'is never "%s"',
    (EARLIEST_TIMESTAMP) => {
      const faults = faultsOf({ ...complete, EARLIEST_TIMESTAMP });

      expect(faults).toEqual([
        'EARLIEST_TIMESTAMP: must be an instant such as 2000-01-01T00:00:00Z',
      ]);
    },
  );
});

describe('the retention', () => {
  const readers = [readApiEnvironment, readImporterEnvironment, readAggregatorEnvironment];

  it('is off unless it is set, and the same number for everything that has to do with readings', () => {
    const daysWith = (variables: Variables) =>
      readers.map((read) => read({ ...complete, ...variables }).RETENTION_DAYS);

    expect(daysWith({})).toEqual([undefined, undefined, undefined]);
    expect(daysWith({ RETENTION_DAYS: '4' })).toEqual([4, 4, 4]);
  });

  it.each(['0', '3', '36501', '90d', '1e2', ''])('is not "%s"', (value) => {
    for (const read of [...readers, readStackEnvironment]) {
      expect(faultsOf({ ...complete, RETENTION_DAYS: value }, read)).toEqual([
        'RETENTION_DAYS: must be a whole number from 4 to 36500',
      ]);
    }
  });
});

describe('the time zone of the earlier service', () => {
  it('is that of São Paulo, or any other by its name', () => {
    expect(readApiEnvironment(complete).CIP_TIME_ZONE).toBe('America/Sao_Paulo');
    for (const CIP_TIME_ZONE of ['UTC', 'Europe/Berlin', 'Asia/Kolkata']) {
      expect(readApiEnvironment({ ...complete, CIP_TIME_ZONE }).CIP_TIME_ZONE).toMatch(
        /^(UTC|Europe\/Berlin|Asia\/(Kolkata|Calcutta))$/,
      );
    }
  });

  it.each(['Mars/Olympus', '', 'Sao Paulo', '25:00'])('is no zone: %j', (CIP_TIME_ZONE) => {
    expect(faultsOf({ ...complete, CIP_TIME_ZONE }, readApiEnvironment)).toHaveLength(1);
  });
});

describe('the environment of the embedded stack', () => {
  it('may be empty', () => {
    expect(readStackEnvironment({})).toEqual({
      EARLIEST_TIMESTAMP: '2000-01-01T00:00:00.000000000Z',
      HTTPS_PORT: 3443,
      LOG_LEVEL: 'info',
      PORT: 3000,
      FRONTEND_URL: 'none',
      SENSORFLOW_DATA_DIR: '.sensorflow',
      OPEN_HOUR_REFRESH_SECONDS: 5,
      STREAM_WINDOW_SECONDS: 1,
      SUMS_WINDOW_SECONDS: 1,
      SWEEP_DELAY_MINUTES: 15,
      VERIFY_SECOND_LOOK_MS: 5000,
    });
  });

  it.each([
    [{ STREAM_WINDOW_SECONDS: '5', SUMS_WINDOW_SECONDS: '5' }, 17_000],
    [{ STREAM_WINDOW_SECONDS: '0', SUMS_WINDOW_SECONDS: '0' }, 2000],
    [{ STREAM_WINDOW_SECONDS: '5' }, 9000],
    [{ SUMS_WINDOW_SECONDS: '10' }, 23_000],
    [{ STREAM_WINDOW_SECONDS: '300' }, 30_000],
    [{ SUMS_WINDOW_SECONDS: '60' }, 30_000],
    [{ STREAM_WINDOW_SECONDS: '5', VERIFY_SECOND_LOOK_MS: '0' }, 0],
  ])('with %j waits for the aggregates before a difference counts', (variables, waitMs) => {
    expect(readStackEnvironment(variables).VERIFY_SECOND_LOOK_MS).toBe(waitMs);
  });

  it('is refused with every fault at once', () => {
    const faults = faultsOf(
      { LOG_LEVEL: 'loud', PORT: '0', FRONTEND_URL: '*', SENSORFLOW_DATA_DIR: '' },
      readStackEnvironment,
    );

    expect(faults).toHaveLength(4);
  });
});

describe('the API on a plant’s network', () => {
  const lan = {
    LAN_HOST: '192.168.4.20',
    LAN_HTTPS_PORT: '3443',
    LAN_CERTIFICATE_FILE: '/a/server.pem',
    LAN_KEY_FILE: '/a/server.pem',
    LAN_S3_URL: 'http://127.0.0.1:4566',
    LAN_TOKEN_URL: 'http://127.0.0.1:4567/oauth2/token',
  };

  it('is nowhere unless its variables are there', () => {
    expect(readLanEnvironment({ HTTPS_PORT: '3443' })).toBeUndefined();
    expect(readLanEnvironment(lan)).toEqual({ ...lan, LAN_HTTPS_PORT: 3443 });
  });

  it('wants all of them', () => {
    expect(faultsOf({ LAN_HTTPS_PORT: '0' }, readLanEnvironment)).toHaveLength(6);
  });
});

/** The variables that environment.ts reads. */
function namesRead(): readonly string[] {
  const source = readFileSync(new URL('./environment.ts', import.meta.url), 'utf8');
  return Array.from(source.matchAll(/^ +([A-Z][A-Z0-9_]+):/gm), ([, name = '']) => name);
}

describe('the file .env.example', () => {
  const text = readFileSync(new URL('../../../../.env.example', import.meta.url), 'utf8');
  const entries = Array.from(text.matchAll(/^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$/gm));
  const shown = parseEnv(text.replaceAll(/^# (?=[A-Z][A-Z0-9_]+=)/gm, ''));

  it('has every variable once', () => {
    const names = entries.map(([, name = '']) => name);
    const shared = [
      'AGGREGATE_SHARDS',
      'RETENTION_DAYS',
      'EARLIEST_TIMESTAMP',
      'SWEEP_DELAY_MINUTES',
    ];
    const read = new Set([...namesRead(), ...shared]);
    // It says which file is read.
    read.delete('SENSORFLOW_ENV_FILE');
    // The embedded stack alone sets them.
    for (const name of read) if (name.startsWith('LAN_')) read.delete(name);

    expect(names.toSorted()).toEqual([...read].toSorted());
  });

  it('says above each what it is for', () => {
    const silent = entries.filter(
      ({ index }) => !/\n# [A-Za-z][^\n=]+\n$/.test(text.slice(0, index)),
    );

    expect(silent.map(([line]) => line)).toEqual([]);
  });

  it('shows the defaults', () => {
    const said = Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== ''));
    const { OPEN_HOUR_REFRESH_SECONDS, ...all } = said;

    expect(readApiEnvironment({ ...complete, ...all })).toEqual(
      readApiEnvironment({ ...complete, FRONTEND_URL: 'none' }),
    );
    expect(readImporterEnvironment({ ...complete, ...all })).toEqual(
      readImporterEnvironment(complete),
    );
    expect(readStackEnvironment({ ...all, OPEN_HOUR_REFRESH_SECONDS })).toEqual(
      readStackEnvironment({}),
    );
    expect(Object.keys(said).length).toBeGreaterThan(15);
  });

  it('copied as it is, leaves the embedded stack with its defaults', () => {
    expect(readStackEnvironment(parseEnv(text))).toEqual(readStackEnvironment({}));
  });

  it('copied as it is, has the API name what is still to be filled in', () => {
    const names = faultsOf(parseEnv(text)).map((fault) => fault.replace(/:.*/s, ''));

    expect(names.toSorted()).toEqual(
      entries
        .filter(([line, , value]) => !line.startsWith('#') && value === '')
        .map(([, name = '']) => name)
        .toSorted(),
    );
    expect(names.length).toBeGreaterThan(10);
  });
});

describe('the table of variables in docs/configuration.md', () => {
  const page = readFileSync(new URL('../../../../docs/configuration.md', import.meta.url), 'utf8');
  const rows = Array.from(page.matchAll(/^\| `([A-Z_]+)`.*?\|.*?\|(.*)\|$/gm));
  const bounded = rows.flatMap(([, name = '', meaning = '']) => {
    const [, min, max] = / ([\d,]+)(?: \(\w+\))? to ([\d,]+)/.exec(meaning) ?? [];
    return min && max ? [[name, min.replaceAll(',', ''), max.replaceAll(',', '')] as const] : [];
  });

  it('names every variable that is read', () => {
    const read = new Set(namesRead());

    expect(read.size).toBeGreaterThan(30);
    expect([...read].filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('says within which bounds a number must be', () => {
    expect(bounded.map(([name]) => name)).toEqual([
      'MACHINE_REQUESTS_PER_MINUTE',
      'TRUSTED_PROXY_HOPS',
      'SHUTDOWN_GRACE_MS',
      'UPLOAD_MAX_BYTES',
      'AGGREGATE_SHARDS',
      'OPEN_HOUR_REFRESH_SECONDS',
      'IMPORT_HANDOVER_MS',
      'IMPORT_CALLS',
      'IMPORTS_PER_CALLER',
      'RETENTION_DAYS',
      'VERIFY_SECOND_LOOK_MS',
      'SWEEP_DELAY_MINUTES',
    ]);
  });

  it.each(bounded)('has those of %s: %s to %s', (name, min, max) => {
    const readers = [readApiEnvironment, readAggregatorEnvironment, readImporterEnvironment];
    const faults = readers.flatMap((read) => faultsOf({ ...complete, [name]: 'many' }, read));

    expect(new Set(faults)).toEqual(
      new Set([`${name}: must be a whole number from ${min} to ${max}`]),
    );
  });
});
