const TARGET_PREFIX = 'DynamoDB_20120810.';

const CALL_NAMES = [
  'PutItem',
  'BatchWriteItem',
  'GetItem',
  'Query',
  'UpdateItem',
  'DescribeTable',
] as const;

export type CallName = (typeof CALL_NAMES)[number];

/** The operation that the `x-amz-target` header names, or undefined for one the sink does not know. */
export function callNameOf(target: unknown): CallName | undefined {
  if (typeof target !== 'string' || !target.startsWith(TARGET_PREFIX)) return undefined;
  const name = target.slice(TARGET_PREFIX.length);
  return CALL_NAMES.find((known) => known === name);
}
