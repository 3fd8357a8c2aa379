import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { instantToEpochMs } from '@sensorflow/kernel';
import { Retention, type ReadingIdentity, type StoredReading } from '@sensorflow/sensor-data';
import { blockItemJson } from '@sensorflow/sensor-data/dynamodb/block-item.js';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { hourOf, offsetOf } from '@sensorflow/sensor-data/log/hour-time.js';
import { packRows } from '@sensorflow/sensor-data/log/pack-rows.js';
import { sealRemoval } from '@sensorflow/sensor-data/log/seal-removal.js';
import { StampClock } from '@sensorflow/sensor-data/log/stamp.js';
import { FixedClock } from './fixed-clock.js';

/** Makes the blocks of writes that happen one after the other: one for each reading, and for each removal. */
export class BlockMaker {
  private readonly clock = new FixedClock(0);
  private readonly stamps: StampClock;

  /** @param source of its stamps; a random one unless a test is to be the same again */
  constructor(
    private readonly retention = Retention.FOREVER,
    source?: string,
  ) {
    this.stamps = new StampClock(this.clock, source);
  }

  /** Sealed when the reading was registered, unless another block was sealed later. */
  ofReading({ equipmentId, timestamp, values, tags, registerTime }: StoredReading): StoredBlock {
    this.clock.advance(instantToEpochMs(registerTime) - this.clock.nowEpochMs());
    const hour = hourOf(timestamp);
    const row = { offsetNs: offsetOf(timestamp), values, tags };
    const [packed] = packRows(equipmentId, hour, {}, [row]);
    if (!packed) throw new Error('a reading makes a block');
    return packed.block.seal(this.stamps.next(), this.retention.expiresAtEpochSeconds(hour));
  }

  /** Above all that was sealed before. */
  ofRemoval({ equipmentId, timestamp }: ReadingIdentity): StoredBlock {
    const hour = hourOf(timestamp);
    const atNs = offsetOf(timestamp);
    const removal = { hour, firstNs: atNs, lastNs: atNs };
    const expiresAt = this.retention.expiresAtEpochSeconds(hour);
    return sealRemoval(equipmentId, removal, {}, this.stamps.next(), expiresAt);
  }
}

/** A block of one reading, sealed when the reading was registered. */
export function aBlockOf(reading: StoredReading): StoredBlock {
  return new BlockMaker().ofReading(reading);
}

/** The item of a block, as the store keeps it and its stream shows it. */
export function itemOf(block: StoredBlock): Record<string, AttributeValue> {
  return JSON.parse(blockItemJson(block));
}
