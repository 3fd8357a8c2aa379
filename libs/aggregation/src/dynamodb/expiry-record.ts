import { member } from '@sensorflow/platform/aws/json-member.js';

const DYNAMODB = 'dynamodb.amazonaws.com';

/**
 * Whether a record of the readings' stream says that a reading expired, which changes no aggregate. The
 * service's own removals name it; in a replica they look like anybody's, but an item is only removed after
 * its expiry by nobody else: readings cannot be removed any more by then.
 */
export function isExpiry(record: unknown): boolean {
  if (member(record, 'eventName') !== 'REMOVE') return false;
  const identity = member(record, 'userIdentity');
  if (member(identity, 'type') === 'Service' && member(identity, 'principalId') === DYNAMODB) {
    return true;
  }
  const change = member(record, 'dynamodb');
  const expiresAt = member(member(member(change, 'OldImage'), 'expiresAt'), 'N');
  const removedAt = member(change, 'ApproximateCreationDateTime');
  if (typeof expiresAt !== 'string' || typeof removedAt !== 'number') return false;
  return Number(expiresAt) <= removedAt;
}
