import {
  BatchGetItemCommand,
  ConditionalCheckFailedException,
  DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type AttributeValue,
} from '@aws-sdk/client-dynamodb';

/**
 * As much of DynamoDB as the aggregators use, in memory and in single steps: conditional puts, consistent
 * and stale reads, pages of two items, and streams in shards that split.
 */
export type Item = Readonly<Record<string, AttributeValue>>;

/** A stream record as Lambda hands it to a function. */
export interface SimulatedRecord {
  readonly eventName: 'INSERT' | 'MODIFY' | 'REMOVE';
  readonly userIdentity?: { readonly type: string; readonly principalId: string };
  readonly dynamodb: {
    readonly SequenceNumber: string;
    readonly Keys: Item;
    readonly NewImage?: Item;
    readonly OldImage?: Item;
    readonly ApproximateCreationDateTime?: number;
  };
}

/** What a record says of who removed an item, and when: by what an expiry can be known. */
export interface Removal {
  readonly userIdentity?: { readonly type: string; readonly principalId: string };
  readonly atEpochSeconds?: number;
}

export interface StreamShard {
  readonly id: number;
  readonly parent: number | undefined;
  /** The keys' hashes that it carries: from `low` to before `high`. */
  readonly low: number;
  readonly high: number;
  /** By lane, as a parallelization factor makes them: order is kept for each item, not between items. */
  readonly lanes: readonly SimulatedRecord[][];
  isClosed: boolean;
}

interface Version {
  readonly at: number;
  readonly item: Item | undefined;
}

/** Items of one answer; a real page has a megabyte. Everything may happen between two pages. */
const PAGE_ITEMS = 2;
export const LANES_PER_SHARD = 2;
const HASHES = 2 ** 16;
const KEY_CONDITION =
  /^#\w+ = :(\w+)(?: AND (?:#\w+ BETWEEN :(\w+) AND :(\w+)|begins_with\(#\w+, :(\w+)\)))?$/;

export class SimulatedTable {
  private readonly partitions = new Map<string, Map<string, Version[]>>();
  readonly shards: StreamShard[];
  private writes = 0;

  constructor(
    private readonly partitionKey: string,
    private readonly sortKey: string,
  ) {
    const middle = HASHES / 2;
    this.shards = [aShard(0, undefined, 0, middle), aShard(1, undefined, middle, HASHES)];
  }

  /** A shard ends, and two others go on with its keys. */
  split(pick: number): void {
    const open = this.shards.filter((shard) => !shard.isClosed && shard.high - shard.low > 1);
    const shard = open[pick % open.length];
    if (!shard) return;
    shard.isClosed = true;
    const middle = Math.floor((shard.low + shard.high) / 2);
    this.shards.push(aShard(this.shards.length, shard.id, shard.low, middle));
    this.shards.push(aShard(this.shards.length, shard.id, middle, shard.high));
  }

  put(item: Item): void {
    this.write(textAt(item, this.partitionKey), textAt(item, this.sortKey), item);
  }

  remove(partition: string, sort: string, removal: Removal = {}): void {
    this.write(partition, sort, undefined, removal);
  }

  /** As it was so many writes ago; 0 is a consistent read. */
  get(key: Item, staleBy: number): Item | undefined {
    return this.at(textAt(key, this.partitionKey), textAt(key, this.sortKey), staleBy);
  }

  query(input: QueryCommand['input'], staleBy: number) {
    const [, partition = '', from, to, prefix] =
      KEY_CONDITION.exec(input.KeyConditionExpression ?? '') ?? [];
    const value = (name: string) => input.ExpressionAttributeValues?.[`:${name}`]?.S ?? '';
    const after = input.ExclusiveStartKey && textAt(input.ExclusiveStartKey, this.sortKey);
    if (partition === '') throw new Error(`not simulated: ${input.KeyConditionExpression}`);
    const name = value(partition);
    const sorts = [...(this.partitions.get(name)?.keys() ?? [])]
      .filter((sort) => from === undefined || (sort >= value(from) && sort <= value(to ?? '')))
      .filter((sort) => prefix === undefined || sort.startsWith(value(prefix)))
      .filter((sort) => after === undefined || sort > after)
      .sort();
    const items = sorts
      .map((sort) => this.at(name, sort, staleBy))
      .filter((item) => item !== undefined);
    const page = items.slice(0, PAGE_ITEMS);
    const last = page.at(-1);
    return {
      Items: page,
      ...(last && items.length > page.length && { LastEvaluatedKey: this.keysOf(last) }),
    };
  }

  all(): readonly Item[] {
    const versions = this.partitions.values().flatMap((sorts) => sorts.values());
    return [...versions].map((of) => of.at(-1)?.item).filter((item) => item !== undefined);
  }

  private at(partition: string, sort: string, staleBy: number): Item | undefined {
    const versions = this.partitions.get(partition)?.get(sort) ?? [];
    return versions.findLast(({ at }) => at <= this.writes - staleBy)?.item;
  }

  private write(
    partition: string,
    sort: string,
    item: Item | undefined,
    removal: Removal = {},
  ): void {
    const before = this.at(partition, sort, 0);
    // A write that changes nothing leaves no record.
    if (JSON.stringify(before) === JSON.stringify(item)) return;
    this.writes += 1;
    const sorts = this.partitions.get(partition) ?? new Map<string, Version[]>();
    this.partitions.set(partition, sorts);
    sorts.set(sort, [...(sorts.get(sort) ?? []), { at: this.writes, item }]);
    this.emit(`${partition} ${sort}`, before, item, removal);
  }

  private emit(
    key: string,
    before: Item | undefined,
    after: Item | undefined,
    { userIdentity, atEpochSeconds }: Removal,
  ): void {
    const hash = hashOf(key);
    const shard = this.shards.find((s) => !s.isClosed && hash >= s.low && hash < s.high);
    const image = after ?? before;
    if (!shard || !image) throw new Error('a record without a shard');
    const changed = before ? 'MODIFY' : 'INSERT';
    const record: SimulatedRecord = {
      eventName: after ? changed : 'REMOVE',
      ...(userIdentity && { userIdentity }),
      dynamodb: {
        SequenceNumber: sequenceNumber(shard),
        Keys: this.keysOf(image),
        ...(after && { NewImage: after }),
        ...(before && { OldImage: before }),
        ...(atEpochSeconds !== undefined && { ApproximateCreationDateTime: atEpochSeconds }),
      },
    };
    shard.lanes[hash % LANES_PER_SHARD]?.push(record);
  }

  private keysOf(item: Item): Record<string, AttributeValue> {
    return {
      [this.partitionKey]: { S: textAt(item, this.partitionKey) },
      [this.sortKey]: { S: textAt(item, this.sortKey) },
    };
  }
}

/** Ascending within a shard, and without meaning between shards. */
function sequenceNumber(shard: StreamShard): string {
  const records = shard.lanes.reduce((sum, lane) => sum + lane.length, 0);
  return String(((shard.id * 7919) % 97) * 1000 + records + 1).padStart(21, '0');
}

function aShard(id: number, parent: number | undefined, low: number, high: number): StreamShard {
  const lanes = Array.from({ length: LANES_PER_SHARD }, () => []);
  return { id, parent, low, high, lanes, isClosed: false };
}

function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & (HASHES - 1);
}

function textAt(item: Item, attribute: string): string {
  const text = item[attribute]?.S;
  if (text === undefined) throw new Error(`an item without ${attribute}`);
  return text;
}

export type SimulatedCommand = BatchGetItemCommand | GetItemCommand | PutItemCommand | QueryCommand;

/** How many writes an inconsistent read may lag behind. */
export type Staleness = () => number;

export class SimulatedDynamoDb {
  constructor(
    readonly tables: Readonly<Record<string, SimulatedTable>>,
    private readonly staleness: Staleness,
  ) {}

  /** One step: nothing else happens meanwhile. */
  execute(command: SimulatedCommand): object {
    if (command instanceof BatchGetItemCommand) return this.getAll(command.input);
    const table = this.table(command.input.TableName);
    if (command instanceof PutItemCommand) return put(table, command.input);
    const staleBy = command.input.ConsistentRead === true ? 0 : this.staleness();
    if (command instanceof QueryCommand) return table.query(command.input, staleBy);
    const Item = table.get(command.input.Key ?? {}, staleBy);
    return Item ? { Item } : {};
  }

  /** Each item by itself: an inconsistent read of many may show some of them older than others. */
  private getAll({ RequestItems: asked = {} }: BatchGetItemCommand['input']): object {
    const found = Object.entries(asked).map(([name, { Keys: keys = [] }]) => {
      const items = keys.map((key) => this.table(name).get(key, this.staleness()));
      return [name, items.filter((item) => item !== undefined)];
    });
    return { Responses: Object.fromEntries(found) };
  }

  private table(name: string | undefined): SimulatedTable {
    const table = this.tables[name ?? ''];
    if (!table) throw new Error(`no table ${name}`);
    return table;
  }
}

function put(table: SimulatedTable, input: PutItemCommand['input']): object {
  const item = input.Item ?? {};
  const before = table.get(item, 0);
  if (!holds(input, before)) {
    throw new ConditionalCheckFailedException({ message: 'no', $metadata: {} });
  }
  table.put(item);
  return {};
}

function holds(input: PutItemCommand['input'], before: Item | undefined): boolean {
  const { ConditionExpression: condition, ExpressionAttributeValues: values } = input;
  if (condition === undefined) return true;
  if (condition === 'attribute_not_exists(#hour) OR #hour < :hour') {
    return (before?.['hour']?.S ?? '') < (values?.[':hour']?.S ?? '');
  }
  if (condition.startsWith('attribute_not_exists(')) return before === undefined;
  if (condition !== '#version = :version') throw new Error(`not simulated: ${condition}`);
  return before?.['version']?.N === values?.[':version']?.N;
}

/** A client of the real SDK's type, all of whose calls go here. */
export function clientThat(send: (command: SimulatedCommand) => Promise<unknown>): DynamoDBClient {
  const client: DynamoDBClient = Object.create(DynamoDBClient.prototype);
  return Object.assign(client, { send });
}
