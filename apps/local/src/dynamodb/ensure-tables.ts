import {
  type AttributeDefinition,
  type CreateTableCommandInput,
  CreateTableCommand,
  DescribeTableCommand,
  DescribeTimeToLiveCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
  UpdateTableCommand,
  UpdateTimeToLiveCommand,
} from '@aws-sdk/client-dynamodb';
import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '@sensorflow/kernel';
import type { IndexDefinition, TableDefinition } from '@sensorflow/platform/resources/tables.js';

export interface NamedTable {
  readonly definition: TableDefinition;
  readonly name: string;
}

/**
 * Creates the tables and indexes that are missing, and returns when all can be used; repeating it changes nothing.
 * Throws `table-differs` (conflict) for an existing table of another shape: its data cannot be taken over.
 */
export async function ensureTables(
  client: DynamoDBClient,
  tables: readonly NamedTable[],
): Promise<void> {
  for (const table of tables) {
    if ((await describe(client, table.name)) === undefined) await create(client, table);
    await addMissingIndexes(client, await activeTable(client, table.name), table);
    requireSameShape(await activeTable(client, table.name), table);
    await ensureTtl(client, table);
  }
}

const ACTIVE_TIMEOUT_MS = 30_000;
const ACTIVE_POLL_MS = 50;

async function describe(
  client: DynamoDBClient,
  name: string,
): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

async function create(client: DynamoDBClient, table: NamedTable): Promise<void> {
  try {
    await client.send(new CreateTableCommand(creationOf(table)));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
  }
}

function creationOf({ definition, name }: NamedTable): CreateTableCommandInput {
  const keys = [definition, ...definition.indexes].flatMap((k) => [k.partitionKey, k.sortKey]);
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keySchema(definition),
    AttributeDefinitions: textAttributes(keys),
    ...(definition.indexes.length > 0 && {
      GlobalSecondaryIndexes: definition.indexes.map(indexCreationOf),
    }),
    ...(definition.stream !== undefined && {
      StreamSpecification: { StreamEnabled: true, StreamViewType: definition.stream },
    }),
  };
}

/** Data folders of earlier versions have fewer. One at a time, as DynamoDB wants it. */
async function addMissingIndexes(
  client: DynamoDBClient,
  existing: TableDescription,
  { definition, name }: NamedTable,
): Promise<void> {
  const known = existing.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName) ?? [];
  for (const index of definition.indexes.filter((one) => !known.includes(one.name))) {
    await client.send(
      new UpdateTableCommand({
        TableName: name,
        AttributeDefinitions: textAttributes([index.partitionKey, index.sortKey]),
        GlobalSecondaryIndexUpdates: [{ Create: indexCreationOf(index) }],
      }),
    );
  }
}

function indexCreationOf(index: IndexDefinition) {
  return {
    IndexName: index.name,
    KeySchema: keySchema(index),
    Projection: { ProjectionType: 'ALL' as const },
  };
}

function textAttributes(names: readonly string[]): AttributeDefinition[] {
  return [...new Set(names)].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));
}

function keySchema(keys: {
  readonly partitionKey: string;
  readonly sortKey: string;
}): KeySchemaElement[] {
  return [
    { AttributeName: keys.partitionKey, KeyType: 'HASH' },
    { AttributeName: keys.sortKey, KeyType: 'RANGE' },
  ];
}

async function activeTable(client: DynamoDBClient, name: string): Promise<TableDescription> {
  const giveUpAt = Date.now() + ACTIVE_TIMEOUT_MS;
  for (;;) {
    const table = await describe(client, name);
    if (table?.TableStatus === 'ACTIVE') return table;
    if (Date.now() > giveUpAt) {
      throw new DomainError('unavailable', 'table-not-active', `Table ${name} is not active.`);
    }
    await delay(ACTIVE_POLL_MS);
  }
}

function requireSameShape(existing: TableDescription, table: NamedTable): void {
  const differing = [
    ['keys', shownKeys(existing.KeySchema), shownKeys(keySchema(table.definition))],
    ['indexes', shownIndexes(existing), shownExpectedIndexes(table.definition)],
    ['stream', shownStream(existing), table.definition.stream ?? 'none'],
  ].filter(([, found, expected]) => found !== expected);
  if (differing.length === 0) return;
  const differences = differing.map(
    ([what, found, expected]) => `${what}: ${found}, not ${expected}`,
  );
  throw new DomainError(
    'conflict',
    'table-differs',
    `Table ${table.name} exists, but differs (${differences.join('; ')}). ` +
      'Nothing was changed. Start the version that wrote it, or set SENSORFLOW_DATA_DIR to another folder.',
  );
}

function shownKeys(keys: readonly KeySchemaElement[] | undefined): string {
  return (keys ?? []).map((key) => `${key.AttributeName} ${key.KeyType}`).join(', ');
}

function shownIndexes(table: TableDescription): string {
  const indexes = table.GlobalSecondaryIndexes ?? [];
  return shownList(indexes.map((index) => `${index.IndexName}(${shownKeys(index.KeySchema)})`));
}

function shownExpectedIndexes(definition: TableDefinition): string {
  return shownList(
    definition.indexes.map((index) => `${index.name}(${shownKeys(keySchema(index))})`),
  );
}

function shownList(indexes: readonly string[]): string {
  return indexes.length > 0 ? indexes.toSorted().join(' ') : 'none';
}

function shownStream(table: TableDescription): string {
  const stream = table.StreamSpecification;
  return stream?.StreamEnabled === true ? (stream.StreamViewType ?? 'none') : 'none';
}

/** Asked first: AWS refuses to enable what is enabled. */
async function ensureTtl(client: DynamoDBClient, { definition, name }: NamedTable): Promise<void> {
  if (definition.ttlAttribute === undefined) return;
  const current = await client.send(new DescribeTimeToLiveCommand({ TableName: name }));
  if (current.TimeToLiveDescription?.AttributeName === definition.ttlAttribute) return;
  await client.send(
    new UpdateTimeToLiveCommand({
      TableName: name,
      TimeToLiveSpecification: { Enabled: true, AttributeName: definition.ttlAttribute },
    }),
  );
}
