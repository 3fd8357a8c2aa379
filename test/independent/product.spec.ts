import {
  AdminAddUserToGroupCommand,
  AdminCreateUserCommand,
  AdminSetUserPasswordCommand,
  CognitoIdentityProviderClient,
  DescribeUserPoolClientCommand,
} from '@aws-sdk/client-cognito-identity-provider';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, basic, eventually } from '../support/api-client.js';
import { foldFile, REAL_FILES, realFile } from '../support/fold-file.js';
import { freePort } from '../../bench/free-port.ts';
import { aggregatedHours, importFile, knownEquipment } from '../support/sensorflow.js';
import { runVerify } from '../support/verification.js';
import { CREDENTIALS } from './implementation.js';
import { REGION, runScript } from './ministack.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const MAIN = fileURLToPath(new URL('../../dist/apps/api/src/main.js', import.meta.url));
/** Ends the API when the tests that started it are gone, however they went. */
const END_WITH_SUPERVISOR = new URL(
  '../../dist/apps/local/src/end-with-supervisor.js',
  import.meta.url,
).href;
const PASSWORD = 'Correct-horse-7';
const SCOPES = ['read', 'write', 'import', 'admin'].map((name) => `sensorflow/${name}`).join(' ');

const { endpoint, stacks, apiVariables } = inject('deployment');
const userPoolId = idOf('identity', 'AWS::Cognito::UserPool');
const machineClientId = apiVariables['COGNITO_MACHINE_CLIENT_IDS'] ?? '';
const cognito = new CognitoIdentityProviderClient({
  endpoint,
  region: REGION,
  credentials: CREDENTIALS,
});

let child: ChildProcess;
let baseUrl: string;
let api: ApiClient;
let token: string;

beforeAll(async () => {
  await createUser('anna', 'admins');
  await startApi();
  token = await machineToken();
  api = (await ApiClient.connect(baseUrl)).withToken(token);
});

afterAll(async () => {
  child.kill('SIGTERM');
  if (child.exitCode === null) await once(child, 'exit');
  cognito.destroy();
});

function idOf(stack: string, type: string): string {
  const found = (stacks[stack] ?? []).filter((resource) => resource.type === type);
  if (found.length !== 1) throw new Error(`${found.length} resources ${type} in ${stack}`);
  return found[0]?.id ?? '';
}

async function createUser(Username: string, GroupName: string): Promise<void> {
  const user = { UserPoolId: userPoolId, Username };
  await cognito.send(new AdminCreateUserCommand({ ...user, MessageAction: 'SUPPRESS' }));
  await cognito.send(
    new AdminSetUserPasswordCommand({ ...user, Password: PASSWORD, Permanent: true }),
  );
  await cognito.send(new AdminAddUserToGroupCommand({ ...user, GroupName }));
}

/** As the task definition starts it; what is added stands in for the task's role and AWS's host names. */
async function startApi(): Promise<void> {
  const port = await freePort();
  baseUrl = `http://127.0.0.1:${port}`;
  child = spawn(process.execPath, ['--import', END_WITH_SUPERVISOR, MAIN], {
    env: {
      ...apiVariables,
      HOST: '127.0.0.1',
      PORT: String(port),
      LOG_LEVEL: 'warn',
      SENSORFLOW_ENV_FILE: 'none',
      SHUTDOWN_GRACE_MS: '0',
      AWS_ENDPOINT_URL: endpoint,
      AWS_EC2_METADATA_DISABLED: 'true',
      NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'],
      COGNITO_JWKS_URI: `${endpoint}/${userPoolId}/.well-known/jwks.json`,
    },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await eventually(
    async () => fetch(`${baseUrl}/health/ready`).then(({ status }) => status, String),
    (status) => status === 200 || child.exitCode !== null,
  );
}

async function machineToken(): Promise<string> {
  const { UserPoolClient } = await cognito.send(
    new DescribeUserPoolClientCommand({ UserPoolId: userPoolId, ClientId: machineClientId }),
  );
  const response = await fetch(`${endpoint}/oauth2/token`, {
    method: 'POST',
    headers: { authorization: basic(machineClientId, UserPoolClient?.ClientSecret ?? '') },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: SCOPES }),
  });
  const answer: { readonly access_token: string } = JSON.parse(await response.text());
  return answer.access_token;
}

/** Answers what it printed; throws when it fails. */
function python(args: readonly string[], pythonPath = ''): string {
  const interpreter = process.env['INDEPENDENT_PYTHON'] ?? 'python3';
  const env = { ...process.env, PYTHONPATH: pythonPath, PYTHONDONTWRITEBYTECODE: '1' };
  const { status, stdout, stderr } = spawnSync(interpreter, args, { env, encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout + stderr);
  return stdout + stderr;
}

describe('the built product on another AWS', () => {
  it('logs a person in, who reads by cookie until the logout', async () => {
    const login = await fetch(`${baseUrl}/auth/login`, {
      method: 'POST',
      headers: { authorization: basic('anna', PASSWORD) },
    });
    const cookie = login.headers.getSetCookie()[0]?.split(';', 1)[0] ?? '';
    const anna = (await ApiClient.connect(baseUrl)).withCookie(cookie);
    const before = await anna.get('/equipment');
    const logout = await anna.send('POST', '/auth/logout');

    expect([login.status, before.status]).toEqual([200, 200]);
    expect(logout.status).toBeLessThan(300);
    expect((await anna.get('/equipment')).status).toBe(401);
  });

  it('refuses a wrong password', async () => {
    const login = await fetch(`${baseUrl}/auth/login`, {
      method: 'POST',
      headers: { authorization: basic('anna', `${PASSWORD}x`) },
    });

    expect(login.status).toBe(401);
  });

  it('records one reading and a batch, and shows their hours', async () => {
    const one = { equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 1.5 };
    const more = Array.from({ length: 100 }, (_, n) => ({
      ...one,
      timestamp: new Date(Date.UTC(2023, 1, 15, 7, 0, n)).toISOString(),
      value: n / 10,
    }));

    const single = await api.post('/sensor-data', one);
    const batch = await api.post('/sensor-data/batch', more);

    expect([single.status, batch.status]).toEqual([201, 201]);
    const range = { from: '2023-02-15T00:00:00Z', to: '2023-02-16T00:00:00Z' };
    const { items } = await eventually(
      async () => aggregatedHours(api, { equipmentId: 'EQ-1', ...range }),
      (hours) => hours.totalCount === 101 && hours.items.length === 2,
      60_000,
    );
    expect(items.toSorted((a, b) => a.intervalStart - b.intervalStart)).toMatchObject([
      { total: '1.5', sampleCount: 1 },
      { total: '495', sampleCount: 100 },
    ]);
  });

  it('works with the client that openapi-python-client makes of its document', () => {
    const folder = mkdtempSync(join(process.env['INDEPENDENT_TEMPORARY'] ?? '', 'client-'));
    const source = [
      '--url',
      `${baseUrl}/openapi.json`,
      '--config',
      join(HERE, 'openapi-client.yaml'),
    ];
    const target = ['--meta', 'none', '--output-path', join(folder, 'sensorflow_client')];

    const printed = python(['-m', 'openapi_python_client', 'generate', ...source, ...target]);
    python(['-m', 'compileall', '-q', folder]);
    const used = python([join(HERE, 'use_client.py'), baseUrl, token], folder);

    expect(printed.match(/^WARNING.*|^Unsupported.*/gm)).toEqual([
      'WARNING parsing POST /sensor-data/batch within sensor_data.',
      'Unsupported content type application/x-ndjson',
    ]);
    expect(JSON.parse(used)).toEqual({
      recorded: 78.42,
      batch: 1,
      refused: 'invalid-reading',
      listed: ['2023-02-15T06:30:00+00:00', '2023-02-15T06:31:00+00:00'],
    });
  });

  it('imports a recording by presigned URL and aggregates it as an independent fold does', async () => {
    const [{ fileName, equipmentId, from, to }] = REAL_FILES;
    const csv = realFile(fileName).toString('utf8').split('\n').slice(0, 1001).join('\n');
    const expected = foldFile(csv);

    const done = await importFile(api, fileName, csv);

    expect(done).toMatchObject({ status: 'completed', rows: { accepted: 1000 } });
    const { items } = await eventually(
      async () => aggregatedHours(api, { equipmentId, from, to }),
      (hours) => hours.totalCount === 1000,
      90_000,
    );
    expect(items).toMatchObject(expected);
    const ids = (await knownEquipment(api)).map((equipment) => equipment.equipmentId);
    expect(ids).toEqual(expect.arrayContaining([equipmentId]));
  });

  it('verifies clean what its schedule has closed', async () => {
    await runScript('close_hours.py', endpoint, REGION, 'close-hours');

    const verified = await eventually(
      async () => runVerify({ SENSORFLOW_URL: baseUrl, SENSORFLOW_TOKEN: token }),
      ({ exitCode }) => exitCode === 0,
      60_000,
      1000,
    );

    // The readings of a moment ago lie in an hour that is open.
    expect(verified.printed).toMatch(
      /^[1-9]\d* aggregates checked, 0 differences, open hours left out$/m,
    );
  });
});
