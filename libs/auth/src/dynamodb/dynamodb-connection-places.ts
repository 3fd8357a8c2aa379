import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  paginateQuery,
  PutItemCommand,
  UpdateItemCommand,
  type AttributeValue,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb';
import { orUnavailable, type Outage } from '@sensorflow/platform/aws/or-unavailable.js';
import { ConnectionPlaces, type ConnectionPlace } from '../connections/connection-places.js';
import { expiry } from './login-throttle-item.js';

/** A lost round means that another connection has the place meanwhile. */
const MAX_ROUNDS = 20;

const OUTAGE: Outage = {
  code: 'connections-unavailable',
  detail: 'The connections of this API key cannot be counted right now. Try again.',
  retryAfterSeconds: 5,
};

/** Places in the sessions table: one item a place that is held, cleared by DynamoDB's TTL. */
export class DynamoDbConnectionPlaces extends ConnectionPlaces {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  async take(
    { subject, most, holder }: { subject: string; most: number; holder: string },
    nowEpochMs: number,
    untilEpochMs: number,
  ): Promise<ConnectionPlace | undefined> {
    return orUnavailable(OUTAGE, async () => {
      for (let round = 0; round < MAX_ROUNDS; round += 1) {
        const taken = await this.heldBy(subject, nowEpochMs);
        const free = Array.from({ length: most }, (_, number) => number).filter(
          (number) => !taken.has(number),
        );
        // Any of them, so that many at once do not want the same.
        const number = free[Math.floor(Math.random() * free.length)];
        if (number === undefined) return undefined;
        const place = { subject, number, holder };
        if (await this.put(place, nowEpochMs, untilEpochMs)) return place;
      }
      throw new Error('the places kept changing');
    });
  }

  async renew(place: ConnectionPlace, untilEpochMs: number): Promise<boolean> {
    return orUnavailable(OUTAGE, () =>
      unlessRefused(() =>
        this.client.send(
          new UpdateItemCommand({
            TableName: this.tableName,
            Key: keyOf(place),
            UpdateExpression: 'SET heldUntil = :until, expiresAt = :expiresAt',
            ConditionExpression: 'holder = :holder',
            ExpressionAttributeValues: {
              ':holder': { S: place.holder },
              ':until': { N: String(untilEpochMs) },
              ':expiresAt': expiry(untilEpochMs),
            },
          }),
        ),
      ),
    );
  }

  async giveBack(place: ConnectionPlace): Promise<void> {
    await orUnavailable(OUTAGE, () =>
      unlessRefused(() =>
        this.client.send(
          new DeleteItemCommand({
            TableName: this.tableName,
            Key: keyOf(place),
            ConditionExpression: 'holder = :holder',
            ExpressionAttributeValues: { ':holder': { S: place.holder } },
          }),
        ),
      ),
    );
  }

  private async heldBy(subject: string, nowEpochMs: number): Promise<ReadonlySet<number>> {
    const held = new Set<number>();
    const pages = paginateQuery(
      { client: this.client },
      {
        TableName: this.tableName,
        KeyConditionExpression: '#partition = :partition',
        ExpressionAttributeNames: { '#partition': 'partition' },
        ExpressionAttributeValues: { ':partition': { S: partitionOf(subject) } },
        ConsistentRead: true,
      },
    );
    for await (const { Items = [] } of pages) {
      for (const { entry, heldUntil } of Items) {
        if (Number(heldUntil?.N) > nowEpochMs) held.add(Number(entry?.S));
      }
    }
    return held;
  }

  private put(place: ConnectionPlace, now: number, until: number): Promise<boolean> {
    return unlessRefused(() =>
      this.client.send(
        new PutItemCommand({
          TableName: this.tableName,
          Item: {
            ...keyOf(place),
            holder: { S: place.holder },
            heldUntil: { N: String(until) },
            expiresAt: expiry(until),
          },
          ConditionExpression: 'attribute_not_exists(holder) OR heldUntil <= :now',
          ExpressionAttributeValues: { ':now': { N: String(now) } },
        }),
      ),
    );
  }
}

function partitionOf(subject: string): string {
  return `connections#${subject}`;
}

function keyOf({
  subject,
  number,
}: ConnectionPlace): Record<'partition' | 'entry', AttributeValue> {
  return { partition: { S: partitionOf(subject) }, entry: { S: String(number) } };
}

/** False where the condition did not hold. */
async function unlessRefused(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) return false;
    throw error;
  }
}
