import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Instant } from '@sensorflow/kernel';

export interface KeyCondition {
  KeyConditionExpression: string;
  ExpressionAttributeNames: Record<string, string>;
  ExpressionAttributeValues: Record<string, AttributeValue>;
}

/**
 * The condition for one equipment's readings with `from` ≤ timestamp < `to` (from < to). DynamoDB takes
 * one condition on the sort key, and BETWEEN includes both ends; but `to` without its last character
 * sorts behind every earlier instant and before `to` itself, because instants have a fixed width.
 */
export function readingKeyCondition(
  equipmentId: string,
  from?: Instant,
  to?: Instant,
): KeyCondition {
  return {
    KeyConditionExpression: ['#equipmentId = :equipmentId', ...sortKeyCondition(from, to)].join(
      ' AND ',
    ),
    ExpressionAttributeNames: {
      '#equipmentId': 'equipmentId',
      ...((from ?? to) !== undefined && { '#timestamp': 'timestamp' }),
    },
    ExpressionAttributeValues: {
      ':equipmentId': { S: equipmentId },
      ...(from !== undefined && { ':from': { S: from } }),
      ...(to !== undefined && { ':to': { S: to.slice(0, -1) } }),
    },
  };
}

function sortKeyCondition(from?: Instant, to?: Instant): readonly string[] {
  if (from !== undefined && to !== undefined) return ['#timestamp BETWEEN :from AND :to'];
  if (from !== undefined) return ['#timestamp >= :from'];
  return to === undefined ? [] : ['#timestamp <= :to'];
}
