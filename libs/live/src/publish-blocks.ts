import type { StoredBlock } from '@sensorflow/sensor-data';
import type { ChangePublisher } from './change-topic.js';
import { changeMessages } from './change-message.js';

export interface Publication {
  /** So many of the blocks, from the first on, are published. */
  readonly published: number;
  /** Why not all are. */
  readonly error?: unknown;
}

/** Tells the topic of blocks, in their order, as far as it gets. Does not throw. */
export async function publishBlocks(
  blocks: readonly StoredBlock[],
  publisher: ChangePublisher,
): Promise<Publication> {
  let published = 0;
  try {
    for (const { body, upTo } of changeMessages(blocks)) {
      await publisher.publish(body);
      published = upTo;
    }
    return { published };
  } catch (error) {
    return { published, error };
  }
}
