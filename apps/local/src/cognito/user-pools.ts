import type { AppClient } from './app-client.js';
import { matchesPassword } from './password-hash.js';
import type { NewAppClient, PoolAdministration } from './pool-administration.js';
import type { PoolStore } from './pool-store.js';
import type { PoolUser } from './pool-user.js';
import type { TokenSigner } from './token-signer.js';
import type { NewPoolUser, UserAdministration } from './user-administration.js';

/** A pool as its users' verifiers know it. */
export interface UserPool {
  readonly id: string;
  readonly name: string;
  readonly issuer: string;
  readonly jwksUri: string;
}

export interface WantedUser extends NewPoolUser {
  readonly groups: readonly string[];
}

/**
 * Administration in process, for whoever starts the emulator. Every `ensure…` may be repeated: it makes
 * what is missing, brings settings up to date, and leaves ids and secrets as they are. Throws
 * CognitoError for what AWS refuses, such as an unknown scope or a weak password.
 */
export class UserPools {
  constructor(
    private readonly pools: PoolAdministration,
    private readonly users: UserAdministration,
    private readonly store: PoolStore,
    private readonly signer: TokenSigner,
  ) {}

  async ensurePool(name: string): Promise<UserPool> {
    const { id } = await this.pools.ensurePool(name);
    const issuer = this.signer.issuerOf(id);
    return { id, name, issuer, jwksUri: `${issuer}/.well-known/jwks.json` };
  }

  /** From now on a new key signs; the earlier ones stay published, so that their tokens stay valid. */
  async rotateSigningKey(poolId: string): Promise<void> {
    await this.pools.rotateSigningKey(poolId);
  }

  ensureGroup(poolId: string, name: string): void {
    if (!this.store.hasGroup(poolId, name)) this.pools.createGroup(poolId, name);
  }

  /** Scope names without the identifier: `read` becomes `<identifier>/read`. */
  ensureResourceServer(poolId: string, identifier: string, scopes: readonly string[]): void {
    const { id } = this.pools.pool(poolId);
    this.store.putResourceServer(id, identifier, scopes);
  }

  /** Known again by its name. Whether it has a secret is settled when it is made. */
  ensureClient(poolId: string, wanted: NewAppClient): AppClient {
    const existing = this.store.findClientByName(poolId, wanted.name);
    if (existing === undefined) return this.pools.createClient(poolId, wanted);
    if ((existing.secret !== undefined) !== wanted.generateSecret) {
      throw new Error(
        `client ${wanted.name} exists ${wanted.generateSecret ? 'without' : 'with'} a secret`,
      );
    }
    return this.pools.updateClient(existing, wanted);
  }

  /**
   * A permanent password is made the user's again if it was another; a temporary one is given to a new
   * user only, so that starting again does not undo the change it asked for. Groups are only added.
   */
  async ensureUser(poolId: string, wanted: WantedUser): Promise<PoolUser> {
    const { username, password, permanent, groups } = wanted;
    const existing = this.users.find(poolId, username);
    if (existing === undefined) await this.users.createUser(poolId, wanted);
    else if (permanent && !(await hasPassword(existing, password))) {
      await this.users.setPassword(poolId, username, password, permanent);
    }
    for (const group of groups) this.users.addToGroup(poolId, username, group);
    return this.users.user(poolId, username);
  }

  async setUserPassword(
    poolId: string,
    username: string,
    password: string,
    permanent: boolean,
  ): Promise<void> {
    await this.users.setPassword(poolId, username, password, permanent);
  }

  hasUser(poolId: string, username: string): boolean {
    return this.users.find(poolId, username) !== undefined;
  }

  /** All of them, enabled or not. */
  membersOf(poolId: string, group: string): readonly PoolUser[] {
    return this.users.page(poolId, group, { limit: Number.MAX_SAFE_INTEGER - 1, token: undefined })
      .users;
  }

  /** Ends the sessions of the user, if there is one, and replaces the password by one that is told to nobody. */
  async lockOut(poolId: string, username: string, password: string): Promise<void> {
    if (!this.hasUser(poolId, username)) return;
    await this.users.setPassword(poolId, username, password, true);
    this.users.signOut(poolId, username);
  }

  /** Disabling ends the user's sessions. */
  setUserEnabled(poolId: string, username: string, enabled: boolean): void {
    this.users.setEnabled(poolId, username, enabled);
  }
}

async function hasPassword(user: PoolUser, password: string): Promise<boolean> {
  return user.status === 'CONFIRMED' && (await matchesPassword(password, user.passwordHash));
}
