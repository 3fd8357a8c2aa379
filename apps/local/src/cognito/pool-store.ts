import type { CognitoDatabase, Row } from './cognito-database.js';
import { type AppClient, type AppClientSettings, isAuthFlow, isOAuthFlow } from './app-client.js';

export interface PoolRecord {
  readonly id: string;
  readonly name: string;
  readonly createdAtEpochMs: number;
}

export interface SigningKeyRecord {
  readonly kid: string;
  readonly poolId: string;
  readonly privateKeyPem: string;
}

/** Keeps pools with what belongs to a pool as a whole: signing keys, groups, resource servers, clients. */
export class PoolStore {
  constructor(private readonly database: CognitoDatabase) {}

  findPool(id: string): PoolRecord | undefined {
    return toPool(this.database.first('SELECT * FROM pools WHERE id = ?', id));
  }

  findPoolByName(name: string): PoolRecord | undefined {
    return toPool(this.database.first('SELECT * FROM pools WHERE name = ?', name));
  }

  insertPool(pool: PoolRecord, key: SigningKeyRecord): void {
    this.database.transaction(() => {
      this.database.run(
        'INSERT INTO pools (id, name, created_at) VALUES (?, ?, ?)',
        pool.id,
        pool.name,
        pool.createdAtEpochMs,
      );
      this.insertSigningKey(key);
    });
  }

  insertSigningKey(key: SigningKeyRecord): void {
    this.database.run(
      'INSERT INTO signing_keys (kid, pool_id, private_key_pem) VALUES (?, ?, ?)',
      key.kid,
      key.poolId,
      key.privateKeyPem,
    );
  }

  /** Newest first: the first one signs, all are published. */
  signingKeys(poolId: string): readonly SigningKeyRecord[] {
    const sql = 'SELECT * FROM signing_keys WHERE pool_id = ? ORDER BY generation DESC';
    return this.database.all(sql, poolId).map((row) => toSigningKey(row));
  }

  findSigningKey(kid: string): SigningKeyRecord | undefined {
    const row = this.database.first('SELECT * FROM signing_keys WHERE kid = ?', kid);
    return row === undefined ? undefined : toSigningKey(row);
  }

  hasGroup(poolId: string, name: string): boolean {
    const sql = 'SELECT 1 FROM groups WHERE pool_id = ? AND name = ?';
    return this.database.first(sql, poolId, name) !== undefined;
  }

  insertGroup(poolId: string, name: string, createdAtEpochMs: number): void {
    const sql = 'INSERT INTO groups (pool_id, name, created_at) VALUES (?, ?, ?)';
    this.database.run(sql, poolId, name, createdAtEpochMs);
  }

  hasResourceServer(poolId: string, identifier: string): boolean {
    const sql = 'SELECT 1 FROM resource_servers WHERE pool_id = ? AND identifier = ?';
    return this.database.first(sql, poolId, identifier) !== undefined;
  }

  /** Scope names without the identifier: `read`. */
  putResourceServer(poolId: string, identifier: string, scopes: readonly string[]): void {
    const sql =
      'INSERT OR REPLACE INTO resource_servers (pool_id, identifier, scopes) VALUES (?, ?, ?)';
    this.database.run(sql, poolId, identifier, JSON.stringify(scopes));
  }

  /** Every scope of the pool's resource servers, with its identifier: `sensorflow/read`. */
  customScopes(poolId: string): readonly string[] {
    const rows = this.database.all('SELECT * FROM resource_servers WHERE pool_id = ?', poolId);
    return rows.flatMap((row) =>
      row.texts('scopes').map((scope) => `${row.text('identifier')}/${scope}`),
    );
  }

  findClient(id: string): AppClient | undefined {
    return toClient(this.database.first('SELECT * FROM clients WHERE id = ?', id));
  }

  /** The oldest of that name, because Cognito lets several clients share one. */
  findClientByName(poolId: string, name: string): AppClient | undefined {
    const sql = 'SELECT * FROM clients WHERE pool_id = ? AND name = ? ORDER BY rowid LIMIT 1';
    return toClient(this.database.first(sql, poolId, name));
  }

  insertClient(client: AppClient): void {
    this.database.run(
      `INSERT INTO clients (id, pool_id, name, secret, auth_flows, oauth_flows, allowed_scopes,
         access_token_validity_seconds, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      client.id,
      client.poolId,
      client.name,
      client.secret ?? null,
      JSON.stringify(client.authFlows),
      JSON.stringify(client.oauthFlows),
      JSON.stringify(client.allowedScopes),
      client.accessTokenValiditySeconds,
      client.createdAtEpochMs,
    );
  }

  updateClient(id: string, settings: AppClientSettings): void {
    this.database.run(
      `UPDATE clients SET auth_flows = ?, oauth_flows = ?, allowed_scopes = ?,
         access_token_validity_seconds = ? WHERE id = ?`,
      JSON.stringify(settings.authFlows),
      JSON.stringify(settings.oauthFlows),
      JSON.stringify(settings.allowedScopes),
      settings.accessTokenValiditySeconds,
      id,
    );
  }
}

function toPool(row: Row | undefined): PoolRecord | undefined {
  if (row === undefined) return undefined;
  return {
    id: row.text('id'),
    name: row.text('name'),
    createdAtEpochMs: row.integer('created_at'),
  };
}

function toSigningKey(row: Row): SigningKeyRecord {
  return {
    kid: row.text('kid'),
    poolId: row.text('pool_id'),
    privateKeyPem: row.text('private_key_pem'),
  };
}

function toClient(row: Row | undefined): AppClient | undefined {
  if (row === undefined) return undefined;
  return {
    id: row.text('id'),
    poolId: row.text('pool_id'),
    name: row.text('name'),
    secret: row.optionalText('secret'),
    authFlows: row.texts('auth_flows').filter((flow) => isAuthFlow(flow)),
    oauthFlows: row.texts('oauth_flows').filter((flow) => isOAuthFlow(flow)),
    allowedScopes: row.texts('allowed_scopes'),
    accessTokenValiditySeconds: row.integer('access_token_validity_seconds'),
    createdAtEpochMs: row.integer('created_at'),
  };
}
