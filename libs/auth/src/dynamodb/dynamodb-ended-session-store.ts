import { paginateQuery, PutItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EndedSessionStore, type EndedSession } from '../ended-session-store.js';
import { INSTANT_DIGITS, instantKey } from './instant-key.js';

const PARTITION = 'ended-sessions';

/** Ended sessions in the sessions table: one partition, in order of time, cleared by DynamoDB's TTL. */
export class DynamoDbEndedSessionStore extends EndedSessionStore {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  async record(session: EndedSession): Promise<void> {
    await this.client.send(
      new PutItemCommand({
        TableName: this.tableName,
        Item: {
          partition: { S: PARTITION },
          entry: { S: `${instantKey(session.endedAtEpochMs)}#${session.sessionId}` },
          expiresAt: { N: String(Math.ceil(session.keepUntilEpochSeconds)) },
        },
      }),
    );
  }

  async endedSince(sinceEpochMs: number, signal: AbortSignal): Promise<readonly EndedSession[]> {
    const pages = paginateQuery(
      { client: this.client },
      {
        TableName: this.tableName,
        KeyConditionExpression: '#partition = :partition AND #entry >= :since',
        ExpressionAttributeNames: { '#partition': 'partition', '#entry': 'entry' },
        ExpressionAttributeValues: {
          ':partition': { S: PARTITION },
          ':since': { S: instantKey(sinceEpochMs) },
        },
        ConsistentRead: true,
      },
      { abortSignal: signal },
    );
    const ended: EndedSession[] = [];
    for await (const page of pages) {
      for (const item of page.Items ?? [])
        ended.push(sessionFrom(item['entry']?.S, item['expiresAt']?.N));
    }
    return ended;
  }
}

function sessionFrom(entry: string | undefined, expiresAt: string | undefined): EndedSession {
  const endedAtEpochMs = Number(entry?.slice(0, INSTANT_DIGITS));
  const sessionId = entry?.slice(INSTANT_DIGITS + 1) ?? '';
  const keepUntilEpochSeconds = Number(expiresAt);
  if (sessionId === '' || Number.isNaN(endedAtEpochMs) || Number.isNaN(keepUntilEpochSeconds)) {
    // An entry that cannot be read may be a logout: without it the view is not complete.
    throw new Error('the sessions table holds an entry that is not an ended session');
  }
  return { sessionId, endedAtEpochMs, keepUntilEpochSeconds };
}
