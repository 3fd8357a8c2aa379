import { randomUUID } from 'node:crypto';
import type { SQLOutputValue, StatementSync } from 'node:sqlite';
import { SystemClock, type Clock } from '@sensorflow/kernel';
import type { UploadsDatabase } from './uploads-database.js';

export interface QueueMessage {
  readonly messageId: string;
  /** Belongs to this delivery; a later delivery of the message makes it void. */
  readonly receiptHandle: string;
  readonly body: string;
  /** Deliveries so far, this one included. */
  readonly receiveCount: number;
  readonly sentAtEpochMs: number;
}

export interface DeadLetter {
  readonly messageId: string;
  readonly body: string;
  readonly receiveCount: number;
  readonly sentAtEpochMs: number;
  readonly deadAtEpochMs: number;
  readonly reason: string;
}

export interface QueueDepth {
  readonly visible: number;
  readonly inFlight: number;
  readonly delayed: number;
}

type Row = Readonly<Record<string, SQLOutputValue>>;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS messages (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    visible_at_ms INTEGER NOT NULL,
    receive_count INTEGER NOT NULL DEFAULT 0,
    receipt_handle TEXT UNIQUE
  ) STRICT;
  CREATE TABLE IF NOT EXISTS dead_letters (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    message_id TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    receive_count INTEGER NOT NULL,
    dead_at_ms INTEGER NOT NULL,
    reason TEXT NOT NULL
  ) STRICT;`;

/**
 * A durable queue with SQS's visibility timeouts: a message that was received and neither deleted nor
 * dead-lettered in time is delivered again. At least once, oldest first.
 */
export class MessageQueue {
  private readonly statements: ReturnType<typeof prepareStatements>;

  /** `database` is shared, so that a producer can send in the transaction of its own rows. */
  constructor(
    readonly database: UploadsDatabase,
    private readonly clock: Clock = new SystemClock(),
  ) {
    database.connection.exec(SCHEMA);
    this.statements = prepareStatements((sql) => database.connection.prepare(sql));
  }

  /** Durable when it returns, or with the transaction that it is called in. */
  send(body: string, delaySeconds = 0): { readonly messageId: string } {
    const messageId = randomUUID();
    const now = this.clock.nowEpochMs();
    this.statements.send.run(messageId, body, now, now + delaySeconds * 1000);
    return { messageId };
  }

  /** Up to `maximum` visible messages, invisible to others for `visibilityTimeoutSeconds`. */
  receive(maximum: number, visibilityTimeoutSeconds: number): readonly QueueMessage[] {
    const now = this.clock.nowEpochMs();
    // Polled several times a second: an empty queue must not cost a write transaction.
    if (!this.statements.anyVisible.get(now)) return [];
    return this.database.transaction(() =>
      this.statements.visible
        .all(now, maximum)
        .map((row) => this.take(row, now + visibilityTimeoutSeconds * 1000)),
    );
  }

  /** False when the receipt is void: the message is deleted already, or was delivered again. */
  delete(receiptHandle: string): boolean {
    return this.statements.remove.run(receiptHandle).changes === 1;
  }

  /** From now on; 0 makes the message visible at once. False when the receipt is void or timed out. */
  changeVisibility(receiptHandle: string, visibilityTimeoutSeconds: number): boolean {
    const now = this.clock.nowEpochMs();
    const visibleAt = now + visibilityTimeoutSeconds * 1000;
    return this.statements.changeVisibility.run(visibleAt, receiptHandle, now).changes === 1;
  }

  /**
   * Call at start: what a previous run had received has no consumer any more. The delivery that ended
   * with that run does not count against the message. Answers how many.
   */
  releaseAll(): number {
    return Number(this.statements.releaseAll.run(this.clock.nowEpochMs()).changes);
  }

  /** Takes a message out of the queue for good and keeps it for people. False when the receipt is void. */
  deadLetter(receiptHandle: string, reason: string): boolean {
    return this.database.transaction(() => {
      const now = this.clock.nowEpochMs();
      const kept = this.statements.bury.run(now, reason, receiptHandle).changes;
      this.statements.remove.run(receiptHandle);
      return kept === 1;
    });
  }

  /** Oldest first. */
  deadLetters(): readonly DeadLetter[] {
    return this.statements.dead.all().map(deadLetterOf);
  }

  /** Visible, in flight (received, not yet timed out) and delayed messages. */
  depth(): QueueDepth {
    const now = this.clock.nowEpochMs();
    const row = this.statements.depth.get(now, now, now) ?? {};
    return {
      visible: numberOf(row['visible']),
      inFlight: numberOf(row['in_flight']),
      delayed: numberOf(row['postponed']),
    };
  }

  private take(row: Row, visibleAtEpochMs: number): QueueMessage {
    const message = messageOf(row);
    const receiptHandle = `${message.messageId}/${randomUUID()}`;
    this.statements.take.run(receiptHandle, visibleAtEpochMs, numberOf(row['position']));
    return { ...message, receiptHandle, receiveCount: message.receiveCount + 1 };
  }
}

function prepareStatements(prepare: (sql: string) => StatementSync) {
  return {
    send: prepare(
      'INSERT INTO messages (message_id, body, sent_at_ms, visible_at_ms) VALUES (?, ?, ?, ?)',
    ),
    anyVisible: prepare('SELECT 1 FROM messages WHERE visible_at_ms <= ? LIMIT 1'),
    visible: prepare('SELECT * FROM messages WHERE visible_at_ms <= ? ORDER BY position LIMIT ?'),
    take: prepare(
      `UPDATE messages SET receipt_handle = ?, visible_at_ms = ?, receive_count = receive_count + 1
       WHERE position = ?`,
    ),
    remove: prepare('DELETE FROM messages WHERE receipt_handle = ?'),
    changeVisibility: prepare(
      'UPDATE messages SET visible_at_ms = ? WHERE receipt_handle = ? AND visible_at_ms > ?',
    ),
    releaseAll: prepare(
      `UPDATE messages SET visible_at_ms = ?, receipt_handle = NULL, receive_count = receive_count - 1
       WHERE receipt_handle IS NOT NULL`,
    ),
    bury: prepare(
      `INSERT INTO dead_letters (message_id, body, sent_at_ms, receive_count, dead_at_ms, reason)
       SELECT message_id, body, sent_at_ms, receive_count, ?, ? FROM messages WHERE receipt_handle = ?`,
    ),
    dead: prepare('SELECT * FROM dead_letters ORDER BY position'),
    depth: prepare(
      `SELECT count(*) FILTER (WHERE visible_at_ms <= ?) AS visible,
              count(*) FILTER (WHERE visible_at_ms > ? AND receipt_handle IS NOT NULL) AS in_flight,
              count(*) FILTER (WHERE visible_at_ms > ? AND receipt_handle IS NULL) AS postponed
       FROM messages`,
    ),
  };
}

function messageOf(row: Row) {
  return {
    messageId: textOf(row['message_id']),
    body: textOf(row['body']),
    receiveCount: numberOf(row['receive_count']),
    sentAtEpochMs: numberOf(row['sent_at_ms']),
  };
}

function deadLetterOf(row: Row): DeadLetter {
  const deadAtEpochMs = numberOf(row['dead_at_ms']);
  return { ...messageOf(row), deadAtEpochMs, reason: textOf(row['reason']) };
}

function textOf(value: SQLOutputValue | undefined): string {
  if (typeof value !== 'string') throw new TypeError('The uploads database has an unknown shape.');
  return value;
}

function numberOf(value: SQLOutputValue | undefined): number {
  if (typeof value !== 'number') throw new TypeError('The uploads database has an unknown shape.');
  return value;
}
