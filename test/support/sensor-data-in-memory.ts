import type { Instant } from '@sensorflow/kernel';
import {
  GroupCommit,
  LogReadingStore,
  MetricNameLimit,
  Retention,
  SensorDataService,
  type StoredReading,
} from '@sensorflow/sensor-data';
import { InstantHistory } from '@sensorflow/sensor-data/log/instant-history.js';
import { LogReader } from '@sensorflow/sensor-data/log/log-reader.js';
import { ReadingRemover } from '@sensorflow/sensor-data/log/reading-remover.js';
import { StampClock } from '@sensorflow/sensor-data/log/stamp.js';
import { FixedClock } from './fixed-clock.js';
import { InMemoryBlockStore, type BlockFault } from './in-memory-block-store.js';
import { InMemoryMetricNames } from './in-memory-metric-names.js';
import { anInstant, pagesOf } from './readings.js';

/** The core of sensor-data, put together as its module does, over a table of blocks in memory. */
export function sensorDataInMemory(
  fault: BlockFault = () => undefined,
  retention = Retention.FOREVER,
  clock = new FixedClock('2023-09-01T00:00:00Z'),
  earliest?: Instant,
) {
  const blocks = new InMemoryBlockStore();
  blocks.failPuts(fault);
  const stamps = new StampClock(clock);
  const expiresAtEpochSeconds = (hour: string) => retention.expiresAtEpochSeconds(hour);
  const store = new LogReadingStore(blocks, retention, clock);
  const writer = new GroupCommit(blocks, clock, { stamps, expiresAtEpochSeconds });
  const names = new InMemoryMetricNames();
  const remover = new ReadingRemover(new LogReader(blocks), writer, stamps, expiresAtEpochSeconds);
  const sensorData = new SensorDataService(
    {
      store,
      writer,
      remover,
      history: new InstantHistory(blocks, retention, clock),
      registered: names,
    },
    clock,
    retention,
    new MetricNameLimit(names, clock),
    earliest,
  );
  return { blocks, store, names, clock, sensorData, standing: async () => standingIn(store) };
}

/** Everything that stands, by equipment and time. */
async function standingIn(store: LogReadingStore): Promise<readonly StoredReading[]> {
  const ids = (await pagesOf(store.scanEquipment())).flat().toSorted();
  const [from, to] = [anInstant('1970-01-01T00:00:00Z'), anInstant('9999-01-01T00:00:00Z')];
  const scans = ids.map(async (id) => pagesOf(store.scanRange(id, from, to)));
  return (await Promise.all(scans)).flat(2);
}
