import type { WorkBudget } from '@sensorflow/kernel';
import {
  BlockStore,
  MAX_BLOCKS_PER_CALL,
  type BlockPage,
  type BlockQuery,
  type PutOutcome,
} from '@sensorflow/sensor-data/log/block-store.js';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { counted } from './counted.js';

/**
 * Decides what becomes of one put: its outcome, or undefined for the usual one. An `unknown` put did
 * not happen here; `unknown-but-landed` did.
 */
export type BlockFault = (
  block: StoredBlock,
  call: number,
) => PutOutcome | 'unknown-but-landed' | undefined;

/** The table of blocks in memory, for tests; keeps the contract of BlockStore. */
export class InMemoryBlockStore extends BlockStore {
  private readonly byEquipment = new Map<string, Map<string, StoredBlock>>();
  /** By key, for as long as nothing is written. */
  private readonly sorted = new Map<string, readonly StoredBlock[]>();
  /** How many blocks each call to putAll carried. */
  readonly putCalls: number[] = [];
  private fault: BlockFault = () => undefined;

  /** @param mostPerPage blocks after which the store ends a page by itself */
  constructor(public mostPerPage = Infinity) {
    super();
  }

  /** From now on, this decides what becomes of each put. */
  failPuts(fault: BlockFault): void {
    this.fault = fault;
  }

  override async putAll(blocks: readonly StoredBlock[]): Promise<readonly PutOutcome[]> {
    const keys = new Set(blocks.map(({ equipmentId, key }) => `${equipmentId} ${key}`));
    if (blocks.length === 0 || blocks.length > MAX_BLOCKS_PER_CALL) {
      throw new RangeError(`${blocks.length} blocks in one call`);
    }
    if (keys.size < blocks.length) throw new RangeError('one key twice in one call');
    const call = this.putCalls.push(blocks.length);
    await Promise.resolve();
    return blocks.map((block) => {
      const outcome = this.fault(block, call) ?? 'stored';
      if (outcome === 'stored' || outcome === 'unknown-but-landed') this.put(block);
      return outcome === 'unknown-but-landed' ? 'unknown' : outcome;
    });
  }

  put(block: StoredBlock): void {
    const blocks = this.byEquipment.get(block.equipmentId) ?? new Map();
    blocks.set(block.key, block);
    this.byEquipment.set(block.equipmentId, blocks);
    this.sorted.delete(block.equipmentId);
  }

  delete({ equipmentId, key }: Pick<StoredBlock, 'equipmentId' | 'key'>): void {
    this.byEquipment.get(equipmentId)?.delete(key);
    this.sorted.delete(equipmentId);
  }

  /** Everything of one equipment, by key. */
  all(equipmentId: string): readonly StoredBlock[] {
    const known = this.sorted.get(equipmentId);
    if (known) return known;
    const blocks = [...(this.byEquipment.get(equipmentId)?.values() ?? [])];
    blocks.sort((a, b) => (a.key < b.key ? -1 : 1));
    this.sorted.set(equipmentId, blocks);
    return blocks;
  }

  override async query(query: BlockQuery, budget?: WorkBudget): Promise<BlockPage> {
    await counted(budget);
    const { keys, order, after, limit } = query;
    if (limit < 1) throw new RangeError('a page of nothing');
    const inRange = this.all(query.equipmentId).filter(
      ({ key }) => key >= keys.from && key < keys.to,
    );
    if (order === 'desc') inRange.reverse();
    const rest = inRange.filter(
      ({ key }) => after === undefined || (order === 'asc' ? key > after : key < after),
    );
    const blocks = rest.slice(0, Math.min(limit, this.mostPerPage));
    // Like DynamoDB, which does not check whether anything follows a full page.
    const isFull = blocks.length === Math.min(limit, this.mostPerPage);
    return { blocks, next: isFull ? blocks.at(-1)?.key : undefined };
  }

  override async *scanEquipment(budget?: WorkBudget): AsyncGenerator<readonly string[]> {
    await counted(budget);
    for (const [id, blocks] of this.byEquipment) if (blocks.size > 0) yield [id];
  }
}
