import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { DynamicModule } from '@nestjs/common';
import { AuthReadiness } from '@sensorflow/auth';
import { DependencyProbe } from '@sensorflow/health';
import { DynamoDbProbe } from '@sensorflow/health/dynamodb/dynamodb-probe.js';
import type { HealthOptions } from '@sensorflow/health/health.module.js';
import { SERVICE } from './service-identity.js';

/** Without keys to check identities with, every request would be refused. */
class IdentityProbe extends DependencyProbe {
  readonly name = 'identity';

  constructor(private readonly auth: AuthReadiness) {
    super();
  }

  async check(): Promise<void> {
    if (!this.auth.isReady()) throw new Error('identities cannot be checked');
  }
}

/** What the API cannot work without. */
export function healthOptions(
  auth: DynamicModule,
  dynamoDb: DynamoDBClient,
  readingsTableName: string,
): HealthOptions {
  return {
    identity: SERVICE,
    imports: [auth],
    inject: [AuthReadiness],
    probes: (readiness: AuthReadiness) => [
      new DynamoDbProbe(dynamoDb, readingsTableName),
      new IdentityProbe(readiness),
    ],
  };
}
