import type { AttributeValue } from '@aws-sdk/client-dynamodb';

/** An item as a table holds it. */
export type Item = Readonly<Record<string, AttributeValue>>;

/** For an item that this product did not write. */
export function broken(attribute: string): Error {
  return new Error(`the store holds an item with an unusable ${attribute}`);
}

export function text(value: AttributeValue | undefined, attribute: string): string {
  if (value?.S === undefined) throw broken(attribute);
  return value.S;
}

export function number(value: AttributeValue | undefined, attribute: string): number {
  const parsed = Number(value?.N ?? Number.NaN);
  if (!Number.isFinite(parsed)) throw broken(attribute);
  return parsed;
}
