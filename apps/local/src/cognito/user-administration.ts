import { randomUUID } from 'node:crypto';
import type { Clock } from '@sensorflow/kernel';
import { CognitoError, invalidParameter, resourceNotFound } from './cognito-error.js';
import { hashPassword } from './password-hash.js';
import { checkPasswordPolicy } from './password-policy.js';
import type { PoolAdministration } from './pool-administration.js';
import type { PoolStore } from './pool-store.js';
import type { PoolUser } from './pool-user.js';
import type { SignInStore } from './sign-in-store.js';
import type { UserStore } from './user-store.js';
import { usernameKey } from './username.js';

/** A user to be made; a password that is not permanent must be changed at the first sign-in. */
export interface NewPoolUser {
  readonly username: string;
  readonly password: string;
  readonly permanent: boolean;
  readonly attributes?: Readonly<Record<string, string>>;
}

/** Where users are kept and what must follow when they change. */
export interface UserStores {
  readonly pools: PoolStore;
  readonly users: UserStore;
  readonly signIns: SignInStore;
}

export interface UserPageRequest {
  readonly limit: number;
  readonly token: string | undefined;
}

export interface UserPage {
  readonly users: readonly PoolUser[];
  readonly next: string | undefined;
}

const TOKEN = /^page-([A-Za-z0-9_-]+)$/;

function tokenOf(key: string): string {
  return `page-${Buffer.from(key).toString('base64url')}`;
}

function keyInToken(token: string): string {
  const key = TOKEN.exec(token)?.[1];
  if (key === undefined) throw invalidParameter('Invalid pagination token.');
  return Buffer.from(key, 'base64url').toString();
}

const USERNAME = /^[\p{L}\p{M}\p{S}\p{N}\p{P}]{1,128}$/u;

/** Makes and changes users. Throws CognitoError for what AWS refuses. */
export class UserAdministration {
  constructor(
    private readonly administration: PoolAdministration,
    private readonly stores: UserStores,
    private readonly clock: Clock,
  ) {}

  user(poolId: string, username: string): PoolUser {
    const user = this.find(poolId, username);
    if (user === undefined) throw new CognitoError('UserNotFoundException', 'User does not exist.');
    return user;
  }

  find(poolId: string, username: string): PoolUser | undefined {
    return this.stores.users.find(this.administration.pool(poolId).id, username);
  }

  async createUser(poolId: string, newUser: NewPoolUser): Promise<PoolUser> {
    const { username, password, permanent, attributes = {} } = newUser;
    if (!USERNAME.test(username))
      throw invalidParameter('Username is not 1 to 128 visible characters');
    this.refuseExisting(poolId, username);
    checkPasswordPolicy(password);
    const passwordHash = await hashPassword(password);
    this.refuseExisting(poolId, username);
    const now = this.clock.nowEpochMs();
    const user: PoolUser = {
      sub: randomUUID(),
      poolId,
      username,
      passwordHash,
      status: permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD',
      enabled: true,
      attributes,
      createdAtEpochMs: now,
      modifiedAtEpochMs: now,
    };
    this.stores.users.insert(user);
    return user;
  }

  /** Challenges opened with the earlier password are closed, and wrong passwords forgotten. */
  async setPassword(
    poolId: string,
    username: string,
    password: string,
    permanent: boolean,
  ): Promise<void> {
    const { sub } = this.user(poolId, username);
    checkPasswordPolicy(password);
    const passwordHash = await hashPassword(password);
    const status = permanent ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD';
    this.stores.users.setPassword(sub, passwordHash, status, this.clock.nowEpochMs());
    this.stores.signIns.dropChallengesOf(sub);
    this.stores.signIns.clearFailures(poolId, username);
  }

  /** Disabling ends the user's sessions, as AdminDisableUser does. */
  setEnabled(poolId: string, username: string, enabled: boolean): void {
    const { sub } = this.user(poolId, username);
    this.stores.users.setEnabled(sub, enabled, this.clock.nowEpochMs());
    if (enabled) return;
    this.stores.signIns.revokeSignInsOf(sub);
    this.stores.signIns.dropChallengesOf(sub);
  }

  /** Ends all sessions of the user, as AdminUserGlobalSignOut does; the user may sign in again. */
  signOut(poolId: string, username: string): void {
    this.stores.signIns.revokeSignInsOf(this.user(poolId, username).sub);
  }

  addToGroup(poolId: string, username: string, group: string): void {
    const { sub } = this.user(poolId, username);
    this.requireGroup(poolId, group);
    this.stores.users.addToGroup(sub, group);
  }

  removeFromGroup(poolId: string, username: string, group: string): void {
    const { sub } = this.user(poolId, username);
    this.requireGroup(poolId, group);
    this.stores.users.removeFromGroup(sub, group);
  }

  groupsOf(poolId: string, username: string): readonly string[] {
    return this.stores.users.groupsOf(this.user(poolId, username).sub);
  }

  /** A page of the pool's users, or of a group's, and the token of the next one. */
  page(poolId: string, group: string | undefined, { limit, token }: UserPageRequest): UserPage {
    const { id } = this.administration.pool(poolId);
    if (group !== undefined) this.requireGroup(id, group);
    const after = token === undefined ? '' : keyInToken(token);
    const found =
      group === undefined
        ? this.stores.users.list(id, after, limit + 1)
        : this.stores.users.listInGroup(id, group, after, limit + 1);
    const users = found.slice(0, limit);
    const last = found.length > limit ? users.at(-1) : undefined;
    return { users, next: last && tokenOf(usernameKey(last.username)) };
  }

  private requireGroup(poolId: string, group: string): void {
    if (!this.stores.pools.hasGroup(poolId, group)) throw resourceNotFound('Group not found.');
  }

  private refuseExisting(poolId: string, username: string): void {
    if (this.find(poolId, username) === undefined) return;
    throw new CognitoError('UsernameExistsException', 'User account already exists');
  }
}
