import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/**
 * What DynamoDB bills an item as, in bytes ("Item sizes and formats" in its developer guide): UTF-8 for
 * names and strings, a byte for each two digits of a number and one more, three bytes for a map or a list
 * and one for each entry.
 */
export function itemSize(item: Readonly<Record<string, AttributeValue>>): number {
  let bytes = 0;
  for (const [name, value] of Object.entries(item)) {
    bytes += Buffer.byteLength(name) + valueSize(value);
  }
  return bytes;
}

function valueSize({ S, N, B, M, L, BOOL, NULL }: AttributeValue): number {
  if (S !== undefined) return Buffer.byteLength(S);
  if (N !== undefined) return numberSize(N);
  // As JSON carries them, in base64.
  if (B !== undefined) return typeof B === 'string' ? Buffer.from(B, 'base64').length : B.length;
  if (M) return 3 + Object.keys(M).length + itemSize(M);
  if (L) return 3 + L.reduce((bytes, value) => bytes + 1 + valueSize(value), 0);
  if (BOOL !== undefined || NULL !== undefined) return 1;
  throw new RangeError('an attribute of a type that SensorFlow does not use');
}

function numberSize(text: string): number {
  const digits = text.replace(/[-.]|[eE].*$/g, '').replace(/^0+|0+$/g, '').length;
  return Math.ceil(digits / 2) + 1 + (text.startsWith('-') ? 1 : 0);
}

/** Of a put. */
export function writeUnits(bytes: number): number {
  return Math.ceil(bytes / 1024);
}

/** Of a strongly consistent query over so many bytes: at least one, also for nothing. */
export function readUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / 4096));
}
