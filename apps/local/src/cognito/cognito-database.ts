import { chmodSync, closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import {
  DatabaseSync,
  type SQLInputValue,
  type SQLOutputValue,
  type StatementSync,
} from 'node:sqlite';
import { usernameKey } from './username.js';

/**
 * Client secrets stand here as they are, because SECRET_HASH is an HMAC under them; passwords only as
 * scrypt hashes, sessions and refresh tokens only as SHA-256. Times are epoch milliseconds.
 */
const SCHEMA = `
CREATE TABLE IF NOT EXISTS pools (
  id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS signing_keys (
  generation INTEGER PRIMARY KEY AUTOINCREMENT, kid TEXT NOT NULL UNIQUE,
  pool_id TEXT NOT NULL REFERENCES pools, private_key_pem TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS groups (
  pool_id TEXT NOT NULL REFERENCES pools, name TEXT NOT NULL, created_at INTEGER NOT NULL,
  PRIMARY KEY (pool_id, name)) STRICT;
CREATE TABLE IF NOT EXISTS resource_servers (
  pool_id TEXT NOT NULL REFERENCES pools, identifier TEXT NOT NULL, scopes TEXT NOT NULL,
  PRIMARY KEY (pool_id, identifier)) STRICT;
CREATE TABLE IF NOT EXISTS clients (
  id TEXT PRIMARY KEY, pool_id TEXT NOT NULL REFERENCES pools, name TEXT NOT NULL, secret TEXT,
  auth_flows TEXT NOT NULL, oauth_flows TEXT NOT NULL, allowed_scopes TEXT NOT NULL,
  access_token_validity_seconds INTEGER NOT NULL, created_at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS users (
  sub TEXT PRIMARY KEY, pool_id TEXT NOT NULL REFERENCES pools, username TEXT NOT NULL,
  password_hash TEXT NOT NULL, status TEXT NOT NULL, enabled INTEGER NOT NULL,
  attributes TEXT NOT NULL, created_at INTEGER NOT NULL, modified_at INTEGER NOT NULL,
  UNIQUE (pool_id, username)) STRICT;
CREATE TABLE IF NOT EXISTS memberships (
  sub TEXT NOT NULL REFERENCES users, group_name TEXT NOT NULL,
  PRIMARY KEY (sub, group_name)) STRICT;
CREATE TABLE IF NOT EXISTS challenges (
  session_hash TEXT PRIMARY KEY, client_id TEXT NOT NULL, sub TEXT NOT NULL,
  expires_at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS sign_ins (
  origin_jti TEXT PRIMARY KEY, refresh_token_hash TEXT NOT NULL UNIQUE, client_id TEXT NOT NULL,
  sub TEXT NOT NULL, signed_in_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
  revoked INTEGER NOT NULL DEFAULT 0) STRICT;
CREATE INDEX IF NOT EXISTS sign_ins_by_user ON sign_ins (sub);
CREATE INDEX IF NOT EXISTS sign_ins_by_expiry ON sign_ins (expires_at);
CREATE TABLE IF NOT EXISTS failed_sign_ins (
  pool_id TEXT NOT NULL, username TEXT NOT NULL, failures INTEGER NOT NULL,
  locked_until INTEGER NOT NULL, last_attempt_at INTEGER NOT NULL,
  PRIMARY KEY (pool_id, username)) STRICT;
`;

/** The emulator's SQLite file, readable by its owner alone. */
export class CognitoDatabase {
  private readonly statements = new Map<string, StatementSync>();

  private constructor(private readonly sqlite: DatabaseSync) {}

  /** Opens `<dataDir>/cognito.db`, making both when they are missing. */
  static open(dataDir: string): CognitoDatabase {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const file = join(dataDir, 'cognito.db');
    // SQLite gives its -wal and -shm files the mode of the main file, so the mode must stand first.
    closeSync(openSync(file, 'a', 0o600));
    chmodSync(file, 0o600);
    const sqlite = new DatabaseSync(file, { timeout: 5000 });
    sqlite.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;');
    sqlite.exec(SCHEMA);
    sqlite.function('username_key', { deterministic: true }, (name) => usernameKey(String(name)));
    return new CognitoDatabase(sqlite);
  }

  /** Answers how many rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.statement(sql).run(...values).changes);
  }

  first(sql: string, ...values: SQLInputValue[]): Row | undefined {
    const columns = this.statement(sql).get(...values);
    return columns === undefined ? undefined : new Row(columns);
  }

  all(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.statement(sql)
      .all(...values)
      .map((columns) => new Row(columns));
  }

  transaction<T>(work: () => T): T {
    this.sqlite.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      this.sqlite.exec('COMMIT');
      return result;
    } catch (error) {
      this.sqlite.exec('ROLLBACK');
      throw error;
    }
  }

  close(): void {
    this.sqlite.close();
  }

  private statement(sql: string): StatementSync {
    const prepared = this.statements.get(sql) ?? this.sqlite.prepare(sql);
    this.statements.set(sql, prepared);
    return prepared;
  }
}

/** One row, its columns read with their types checked. */
export class Row {
  constructor(private readonly columns: Readonly<Record<string, SQLOutputValue>>) {}

  text(name: string): string {
    const text = this.optionalText(name);
    if (text === undefined) throw new TypeError(`column ${name} is null`);
    return text;
  }

  optionalText(name: string): string | undefined {
    const value = this.columns[name] ?? undefined;
    if (value === undefined || typeof value === 'string') return value;
    throw new TypeError(`column ${name} is not text`);
  }

  integer(name: string): number {
    const value = this.columns[name];
    if (typeof value !== 'number') throw new TypeError(`column ${name} is not a number`);
    return value;
  }

  texts(name: string): readonly string[] {
    const list: unknown = JSON.parse(this.text(name));
    if (Array.isArray(list) && list.every((item) => typeof item === 'string')) return list;
    throw new TypeError(`column ${name} is not a list of texts`);
  }

  textMap(name: string): Readonly<Record<string, string>> {
    const map: unknown = JSON.parse(this.text(name));
    if (isTextMap(map)) return map;
    throw new TypeError(`column ${name} is not a map of texts`);
  }
}

function isTextMap(value: unknown): value is Record<string, string> {
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((entry) => typeof entry === 'string')
  );
}
