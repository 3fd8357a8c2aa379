import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Outage } from '@sensorflow/platform/aws/or-unavailable.js';

/** Where the throttle's items stand in the sessions table. */
export function keyOf(
  kind: 'attempts' | 'rate' | 'known-network',
  key: string,
): Record<'partition' | 'entry', AttributeValue> {
  return { partition: { S: `login-${kind}#${key}` }, entry: { S: kind } };
}

/** DynamoDB's TTL counts in seconds. */
export function expiry(epochMs: number): AttributeValue {
  return { N: String(Math.ceil(epochMs / 1000)) };
}

/** Of the throttle's own items; nobody logs in unless attempts are counted. */
export const THROTTLE_OUTAGE: Outage = {
  code: 'login-throttle-unavailable',
  detail: 'Logging in is not possible at the moment.',
  retryAfterSeconds: 2,
};
