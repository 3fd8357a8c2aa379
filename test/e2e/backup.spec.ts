import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ApiClient, basic, machineToken } from '../support/api-client.js';
import { runBuilt, type CommandEnd } from '../support/built-command.js';
import { LocalStack, temporaryFolder } from '../support/local-stack.js';
import { allReadings, importFile } from '../support/sensorflow.js';

const folder = temporaryFolder();
const backup = join(folder, 'backup');
const stacks: LocalStack[] = [];

async function aStack(dataDir: string): Promise<LocalStack> {
  const stack = await LocalStack.start({ dataDir });
  stacks.push(stack);
  return stack;
}

async function adminOf({ announcement }: LocalStack): Promise<ApiClient> {
  return (await ApiClient.connect(announcement.baseUrl)).withToken(
    await machineToken(announcement),
  );
}

function restore(dataDir: string, ...args: string[]) {
  return runBuilt('local/src/restore/main.js', [backup, ...args], { SENSORFLOW_DATA_DIR: dataDir });
}

/** Writes one reading after the other until it is stopped; knows which were acknowledged. */
class Writer {
  readonly acknowledged: number[] = [];
  private isStopped = false;
  private readonly written: Promise<void>;

  constructor(private readonly api: ApiClient) {
    this.written = this.write();
  }

  async atLeast(count: number): Promise<void> {
    while (this.acknowledged.length < count) await delay(5);
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.written;
  }

  private async write(): Promise<void> {
    for (let value = 0; !this.isStopped; value += 1) {
      const timestamp = new Date(Date.UTC(2023, 1, 15) + value * 60_000).toISOString();
      const reading = { equipmentId: 'EQ-WRITTEN', timestamp, value };
      if ((await this.api.post('/sensor-data', reading)).status === 201) {
        this.acknowledged.push(value);
      }
    }
  }
}

async function invited(admin: ApiClient, username: string): Promise<void> {
  const { body } = await admin.post('/users', { username, group: 'operators' });
  const headers = { authorization: basic(username, body.temporaryPassword) };
  await admin.send('POST', '/auth/password', {
    json: { newPassword: passwordOf(username) },
    headers,
  });
}

function passwordOf(username: string): string {
  return `Correct-Horse-42-${username}`;
}

async function loginStatus({ announcement }: LocalStack, username: string): Promise<number> {
  const headers = { authorization: basic(username, passwordOf(username)) };
  return (await fetch(`${announcement.baseUrl}/auth/login`, { method: 'POST', headers })).status;
}

async function keyStatus({ announcement }: LocalStack, key: string): Promise<number> {
  const headers = { 'x-api-key': key };
  return (await fetch(`${announcement.baseUrl}/auth/me`, { headers })).status;
}

describe('a backup of a stack that writes', () => {
  const present = join(folder, 'present');
  const elsewhere = join(folder, 'elsewhere');
  const keys: { readonly keyId: string; readonly key: string }[] = [];
  let before: readonly number[];
  let taken: CommandEnd;

  beforeAll(async () => {
    const stack = await aStack(present);
    const admin = await adminOf(stack);
    for (const name of ['revoked later', 'stays']) {
      keys.push((await admin.post('/api-keys', { name, scopes: ['sensorflow/read'] })).body);
    }
    for (const username of ['ada', 'bob']) await invited(admin, username);
    const csv = 'equipmentId,timestamp,value\nEQ-FILE,2023-02-15T06:30:00Z,1\n';
    await importFile(admin, 'before.csv', csv);
    const writer = new Writer(admin);
    await writer.atLeast(30);
    before = [...writer.acknowledged];

    taken = await runBuilt('local/src/backup/main.js', [backup], {
      SENSORFLOW_DATA_DIR: present,
    });

    const during = writer.acknowledged.length;
    await writer.atLeast(during + 5);
    await writer.stop();
    await admin.send('DELETE', `/api-keys/${keys[0]?.keyId}`);
    await admin.send('PATCH', '/users/ada', { json: { enabled: false } });
  });

  afterAll(async () => {
    for (const stack of stacks) await stack.killEverything();
    rmSync(folder, { recursive: true, force: true });
  });

  it('says what is in it', () => {
    expect(taken.printed).toMatch(/everything that was acknowledged until .*, checked\n$/);
    expect(taken.exitCode).toBe(0);
  });

  it('is refused while the stack runs', async () => {
    const refused = await restore(present, '--yes');

    expect(refused.exitCode).toBe(1);
    expect(refused.printed).toMatch(/^Another SensorFlow is running on .*\n$/);
  });

  it('brings everything acknowledged before it to another folder, after being told that access is as of then', async () => {
    await stacks[0]?.killEverything();
    const refused = await restore(elsewhere);
    expect(refused.exitCode).toBe(1);
    expect(refused.printed).toMatch(
      /^It is unknown which keys were revoked .* Add --yes to continue\.\n$/,
    );
    expect(readdirSync(elsewhere)).toEqual(['lock.db']);

    expect((await restore(elsewhere, '--yes')).exitCode).toBe(0);

    const stack = await aStack(elsewhere);
    const admin = await adminOf(stack);
    const readings = await allReadings(admin, 'EQ-WRITTEN');
    const values = new Set(readings.map(({ value }) => value));
    expect(before.filter((value) => !values.has(value))).toEqual([]);
    expect(await allReadings(admin, 'EQ-FILE')).toHaveLength(1);
    expect(await keyStatus(stack, keys[0]?.key ?? '')).toBe(200);
    const verified = await runBuilt('verify/src/main.js', [], { SENSORFLOW_DATA_DIR: elsewhere });
    expect(verified.printed).toMatch(/^[1-9]\d* aggregates checked, 0 differences/);
    expect(verified.exitCode).toBe(0);
    await stack.interrupt();
  });

  it('replaces present data only with --yes, and restores no access that was lost since', async () => {
    const refused = await restore(present);
    expect(refused.exitCode).toBe(1);
    expect(refused.printed).toMatch(
      /^The data in .* will be kept aside.* Add --yes to continue\.\n$/,
    );

    expect((await restore(present, '--yes')).exitCode).toBe(0);

    const stack = await aStack(present);
    expect(await keyStatus(stack, keys[0]?.key ?? '')).toBe(401);
    expect(await keyStatus(stack, keys[1]?.key ?? '')).toBe(200);
    expect(await loginStatus(stack, 'ada')).toBe(401);
    expect(await loginStatus(stack, 'bob')).toBe(200);
    const aside = readdirSync(present).find((name) => name.startsWith('replaced-'));
    expect(readdirSync(join(present, aside ?? ''))).toContain('dynamodb.db');
    await stack.interrupt();
  });

  it.each(['dynamodb.db', 'installation.json'])(
    'is refused when its %s is damaged',
    async (name) => {
      const there = readdirSync(elsewhere).toSorted();
      writeFileSync(join(backup, name), 'x', { flag: 'r+' });

      const refused = await restore(elsewhere, '--yes');

      expect(refused.exitCode).toBe(1);
      expect(refused.printed).toMatch(/^The backup .* is damaged: .* Nothing was changed\.\n$/);
      expect(readdirSync(elsewhere).toSorted()).toEqual(there);
    },
  );
});
