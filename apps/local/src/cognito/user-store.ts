import type { CognitoDatabase, Row } from './cognito-database.js';
import type { PoolUser, UserStatus } from './pool-user.js';
import { usernameKey } from './username.js';

/** Keeps users and the groups they are in. */
export class UserStore {
  constructor(private readonly database: CognitoDatabase) {}

  find(poolId: string, username: string): PoolUser | undefined {
    const sql = 'SELECT * FROM users WHERE pool_id = ? AND username_key(username) = ?';
    return toUser(this.database.first(sql, poolId, usernameKey(username)));
  }

  findBySub(sub: string): PoolUser | undefined {
    return toUser(this.database.first('SELECT * FROM users WHERE sub = ?', sub));
  }

  insert(user: PoolUser): void {
    this.database.run(
      `INSERT INTO users (sub, pool_id, username, password_hash, status, enabled, attributes,
         created_at, modified_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      user.sub,
      user.poolId,
      user.username,
      user.passwordHash,
      user.status,
      Number(user.enabled),
      JSON.stringify(user.attributes),
      user.createdAtEpochMs,
      user.modifiedAtEpochMs,
    );
  }

  setPassword(sub: string, passwordHash: string, status: UserStatus, nowEpochMs: number): void {
    const sql = 'UPDATE users SET password_hash = ?, status = ?, modified_at = ? WHERE sub = ?';
    this.database.run(sql, passwordHash, status, nowEpochMs, sub);
  }

  setEnabled(sub: string, enabled: boolean, nowEpochMs: number): void {
    const sql = 'UPDATE users SET enabled = ?, modified_at = ? WHERE sub = ?';
    this.database.run(sql, Number(enabled), nowEpochMs, sub);
  }

  /** In alphabetical order. */
  groupsOf(sub: string): readonly string[] {
    const sql = 'SELECT group_name FROM memberships WHERE sub = ? ORDER BY group_name';
    return this.database.all(sql, sub).map((row) => row.text('group_name'));
  }

  /** In order of their names, those behind `after` in that order; at most `limit`. */
  list(poolId: string, after: string, limit: number): readonly PoolUser[] {
    const sql = `SELECT * FROM users WHERE pool_id = ? AND username_key(username) > ?
      ORDER BY username_key(username) LIMIT ?`;
    return this.database.all(sql, poolId, after, limit).flatMap((row) => toUser(row) ?? []);
  }

  listInGroup(poolId: string, group: string, after: string, limit: number): readonly PoolUser[] {
    const sql = `SELECT users.* FROM users JOIN memberships USING (sub)
      WHERE pool_id = ? AND group_name = ? AND username_key(username) > ?
      ORDER BY username_key(username) LIMIT ?`;
    return this.database.all(sql, poolId, group, after, limit).flatMap((row) => toUser(row) ?? []);
  }

  removeFromGroup(sub: string, group: string): void {
    this.database.run('DELETE FROM memberships WHERE sub = ? AND group_name = ?', sub, group);
  }

  addToGroup(sub: string, group: string): void {
    this.database.run('INSERT OR IGNORE INTO memberships VALUES (?, ?)', sub, group);
  }
}

function toUser(row: Row | undefined): PoolUser | undefined {
  if (row === undefined) return undefined;
  return {
    sub: row.text('sub'),
    poolId: row.text('pool_id'),
    username: row.text('username'),
    passwordHash: row.text('password_hash'),
    status: row.text('status') === 'CONFIRMED' ? 'CONFIRMED' : 'FORCE_CHANGE_PASSWORD',
    enabled: row.integer('enabled') === 1,
    attributes: row.textMap('attributes'),
    createdAtEpochMs: row.integer('created_at'),
    modifiedAtEpochMs: row.integer('modified_at'),
  };
}
