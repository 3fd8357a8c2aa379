/**
 * What each process may do to each table: the calls that its code makes, and no others. A test holds
 * this against the code. Tables go by the variable that names them.
 */
export type Process = 'api' | 'csv-importer' | 'live-publisher' | 'stream-aggregator';

export const TABLE_ACTIONS: Readonly<Record<Process, Readonly<Record<string, readonly string[]>>>> =
  {
    api: {
      DYNAMODB_TABLE_NAME: ['BatchWriteItem', 'GetItem', 'PutItem', 'Query', 'Scan'],
      DYNAMODB_AGGREGATE_TABLE_NAME: ['BatchGetItem', 'GetItem', 'PutItem', 'Query'],
      DYNAMODB_IMPORTS_TABLE_NAME: ['GetItem', 'PutItem', 'Query', 'UpdateItem'],
      DYNAMODB_SESSIONS_TABLE_NAME: ['DeleteItem', 'GetItem', 'PutItem', 'Query', 'UpdateItem'],
    },
    'csv-importer': {
      // It asks for the time, and folds the hours that it has written into.
      DYNAMODB_TABLE_NAME: ['BatchWriteItem', 'GetItem', 'PutItem', 'Query'],
      // Their cells; and how many metric names an equipment has.
      DYNAMODB_AGGREGATE_TABLE_NAME: ['GetItem', 'PutItem', 'Query'],
      // Its own parts of manifests too, in partitions of their own.
      DYNAMODB_IMPORTS_TABLE_NAME: ['GetItem', 'PutItem', 'Query', 'UpdateItem'],
    },
    // Its stream brings it all.
    'live-publisher': {},
    'stream-aggregator': {
      DYNAMODB_TABLE_NAME: ['Query'],
      DYNAMODB_AGGREGATE_TABLE_NAME: ['BatchWriteItem', 'GetItem', 'PutItem', 'Query'],
    },
  };

/** What the API may do to the user pool: the calls by which administrators manage people, and no others. */
export const USER_POOL_ACTIONS: readonly string[] = [
  'AdminAddUserToGroup',
  'AdminCreateUser',
  'AdminDisableUser',
  'AdminEnableUser',
  'AdminGetUser',
  'AdminListGroupsForUser',
  'AdminRemoveUserFromGroup',
  'AdminSetUserPassword',
  'AdminUserGlobalSignOut',
  'ListUsers',
  'ListUsersInGroup',
];

/**
 * What each process of the API may do to receive live readings: on the topic, and with the queues whose names have
 * its prefix. Two calls know no resources.
 */
export const LIVE_ACTIONS = {
  topic: ['sns:GetTopicAttributes', 'sns:ListSubscriptionsByTopic', 'sns:Publish', 'sns:Subscribe'],
  queues: [
    'sqs:CreateQueue',
    'sqs:DeleteMessage',
    'sqs:DeleteQueue',
    'sqs:GetQueueAttributes',
    'sqs:ReceiveMessage',
    'sqs:SetQueueAttributes',
  ],
  withoutResource: ['sns:Unsubscribe', 'sqs:ListQueues'],
} as const;
