import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';

/** What is known of one object besides its bytes. */
export interface StoredObject {
  readonly bucket: string;
  readonly key: string;
  /** The file's name in the bucket's folder. */
  readonly file: string;
  readonly size: number;
  /** MD5 in hexadecimal. */
  readonly etagHex: string;
  /** Given at upload and sent back with the object: content type, metadata and the like. */
  readonly headers: Readonly<Record<string, string>>;
  /** Such as `{ 'x-amz-checksum-crc32': '…' }`; empty when the upload carried none. */
  readonly checksums: Readonly<Record<string, string>>;
  readonly modifiedAtEpochMs: number;
  /** Grows with every write. */
  readonly sequence: number;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS objects (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,
    bucket TEXT NOT NULL,
    key TEXT NOT NULL,
    file TEXT NOT NULL,
    size INTEGER NOT NULL,
    etag_hex TEXT NOT NULL,
    headers TEXT NOT NULL,
    checksums TEXT NOT NULL,
    modified_at_ms INTEGER NOT NULL,
    UNIQUE (bucket, key)
  ) STRICT;`;

/** The rows of all objects. Keys sort by their UTF-8 bytes, in SQLite as in S3. */
export class ObjectTable {
  private readonly statements: ReturnType<typeof prepareStatements>;

  constructor(connection: DatabaseSync) {
    connection.exec(SCHEMA);
    this.statements = prepareStatements((sql) => connection.prepare(sql));
  }

  find(bucket: string, key: string): StoredObject | undefined {
    const row = this.statements.find.get(bucket, key);
    return row && objectOf(row);
  }

  /** Takes the place of an object of the same key, under a new sequence number. */
  put(object: Omit<StoredObject, 'sequence'>): StoredObject {
    this.statements.remove.run(object.bucket, object.key);
    const { lastInsertRowid } = this.statements.insert.run(
      object.bucket,
      object.key,
      object.file,
      object.size,
      object.etagHex,
      JSON.stringify(object.headers),
      JSON.stringify(object.checksums),
      object.modifiedAtEpochMs,
    );
    return { ...object, sequence: Number(lastInsertRowid) };
  }

  remove(bucket: string, key: string): void {
    this.statements.remove.run(bucket, key);
  }

  /** Keys from `first` on, in order; read as far as the caller goes. */
  *from(bucket: string, first: string): Generator<StoredObject> {
    for (const row of this.statements.from.iterate(bucket, first)) yield objectOf(row);
  }

  files(bucket: string): ReadonlySet<string> {
    return new Set(this.statements.files.all(bucket).map((row) => textOf(row['file'])));
  }
}

function prepareStatements(prepare: (sql: string) => StatementSync) {
  return {
    find: prepare('SELECT * FROM objects WHERE bucket = ? AND key = ?'),
    insert: prepare(
      `INSERT INTO objects (bucket, key, file, size, etag_hex, headers, checksums, modified_at_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    ),
    remove: prepare('DELETE FROM objects WHERE bucket = ? AND key = ?'),
    from: prepare('SELECT * FROM objects WHERE bucket = ? AND key >= ? ORDER BY key'),
    files: prepare('SELECT file FROM objects WHERE bucket = ?'),
  };
}

function objectOf(row: Record<string, SQLOutputValue>): StoredObject {
  return {
    bucket: textOf(row['bucket']),
    key: textOf(row['key']),
    file: textOf(row['file']),
    size: numberOf(row['size']),
    etagHex: textOf(row['etag_hex']),
    headers: textsOf(row['headers']),
    checksums: textsOf(row['checksums']),
    modifiedAtEpochMs: numberOf(row['modified_at_ms']),
    sequence: numberOf(row['sequence']),
  };
}

function textsOf(value: SQLOutputValue | undefined): Readonly<Record<string, string>> {
  const parsed: unknown = JSON.parse(textOf(value));
  if (typeof parsed !== 'object' || parsed === null) throw unknownShape();
  return Object.fromEntries(Object.entries(parsed).map(([name, text]) => [name, String(text)]));
}

function textOf(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw unknownShape();
  return value;
}

function numberOf(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') throw unknownShape();
  return value;
}

function unknownShape(): Error {
  return new TypeError('The objects table has an unknown shape.');
}
