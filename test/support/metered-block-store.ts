import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { blockItemJson } from '@sensorflow/sensor-data/dynamodb/block-item.js';
import type { BlockPage, BlockQuery } from '@sensorflow/sensor-data/log/block-store.js';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { itemSize, readUnits } from './dynamodb-item-size.js';
import { InMemoryBlockStore } from './in-memory-block-store.js';

/** Counts what DynamoDB would bill for queries. */
export class MeteredBlockStore extends InMemoryBlockStore {
  calls = 0;
  units = 0;
  private readonly sizes = new WeakMap<StoredBlock, number>();

  override async query(query: BlockQuery): Promise<BlockPage> {
    const page = await super.query(query);
    this.calls += 1;
    this.units += readUnits(page.blocks.reduce((bytes, block) => bytes + this.sizeOf(block), 0));
    return page;
  }

  reset(): void {
    this.calls = 0;
    this.units = 0;
  }

  private sizeOf(block: StoredBlock): number {
    const known = this.sizes.get(block);
    if (known !== undefined) return known;
    const item: Record<string, AttributeValue> = JSON.parse(blockItemJson(block));
    const size = itemSize(item);
    this.sizes.set(block, size);
    return size;
  }
}
