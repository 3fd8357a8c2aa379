import { AttributeType, StreamViewType, TableV2, type Attribute } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import type { TableDefinition } from '../../libs/platform/src/resources/tables.ts';
import { billingOf } from './capacity.ts';
import type { Deployment } from './deployment.ts';
import { tableName, tableWord } from './names.ts';
import { removalPolicyOf } from './removal.ts';

/** A table as the embedded stack has it, with what only the cloud knows: billing, backups, replicas. */
export function createTable(
  scope: Construct,
  definition: TableDefinition,
  deployment: Deployment,
): TableV2 {
  const { isProtected, warmThroughput, regions } = deployment;
  const replicaRegions = definition.scope === 'every-region' ? regions.slice(1) : [];
  return new TableV2(scope, `${tableWord(definition)}-table`, {
    tableName: tableName(deployment.name, definition),
    partitionKey: text(definition.partitionKey),
    sortKey: text(definition.sortKey),
    globalSecondaryIndexes: definition.indexes.map((index) => ({
      indexName: index.name,
      partitionKey: text(index.partitionKey),
      sortKey: text(index.sortKey),
    })),
    billing: billingOf(definition, deployment),
    ...(definition.stream && { dynamoStream: StreamViewType[definition.stream] }),
    ...(definition.ttlAttribute && { timeToLiveAttribute: definition.ttlAttribute }),
    // Only readings and what is made of them come by the thousand.
    ...(warmThroughput && definition.stream && { warmThroughput }),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: isProtected,
    removalPolicy: removalPolicyOf(deployment),
    replicas: replicaRegions.map((region) => ({ region })),
  });
}

function text(name: string): Attribute {
  return { name, type: AttributeType.STRING };
}
