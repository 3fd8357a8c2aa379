import { join } from 'node:path';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';

type Columns = Record<string, SQLOutputValue>;

/** What a pool's file says about its people: rows as they stand in it. */
export interface KnownPeople {
  readonly poolIds: readonly string[];
  readonly users: readonly Columns[];
  readonly memberships: readonly Columns[];
}

/** The pool's file of a stack that does not run. */
export class PeopleFile {
  private constructor(private readonly database: DatabaseSync) {}

  static use<Result>(dataDir: string, work: (file: PeopleFile) => Result): Result {
    const database = new DatabaseSync(join(dataDir, 'cognito.db'));
    try {
      return work(new PeopleFile(database));
    } finally {
      database.close();
    }
  }

  read(): KnownPeople {
    const pools = this.database.prepare('SELECT id FROM pools').all();
    return {
      poolIds: pools.map(({ id }) => String(id)),
      users: this.database
        .prepare('SELECT sub, password_hash, status, enabled, modified_at FROM users')
        .all(),
      memberships: this.database.prepare('SELECT sub, group_name FROM memberships').all(),
    };
  }

  /** For those whom both know: whether they are enabled, their password and their groups. */
  takeOver({ users, memberships }: KnownPeople): void {
    const update = this.database.prepare(
      `UPDATE users SET password_hash = :password_hash, status = :status, enabled = :enabled,
         modified_at = :modified_at WHERE sub = :sub`,
    );
    const leave = this.database.prepare('DELETE FROM memberships WHERE sub = ?');
    const enter = this.database.prepare(
      `INSERT INTO memberships SELECT :sub, :group_name
         WHERE EXISTS (SELECT 1 FROM users WHERE sub = :sub)`,
    );
    this.database.exec('BEGIN IMMEDIATE');
    for (const user of users) {
      update.run(user);
      leave.run(user['sub'] ?? null);
    }
    for (const membership of memberships) enter.run(membership);
    this.database.exec('COMMIT');
  }

  /** Whoever had logged in has to do so again. */
  endSignIns(): void {
    this.database.exec('UPDATE sign_ins SET revoked = 1; DELETE FROM challenges;');
  }
}
