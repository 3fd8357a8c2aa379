import { IMPORTS_OF_SUBJECT_INDEX } from '@sensorflow/platform/resources/tables.js';
import { keyOf, SCOPE } from './import-item.js';

/** What a query asks for, from the newest on or behind an import. */
export function everyImport(before: string | undefined) {
  return {
    KeyConditionExpression: '#scope = :scope',
    ExpressionAttributeNames: { '#scope': 'scope' },
    ExpressionAttributeValues: { ':scope': { S: SCOPE } },
    ConsistentRead: true,
    ...(before !== undefined && { ExclusiveStartKey: keyOf(before) }),
  };
}

export function importsOf(subject: string, before: string | undefined) {
  return {
    IndexName: IMPORTS_OF_SUBJECT_INDEX.name,
    KeyConditionExpression: '#subject = :subject',
    ExpressionAttributeNames: { '#subject': 'subject' },
    ExpressionAttributeValues: { ':subject': { S: subject } },
    ...(before !== undefined && {
      ExclusiveStartKey: { ...keyOf(before), subject: { S: subject } },
    }),
  };
}
