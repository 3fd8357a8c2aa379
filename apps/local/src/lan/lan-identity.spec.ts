import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startCognitoServer, type RunningCognitoServer } from '../cognito/cognito-server.js';
import { ensureIdentity } from '../stack/identity.js';
import { ensureLanIdentity } from './lan-identity.js';

const DEMO_PASSWORD = 'Correct-horse-battery-7';

let folder: string;
let cognito: RunningCognitoServer;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sensorflow-lan-identity-'));
  const credentials = { accessKeyId: 'local', secretAccessKey: 'local' };
  cognito = await startCognitoServer({ dataDir: folder, port: 0, region: 'local', credentials });
});

afterEach(async () => {
  await cognito.close();
  rmSync(folder, { recursive: true });
});

async function poolId(): Promise<string> {
  return (await cognito.pools.ensurePool('sensorflow')).id;
}

async function addAdministrator(username: string): Promise<void> {
  const user = { username, password: 'Correct-horse-battery-8', permanent: true };
  await cognito.pools.ensureUser(await poolId(), { ...user, groups: ['admins'] });
}

describe('on a network', () => {
  it('an administrator has a new temporary password at each start until it was used', async () => {
    const { firstAdministrator: first } = await ensureLanIdentity(cognito);
    const { firstAdministrator: second } = await ensureLanIdentity(cognito);
    await cognito.pools.setUserPassword(await poolId(), 'admin', 'Correct-horse-battery-9', true);
    const { firstAdministrator: third } = await ensureLanIdentity(cognito);

    expect([first?.username, second?.username, third]).toEqual(['admin', 'admin', undefined]);
    expect(second?.temporaryPassword).not.toBe(first?.temporaryPassword);
  });

  it('whoever is an administrator already needs no other', async () => {
    await ensureLanIdentity(cognito);
    await addAdministrator('ada');

    expect((await ensureLanIdentity(cognito)).firstAdministrator).toBeUndefined();
  });

  it('an administrator who was disabled stays so, and another comes first', async () => {
    await ensureLanIdentity(cognito);
    cognito.pools.setUserEnabled(await poolId(), 'admin', false);

    const { firstAdministrator } = await ensureLanIdentity(cognito);

    expect(firstAdministrator?.username).toBe('admin-2');
    const members = cognito.pools.membersOf(await poolId(), 'admins');
    expect(members.map(({ username, enabled }) => [username, enabled])).toEqual([
      ['admin', false],
      ['admin-2', true],
    ]);
  });

  it('nobody knows the password of the demo user, whose own comes back on loopback', async () => {
    await ensureIdentity(cognito, DEMO_PASSWORD);
    const hashOf = async () => {
      const members = cognito.pools.membersOf(await poolId(), 'admins');
      return members.find(({ username }) => username === 'demo')?.passwordHash;
    };
    const before = await hashOf();

    await ensureLanIdentity(cognito);
    const amid = await hashOf();
    await ensureIdentity(cognito, DEMO_PASSWORD);

    expect(amid).not.toBe(before);
    expect(await hashOf()).not.toBe(amid);
  });

  it('machines have another client than that of the demonstration', async () => {
    const demo = await ensureIdentity(cognito, DEMO_PASSWORD);
    const lan = await ensureLanIdentity(cognito);

    expect(lan.machineClient.id).not.toBe(demo.machineClient.id);
    expect((await ensureLanIdentity(cognito)).machineClient).toEqual(lan.machineClient);
  });
});
