import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NAMED_TABLES } from '../../apps/local/src/stack/cloud.ts';
import { ApiClient, basic, eventually, machineToken } from '../../test/support/api-client.ts';
import { ApiProcess } from '../../test/support/api-process.ts';
import { LocalStack, temporaryFolder } from '../../test/support/local-stack.ts';
import {
  aggregatedHours,
  importFile,
  knownEquipment,
  undoneImport,
} from '../../test/support/sensorflow.ts';
import { tableName } from '../lib/names.ts';
import { permissionsOfRole, type Permission } from './support/policies.ts';
import { RoleGate, shortened } from './support/role-gate.ts';
import { DEV, regional } from './support/templates.ts';

const LAMBDAS = join(import.meta.dirname, '../../dist/lambdas');
const DAY = { from: '2023-02-15T00:00:00Z', to: '2023-02-16T00:00:00Z' };
/** Of several hours, so that they are several blocks. */
const BATCH = [4, 5, 6].map((hour) => reading(`2023-02-15T0${hour}:01:00Z`));
const MANY_ROWS = Array.from(
  { length: 100 },
  (_none, index) => `EQ-ROLE,2023-02-15T${10 + (index % 2)}:00:00.${100 + index}Z,1`,
);
const ROLES = {
  api: permissionsOfRole(regional(DEV), 'apitaskrole'),
  'csv-importer': permissionsOfRole(regional(DEV), 'importercsvimporter'),
  'stream-aggregator': permissionsOfRole(regional(DEV), 'aggregatorstreamaggregator'),
};

/** The built API and the bundles on the embedded stack, each with the rights of its role and no others. */
describe('the roles at work', () => {
  const folder = temporaryFolder();
  const gates = new Map<string, RoleGate>();
  const { promise: refusal, reject } = Promise.withResolvers<never>();
  let stack: LocalStack;
  let api: ApiProcess | undefined;

  beforeAll(async () => {
    for (const [name, permissions] of Object.entries(ROLES)) {
      const onRefused = (need: string) => reject(new Error(`${name} may not ${need}`));
      gates.set(name, await RoleGate.start(permissions, onRefused));
    }
    for (const name of ['csv-importer', 'stream-aggregator']) writeGatedBundle(folder, name);
    // It calls SNS alone, which has no gate.
    writeBundle(folder, 'live-publisher', {});
    // The streams are to be slower than a repair, so that there is something to be repaired.
    stack = await LocalStack.start({
      variables: { SENSORFLOW_LAMBDAS_DIR: folder, STREAM_WINDOW_SECONDS: '8' },
    });
    const { dynamodb, s3 } = stack.announcement.endpoints;
    for (const gate of gates.values()) gate.open({ dynamodb, s3, tableNames: roleTableNames() });
    // A second look at once still sees what the streams have not brought yet.
    const hasty = { VERIFY_SECOND_LOOK_MS: '0' };
    const variables = { ...variablesOfOwnApi(stack), ...gateOf('api').variables(), ...hasty };
    const started = ApiProcess.start(stack.announcement, stack.dataDir, variables);
    api = await Promise.race([started, refusal]);
  });

  afterAll(async () => {
    api?.child.kill('SIGTERM');
    await api?.exit();
    await stack.stopAndForget();
    for (const gate of gates.values()) gate.close();
    rmSync(folder, { recursive: true });
  });

  it('allow all that a day asks for', { timeout: 120_000 }, async () => {
    const day = liveADay(await ApiClient.connect(api?.baseUrl ?? ''), stack);

    await expect(Promise.race([day, refusal])).resolves.toBeUndefined();
  });

  it.each(Object.entries(ROLES))('allow nothing else on tables: %s', (name, role) => {
    const used = [...gateOf(name).used].map(withoutIndex).filter((need) => / table\//.test(need));

    expect([...new Set(used)].toSorted()).toEqual(tableRightsOf(role));
  });

  function gateOf(name: string): RoleGate {
    const gate = gates.get(name);
    if (gate === undefined) throw new Error(`no gate for ${name}`);
    return gate;
  }

  /** A module that sends the real bundle's calls to its gate. */
  function writeGatedBundle(parent: string, name: string): void {
    writeBundle(parent, name, gateOf(name).variables());
  }

  function writeBundle(parent: string, name: string, variables: object): void {
    const bundle = JSON.stringify(join(LAMBDAS, name, 'index.mjs'));
    mkdirSync(join(parent, name));
    writeFileSync(
      join(parent, name, 'index.mjs'),
      `Object.assign(process.env, ${JSON.stringify(variables)});
       export const { handler } = await import(${bundle});`,
    );
  }
});

/** Everything that calls AWS, once. */
async function liveADay(anybody: ApiClient, { announcement }: LocalStack): Promise<void> {
  const { username, password } = announcement.user;
  const headers = { authorization: basic(username, password) };
  const client = anybody.withToken(await machineToken(announcement));

  const login = await anybody.send('POST', '/auth/login', { headers });
  const single = await client.post('/sensor-data', reading('2023-02-15T06:00:00Z'));
  const batch = await client.post('/sensor-data/batch', BATCH);
  const latest = await client.get('/sensor-data/EQ-ROLE/latest');
  const imported = await importFile(client, 'one.csv', csv(['EQ-ROLE,2023-02-15T07:00:00Z,1']));
  const faulty = await importFile(client, 'faulty.csv', csv(['EQ-ROLE,never,1', ...MANY_ROWS]));
  // The second has the importer ask how many metric names the equipment has.
  const wide = await importFile(client, 'wide.csv', wideCsv('a'));
  const wider = await importFile(client, 'wider.csv', wideCsv('b'));
  const { body } = await client.get(`/sensor-data/uploads/${faulty.uploadId}`);
  const report = await fetch(body.errorReportUrl);
  const imports = await client.get('/sensor-data/uploads');
  expect([login, single, batch, latest].map(({ status }) => status)).toEqual([200, 201, 201, 200]);
  expect([imported.status, faulty.status]).toEqual(['completed', 'completed-with-errors']);
  expect([wide.status, wider.status]).toEqual(['completed', 'completed']);
  expect([report.status, imports.status]).toEqual([200, 200]);

  await eventually(
    async () => aggregatedHours(client, DAY),
    ({ totalCount }) => totalCount === 1 + BATCH.length + 1 + MANY_ROWS.length,
  );
  await aggregatedHours(client, { ...DAY, equipmentId: 'EQ-ROLE' });
  await knownEquipment(client);
  await repairSomething(client);
  const removed = await client.send('DELETE', '/sensor-data/EQ-ROLE/2023-02-15T06%3A00%3A00Z');
  const undone = await undoneImport(client, wide.uploadId);
  const logout = await client.send('POST', '/auth/logout');

  expect([removed.status, undone.status, logout.status]).toEqual([204, 'undone', 200]);
}

/** Before the streams bring it, unless their window ends at this very moment. */
async function repairSomething(client: ApiClient): Promise<void> {
  let minute = 10;
  const repaired = await eventually(
    async () => {
      await client.post('/sensor-data', reading(`2023-02-15T08:${(minute += 1)}:00Z`));
      return client.send('POST', '/sensor-data/aggregated/repair', { query: DAY });
    },
    ({ body }) => body.repaired > 0,
  );
  expect(repaired.status).toBe(200);
}

function reading(timestamp: string) {
  return { equipmentId: 'EQ-ROLE', timestamp, value: 1 };
}

function wideCsv(prefix: string): string {
  const metrics = Array.from({ length: 64 }, (_none, index) => `${prefix}${index}`);
  const row = ['EQ-WIDE', '2023-02-15T07:00:00Z', ...metrics.map(() => '1')];
  return `${['equipmentId', 'timestamp', ...metrics].join()}\n${row.join()}`;
}

function csv(rows: readonly string[]): string {
  return ['equipmentId,timestamp,value', ...rows].join('\n');
}

function roleTableNames(): ReadonlyMap<string, string> {
  return new Map(NAMED_TABLES.map(({ name, definition }) => [name, tableName('dev', definition)]));
}

/** What the stack tells the API that it starts itself, the web client's secret included. */
function variablesOfOwnApi(stack: LocalStack): Record<string, string> {
  const commands = stack.processIds().map((pid) => [pid, read(pid, 'cmdline').join(' ')] as const);
  const [pid] = commands.find(([, command]) => command.includes('apps/api/src/main.js')) ?? [];
  if (pid === undefined) throw new Error('the stack runs no API');
  return Object.fromEntries(read(pid, 'environ').map((line) => line.split(/=(.*)/s).slice(0, 2)));
}

function read(pid: number, file: 'cmdline' | 'environ'): readonly string[] {
  return readFileSync(`/proc/${pid}/${file}`, 'utf8').split('\0').filter(Boolean);
}

function tableRightsOf(role: readonly Permission[]): readonly string[] {
  const rights = role.flatMap(({ action, resources }) =>
    resources.map((resource) => `${action} ${shortened(resource)}`),
  );
  return rights.filter((right) => /^dynamodb:\w+ table\/[^/]+$/.test(right)).toSorted();
}

function withoutIndex(need: string): string {
  return need.replace(/\/index\/.*$/, '');
}
