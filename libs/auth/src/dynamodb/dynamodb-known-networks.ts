import { GetItemCommand, UpdateItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KnownNetworks } from '../known-networks.js';
import { orUnavailable } from '@sensorflow/platform/aws/or-unavailable.js';
import { expiry, keyOf, THROTTLE_OUTAGE } from './login-throttle-item.js';

/** Known networks in the sessions table: one item an account and network, cleared by DynamoDB's TTL. */
export class DynamoDbKnownNetworks extends KnownNetworks {
  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  async isKnown(account: string, network: string, nowEpochMs: number): Promise<boolean> {
    const { Item } = await orUnavailable(THROTTLE_OUTAGE, () =>
      this.client.send(
        new GetItemCommand({
          TableName: this.tableName,
          Key: keyOf('known-network', `${account}#${network}`),
          ConsistentRead: true,
        }),
      ),
    );
    return Number(Item?.['knownUntil']?.N ?? 0) > nowEpochMs;
  }

  async remember(account: string, network: string, untilEpochMs: number): Promise<void> {
    await orUnavailable(THROTTLE_OUTAGE, () =>
      this.client.send(
        new UpdateItemCommand({
          TableName: this.tableName,
          Key: keyOf('known-network', `${account}#${network}`),
          UpdateExpression: 'SET #knownUntil = :until, #expiresAt = :expiresAt',
          ExpressionAttributeNames: { '#knownUntil': 'knownUntil', '#expiresAt': 'expiresAt' },
          ExpressionAttributeValues: {
            ':until': { N: String(untilEpochMs) },
            ':expiresAt': expiry(untilEpochMs),
          },
        }),
      ),
    );
  }
}
