import { member } from '@sensorflow/platform/aws/json-member.js';
import type { StreamRecord } from '@sensorflow/platform/aws/stream-records.js';
import type { StoredBlock } from '../log/block.js';
import { fromBlockItem, type BlockItem } from './block-item.js';

/**
 * The block that a record of the readings' stream says was written. Undefined for one that expired or was
 * written again, which changes nothing. Throws when it is no block.
 */
export function blockOfRecord({ eventName, newImage }: StreamRecord): StoredBlock | undefined {
  if (eventName !== 'INSERT') return undefined;
  const item = withBytes(newImage);
  if (!isItem(item)) throw new TypeError('a record has no image');
  return fromBlockItem(item);
}

function isItem(image: unknown): image is BlockItem {
  return member(image, 'equipmentId') !== undefined;
}

/** A Lambda event is JSON, in which bytes are base64. */
function withBytes(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]: [string, unknown]) => [
      name,
      name === 'B' && typeof part === 'string' ? Buffer.from(part, 'base64') : withBytes(part),
    ]),
  );
}
