import { member } from '@sensorflow/platform/aws/json-member.js';
import type { StreamRecord } from '@sensorflow/platform/aws/stream-records.js';

const DYNAMODB = 'dynamodb.amazonaws.com';

/**
 * Whether a record of the readings' stream says that a block expired, which changes no aggregate. The
 * removals of DynamoDB's TTL name the service. In a replica they look like any other removal; but after
 * `expiresAt` only TTL deletes a block.
 */
export function isExpiry(record: StreamRecord): boolean {
  const { eventName, userIdentity, oldImage, createdAtEpochSeconds: removedAt } = record;
  if (eventName !== 'REMOVE') return false;
  const isOfService = member(userIdentity, 'type') === 'Service';
  if (isOfService && member(userIdentity, 'principalId') === DYNAMODB) return true;
  const expiresAt = member(member(oldImage, 'expiresAt'), 'N');
  if (typeof expiresAt !== 'string' || typeof removedAt !== 'number') return false;
  return Number(expiresAt) <= removedAt;
}
