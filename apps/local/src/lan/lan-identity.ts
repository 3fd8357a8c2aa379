import type { RunningCognitoServer } from '../cognito/cognito-server.js';
import type { PoolUser } from '../cognito/pool-user.js';
import {
  DEMO_USERNAME,
  ensureMachineClient,
  ensurePool,
  type ClientIdentity,
  type PoolIdentity,
} from '../stack/identity.js';
import { newPassword } from '../stack/installation.js';

export interface TemporaryLogin {
  readonly username: string;
  readonly temporaryPassword: string;
}

/** Who may call from the network: nobody of the demonstration. */
export interface LanIdentity extends PoolIdentity {
  readonly machineClient: ClientIdentity;
  /** Who logs in first, as long as no administrator has; each start makes a new password. */
  readonly firstAdministrator: TemporaryLogin | undefined;
}

const ADMINISTRATORS = 'admins';
const FIRST_NAME = 'admin';

/**
 * Makes what is missing of the pool. The passwords and secrets of the demonstration have been on a terminal: the demo
 * user is locked out, and the API is told of a machine client of its own.
 */
export async function ensureLanIdentity(cognito: RunningCognitoServer): Promise<LanIdentity> {
  const pool = await ensurePool(cognito);
  const { userPoolId } = pool;
  await cognito.pools.lockOut(userPoolId, DEMO_USERNAME, newPassword());
  return {
    ...pool,
    machineClient: ensureMachineClient(cognito, userPoolId, 'lan-machine'),
    firstAdministrator: await firstAdministrator(cognito, userPoolId),
  };
}

async function firstAdministrator(
  { pools }: RunningCognitoServer,
  poolId: string,
): Promise<TemporaryLogin | undefined> {
  const administrators = pools
    .membersOf(poolId, ADMINISTRATORS)
    .filter(({ username, enabled }) => username !== DEMO_USERNAME && enabled);
  if (administrators.some(({ status }) => status === 'CONFIRMED')) return undefined;
  const waiting = administrators.find(isFirst);
  if (!waiting && administrators.length > 0) return undefined;
  const temporaryPassword = newPassword();
  const username = waiting?.username ?? freeName(pools, poolId);
  const user = { username, password: temporaryPassword, permanent: false };
  if (waiting) await pools.setUserPassword(poolId, username, temporaryPassword, false);
  else await pools.ensureUser(poolId, { ...user, groups: [ADMINISTRATORS] });
  return { username, temporaryPassword };
}

function isFirst({ username }: PoolUser): boolean {
  return /^admin(?:-\d+)?$/.test(username);
}

/** Whoever is there already, disabled perhaps, stays as they are. */
function freeName(pools: RunningCognitoServer['pools'], poolId: string): string {
  for (let number = 1; ; number += 1) {
    const name = number === 1 ? FIRST_NAME : `${FIRST_NAME}-${number}`;
    if (!pools.hasUser(poolId, name)) return name;
  }
}
