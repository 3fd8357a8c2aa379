import type { DeleteItemCommandInput } from '@aws-sdk/client-dynamodb';
import type { StoredReading } from '../reading.js';
import { toReadingItem } from './reading-item.js';

/** All that a reading says, and when it came; its keys are given anyway. */
const ATTRIBUTES = ['value', 'values', 'tags', 'registerTime'] as const;

/**
 * The condition that the item is this very reading. Not `registerTime` alone: two corrections can come
 * in one millisecond.
 */
export function exactlyThis(
  reading: StoredReading,
): Pick<
  DeleteItemCommandInput,
  'ConditionExpression' | 'ExpressionAttributeNames' | 'ExpressionAttributeValues'
> {
  const item = toReadingItem(reading);
  const present = ATTRIBUTES.flatMap((name) => {
    const value = item[name];
    return value === undefined ? [] : [[`:${name}`, value] as const];
  });
  return {
    ConditionExpression: ATTRIBUTES.map((name) =>
      item[name] === undefined ? `attribute_not_exists(#${name})` : `#${name} = :${name}`,
    ).join(' AND '),
    ExpressionAttributeNames: Object.fromEntries(ATTRIBUTES.map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(present),
  };
}
