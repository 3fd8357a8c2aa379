import { instantFromEpochMs } from '@sensorflow/kernel';
import { LogReadingStore, Retention } from '@sensorflow/sensor-data';
import type { BlockPage, BlockQuery } from '@sensorflow/sensor-data/log/block-store.js';
import { describe, expect, it } from 'vitest';
import { BlockMaker } from '../../../test/support/blocks.js';
import { InMemoryAggregateStore } from '../../../test/support/in-memory-aggregate-store.js';
import { MeteredBlockStore } from '../../../test/support/metered-block-store.js';
import { aStoredReading } from '../../../test/support/readings.js';
import { START_EPOCH_MS, VirtualTime } from '../../../test/support/virtual-time.js';
import { EquipmentHours } from './equipment-hours.js';
import { hourOfEpochMs, hourPlus } from './hours/hour.js';

/** Ten readings a second, each sent by itself. */
const EVERY_MS = 100;
const HOUR_MS = 3_600_000;
const PARTITION_UNITS_PER_SECOND = 3000;
const ANSWERS_PER_SECOND = 20;
const SECONDS = 20;
const STORE_MS = 5;

/** Answers after a while, and notes what it read in which second. */
class TimedBlockStore extends MeteredBlockStore {
  readonly unitsBySecond = new Map<number, number>();

  constructor(private readonly time: VirtualTime) {
    super();
  }

  override async query(query: BlockQuery): Promise<BlockPage> {
    await this.time.sleep(STORE_MS);
    const before = this.units;
    const page = await super.query(query);
    const second = Math.floor(this.time.nowEpochMs() / 1000);
    const units = this.unitsBySecond.get(second) ?? 0;
    this.unitsBySecond.set(second, units + this.units - before);
    return page;
  }
}

describe('an open hour of 36,000 readings, sent one by one', { timeout: 60_000 }, () => {
  it('is answered 20 times a second within the limits of its partition, and never behind', async () => {
    const time = new VirtualTime();
    const blocks = new TimedBlockStore(time);
    const maker = new BlockMaker(Retention.FOREVER, 'device');
    const readings = new LogReadingStore(blocks, Retention.FOREVER, time);
    const ports = { aggregates: new InMemoryAggregateStore(), readings };
    const hours = new EquipmentHours(ports, Retention.FOREVER, time);
    const hour = hourOfEpochMs(START_EPOCH_MS - HOUR_MS);
    const query = {
      equipmentId: 'EQ-1',
      metric: 'value',
      range: { from: hourPlus(hour, -23), to: hourPlus(hour, 1) },
    };
    let sent = 0;
    const send = () => {
      const timestamp = instantFromEpochMs(START_EPOCH_MS - HOUR_MS + sent * EVERY_MS);
      const reading = { equipmentId: 'EQ-1', timestamp, registerTime: timestamp, value: 21.125 };
      blocks.put(maker.ofReading(aStoredReading(reading)));
      sent += 1;
    };
    for (let left = HOUR_MS / EVERY_MS - SECONDS * 10; left > 0; left -= 1) send();

    const behind: number[] = [];
    const waitedMs: number[] = [];
    const ask = async () => {
      const [acknowledged, askedAt] = [sent, time.nowEpochMs()];
      const found = await hours.read(query);
      const count = found.reduce((sum, { aggregate }) => sum + (aggregate?.count ?? 0), 0);
      behind.push(Math.max(0, acknowledged - count));
      waitedMs.push(time.nowEpochMs() - askedAt);
    };
    for (let second = 0; second < SECONDS; second += 1) {
      for (let i = 0; i < 10; i += 1) time.after(second * 1000 + i * 100 + 1, send);
      for (let i = 0; i < ANSWERS_PER_SECOND; i += 1) {
        time.after(second * 1000 + (i * 1000) / ANSWERS_PER_SECOND, () => void ask());
      }
    }
    await time.runToTheEnd();

    const most = Math.max(...blocks.unitsBySecond.values());
    if (process.env['SENSORFLOW_FIGURES'] !== undefined) {
      const average = Math.round(blocks.units / blocks.unitsBySecond.size);
      const longest = Math.max(...waitedMs);
      process.stdout.write(
        `${behind.length} answers: ${average} read units/s, at most ${Math.round(most)}; the longest took ${longest} ms\n`,
      );
    }
    expect(behind).toEqual(Array(SECONDS * ANSWERS_PER_SECOND).fill(0));
    expect(most).toBeLessThanOrEqual(PARTITION_UNITS_PER_SECOND);
  });
});
