import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { DomainError } from '@sensorflow/kernel';

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

export async function orUnavailable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new DomainError(
      'unavailable',
      'login-throttle-unavailable',
      'Logging in is not possible at the moment.',
      { cause, retryAfterSeconds: 2 },
    );
  }
}
