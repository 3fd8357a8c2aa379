/** An attribute as DynamoDB's JSON says it. */
export type Attribute = Readonly<Record<string, unknown>>;
export type Item = Record<string, Attribute>;

interface UpdateInput {
  readonly UpdateExpression?: string;
  readonly ExpressionAttributeNames?: Readonly<Record<string, string>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, Attribute>>;
}

const CLAUSE =
  /([#\w.]+)\s*=\s*(if_not_exists\(\s*[#\w.]+\s*,\s*:\w+\s*\)|[#\w.]+\s*\+\s*:\w+|:\w+)/g;

/**
 * The item after `SET a = :a, b.c = :c, n = n + :one, d = if_not_exists(d, :d)`. Conditions and other
 * clauses are not looked at.
 */
export function updatedItem(item: Item, input: UpdateInput): Item {
  const changed = structuredClone(item);
  for (const [, path = '', source = ''] of (input.UpdateExpression ?? '').matchAll(CLAUSE)) {
    const names = path.split('.').map((name) => input.ExpressionAttributeNames?.[name] ?? name);
    const value = input.ExpressionAttributeValues?.[/:\w+/.exec(source)?.[0] ?? ''] ?? {};
    const holder = names.slice(0, -1).reduce(mapMember, changed);
    const last = names.at(-1) ?? '';
    const present = holder[last];
    if (source.startsWith('if_not_exists')) holder[last] = present ?? value;
    else if (source.includes('+')) holder[last] = sum(present, value);
    else holder[last] = value;
  }
  return changed;
}

function mapMember(holder: Item, name: string): Item {
  const { M } = (holder[name] ??= { M: {} }) as { M: Item };
  return M;
}

function sum(a: Attribute | undefined, b: Attribute): Attribute {
  return { N: String(Number(a?.['N'] ?? 0) + Number(b['N'])) };
}
