import { createHash } from 'node:crypto';
import type { CognitoDatabase } from './cognito-database.js';
import { type FailedSignIns, FORGET_FAILURES_AFTER_MS } from './lockout.js';
import { usernameKey } from './username.js';

/** A signed-in session: all tokens refreshed from one sign-in share its `originJti`. */
export interface SignIn {
  readonly originJti: string;
  readonly clientId: string;
  readonly sub: string;
  readonly signedInAtEpochMs: number;
  readonly expiresAtEpochMs: number;
  readonly revoked: boolean;
}

/** The question put to a user between password and tokens. */
export interface OpenChallenge {
  readonly clientId: string;
  readonly sub: string;
  readonly expiresAtEpochMs: number;
}

/** Keeps what happens around signing in: open challenges, refresh tokens, wrong passwords. */
export class SignInStore {
  constructor(private readonly database: CognitoDatabase) {}

  insertChallenge(session: string, challenge: OpenChallenge, nowEpochMs: number): void {
    this.database.run('DELETE FROM challenges WHERE expires_at < ?', nowEpochMs);
    this.database.run(
      'INSERT INTO challenges (session_hash, client_id, sub, expires_at) VALUES (?, ?, ?, ?)',
      digest(session),
      challenge.clientId,
      challenge.sub,
      challenge.expiresAtEpochMs,
    );
  }

  findChallenge(session: string): OpenChallenge | undefined {
    const sql = 'SELECT * FROM challenges WHERE session_hash = ?';
    const row = this.database.first(sql, digest(session));
    if (row === undefined) return undefined;
    return {
      clientId: row.text('client_id'),
      sub: row.text('sub'),
      expiresAtEpochMs: row.integer('expires_at'),
    };
  }

  dropChallengesOf(sub: string): void {
    this.database.run('DELETE FROM challenges WHERE sub = ?', sub);
  }

  insertSignIn(signIn: SignIn, refreshToken: string): void {
    const { originJti, clientId, sub, signedInAtEpochMs, expiresAtEpochMs } = signIn;
    this.database.run('DELETE FROM sign_ins WHERE expires_at < ?', signedInAtEpochMs);
    this.database.run(
      `INSERT INTO sign_ins (origin_jti, refresh_token_hash, client_id, sub, signed_in_at,
         expires_at) VALUES (?, ?, ?, ?, ?, ?)`,
      originJti,
      digest(refreshToken),
      clientId,
      sub,
      signedInAtEpochMs,
      expiresAtEpochMs,
    );
  }

  findSignIn(originJti: string): SignIn | undefined {
    return this.signInWhere('origin_jti', originJti);
  }

  findSignInByRefreshToken(refreshToken: string): SignIn | undefined {
    return this.signInWhere('refresh_token_hash', digest(refreshToken));
  }

  revokeSignIn(originJti: string): void {
    this.database.run('UPDATE sign_ins SET revoked = 1 WHERE origin_jti = ?', originJti);
  }

  revokeSignInsOf(sub: string): void {
    this.database.run('UPDATE sign_ins SET revoked = 1 WHERE sub = ?', sub);
  }

  failuresOf(poolId: string, username: string): FailedSignIns | undefined {
    const sql = 'SELECT * FROM failed_sign_ins WHERE pool_id = ? AND username = ?';
    const row = this.database.first(sql, poolId, usernameKey(username));
    if (row === undefined) return undefined;
    return {
      failures: row.integer('failures'),
      lockedUntilEpochMs: row.integer('locked_until'),
      lastAttemptAtEpochMs: row.integer('last_attempt_at'),
    };
  }

  putFailures(poolId: string, username: string, record: FailedSignIns): void {
    const forgettable = record.lastAttemptAtEpochMs - FORGET_FAILURES_AFTER_MS;
    this.database.run('DELETE FROM failed_sign_ins WHERE last_attempt_at < ?', forgettable);
    this.database.run(
      'INSERT OR REPLACE INTO failed_sign_ins VALUES (?, ?, ?, ?, ?)',
      poolId,
      usernameKey(username),
      record.failures,
      record.lockedUntilEpochMs,
      record.lastAttemptAtEpochMs,
    );
  }

  clearFailures(poolId: string, username: string): void {
    const sql = 'DELETE FROM failed_sign_ins WHERE pool_id = ? AND username = ?';
    this.database.run(sql, poolId, usernameKey(username));
  }

  private signInWhere(
    column: 'origin_jti' | 'refresh_token_hash',
    value: string,
  ): SignIn | undefined {
    const row = this.database.first(`SELECT * FROM sign_ins WHERE ${column} = ?`, value);
    if (row === undefined) return undefined;
    return {
      originJti: row.text('origin_jti'),
      clientId: row.text('client_id'),
      sub: row.text('sub'),
      signedInAtEpochMs: row.integer('signed_in_at'),
      expiresAtEpochMs: row.integer('expires_at'),
      revoked: row.integer('revoked') === 1,
    };
  }
}

function digest(secret: string): string {
  return createHash('sha256').update(secret).digest('base64url');
}
