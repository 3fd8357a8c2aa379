/** An own property of any value; undefined when it has none of that name. */
export function member(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  const found: unknown = Reflect.get(value, name);
  return found;
}

export function textMember(value: unknown, name: string): string | undefined {
  const text = member(member(value, name), 'S');
  return typeof text === 'string' && text !== '' ? text : undefined;
}
