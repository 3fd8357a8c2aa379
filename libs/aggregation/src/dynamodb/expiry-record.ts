import { member } from './json-member.js';

const DYNAMODB = 'dynamodb.amazonaws.com';

/**
 * Whether a record of the readings' stream says that a block expired, which changes no aggregate. The
 * service's own deletions name it; in a replica they look like anybody's, but after \`expiresAt\` only TTL
 * deletes a block.
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
