import { updatedItem, type Attribute, type Item } from './update-expression.ts';

type Json = Readonly<Record<string, unknown>>;

/** One put of a call, as it was sent. */
export interface Put {
  readonly table: string;
  readonly item: Item;
}

/** The puts of a PutItem or BatchWriteItem call. */
export function putsOf(input: Json): readonly Put[] {
  const {
    RequestItems: requests,
    TableName: table,
    Item: item,
  } = input as {
    RequestItems?: Record<string, { PutRequest: { Item: Item } }[]>;
    TableName: string;
    Item: Item;
  };
  if (!requests) return [{ table, item }];
  return Object.entries(requests).flatMap(([name, list]) =>
    list.map(({ PutRequest }) => ({ table: name, item: PutRequest.Item })),
  );
}

/** Stands for a key without knowing the table's: the two strings that all our keys are made of. */
export function keyOf({ table, item }: Put): string {
  const first = item['equipmentId'] ?? item['partition'] ?? item['scope'];
  const second =
    item['block'] ?? item['timestamp'] ?? item['entry'] ?? item['uploadId'] ?? item['cell'];
  return `${table} ${textOf(first)} ${textOf(second)}`;
}

function textOf(attribute: Attribute | undefined): string {
  return typeof attribute?.['S'] === 'string' ? attribute['S'] : '';
}

/** What was put, if it is kept at all, and the items that updates work on. */
export class SinkTables {
  readonly items = new Map<string, Item>();

  put(put: Put): void {
    this.items.set(keyOf(put), put.item);
  }

  get(table: string, key: Item): Item | undefined {
    return this.items.get(keyOf({ table, item: key }));
  }

  update(table: string, key: Item, input: Json): Item {
    const at = keyOf({ table, item: key });
    const item = updatedItem(this.items.get(at) ?? { ...key }, input);
    this.items.set(at, item);
    return item;
  }
}
