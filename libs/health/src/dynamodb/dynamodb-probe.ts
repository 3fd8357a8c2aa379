import { GetItemCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { READINGS_TABLE } from '@sensorflow/platform/resources/tables.js';
import { DependencyProbe } from '../readiness.js';

/** Reads a reading that cannot exist: needs no more rights than the service has anyway. */
export class DynamoDbProbe extends DependencyProbe {
  readonly name = 'dynamodb';

  constructor(
    private readonly client: DynamoDBClient,
    private readonly tableName: string,
  ) {
    super();
  }

  async check(): Promise<void> {
    const key = {
      [READINGS_TABLE.partitionKey]: { S: ' health' },
      [READINGS_TABLE.sortKey]: { S: ' health' },
    };
    await this.client.send(new GetItemCommand({ TableName: this.tableName, Key: key }));
  }
}
