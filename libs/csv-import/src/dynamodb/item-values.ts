import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { parseInstant, type Instant } from '@sensorflow/kernel';

/** Values of items of the imports table; one that cannot be read throws. */
export type ImportItem = Record<string, AttributeValue>;
export type Attribute = AttributeValue | undefined;

export function text(attribute: Attribute): string {
  if (attribute?.S === undefined) throw damaged('text');
  return attribute.S;
}

export function numberOf(attribute: Attribute): number {
  if (attribute?.N === undefined) throw damaged('number');
  return Number(attribute.N);
}

export function instant(attribute: Attribute): Instant {
  const parsed = parseInstant(text(attribute));
  if (!parsed.ok) throw damaged('instant');
  return parsed.value;
}

export function fields(attribute: Attribute): ImportItem {
  return attribute?.M ?? {};
}

export function damaged(what: string): Error {
  return new Error(`an item of the imports table has no valid ${what}`);
}

export function number(value: number): AttributeValue {
  return { N: String(value) };
}
