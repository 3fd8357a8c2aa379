import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { HourRecomputer, StreamBatchAggregator, SumRecomputer } from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbFleetStore } from '@sensorflow/aggregation/dynamodb/dynamodb-fleet-store.js';
import { Clock } from '@sensorflow/kernel';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import {
  LogReadingStore,
  Retention,
  type ReadingIdentity,
  type StoredReading,
} from '@sensorflow/sensor-data';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { setImmediate as quiescence } from 'node:timers/promises';
import {
  lambdaOf,
  streamBatchHandler,
} from '../../apps/stream-aggregator/src/stream-batch-handler.js';
import { BlockMaker, itemOf } from './blocks.js';
import {
  clientThat,
  LANES_PER_SHARD,
  SimulatedDynamoDb,
  SimulatedTable,
  type SimulatedCommand,
  type SimulatedRecord,
  type StreamShard,
} from './simulated-dynamodb.js';

/**
 * The real stream handler with the real stores' code in a world where every call to DynamoDB is a step
 * that others may come before: one or two consumers read both streams, in lanes as Lambda's parallelization
 * factor 2 makes them; containers are killed or time out and work on as zombies; answers are lost.
 */
export type Handler = ReturnType<typeof lambdaOf>;
export type Random = () => number;

/** Mistakes that a schedule must find. */
export interface PlantedFault {
  /** What a container's calls become before they reach the store; undefined: said to be done without it. */
  readonly call?: (
    command: SimulatedCommand,
    world: SimulatedAggregation,
  ) => SimulatedCommand | undefined;
  readonly retention?: Retention;
  readonly handler?: (
    handler: Handler,
    client: DynamoDBClient,
    world: SimulatedAggregation,
  ) => Handler;
}

export const SHARDS = 2;
/** Of both streams, in every other schedule: two could hide each other's mistakes. */
const MOST_CONSUMERS = 2;
const LARGEST_BATCH = 4;
const DENSE_READINGS = 2;
/** Reads that are not consistent lag by up to this many writes. */
const MOST_STALE = 6;
const MAX_STEPS = 100_000;
const RETENTION = Retention.ofDays(30);
const NAMES = ['readings', 'aggregates'] as const;
const CONTEXT = { getRemainingTimeInMillis: () => 60_000 };
const LOGGER = createLogger('silent');

type StepResult = 'done' | 'failed' | 'done-but-reply-lost';
type Answer = Awaited<ReturnType<Handler>>;

/** A pause is a step too: others go first. */
class SteppedClock extends Clock {
  constructor(
    private readonly world: SimulatedAggregation,
    private readonly step: () => Promise<StepResult>,
  ) {
    super();
  }

  override nowEpochMs(): number {
    return this.world.nowEpochMs;
  }

  override async sleep(): Promise<void> {
    await this.step();
  }
}

/** One Lambda container, which stands still at every call to the store. */
class Container {
  private readonly waiting: ((result: StepResult) => void)[] = [];
  private readonly handler: Handler;
  /** Of the last event: what the function answered, `thrown`, or undefined while it works. */
  outcome: Answer | 'thrown' | undefined;

  constructor(world: SimulatedAggregation, fault: PlantedFault) {
    const step = (): Promise<StepResult> => new Promise((resolve) => this.waiting.push(resolve));
    const client = clientThat(async (command) => {
      const result = await step();
      const sent = fault.call ? fault.call(command, world) : command;
      if (result === 'failed') throw new Error('no answer');
      const answer = sent ? world.store.execute(sent) : {};
      if (result === 'done') return answer;
      throw new Error('no answer, though it was done');
    });
    const handler = theHandler(client, new SteppedClock(world, step), fault.retention ?? RETENTION);
    this.handler = fault.handler ? fault.handler(handler, client, world) : handler;
  }

  start(records: readonly SimulatedRecord[]): void {
    this.outcome = undefined;
    void this.work(records);
  }

  private async work(records: readonly SimulatedRecord[]): Promise<void> {
    try {
      this.outcome = await this.handler({ Records: records }, CONTEXT);
    } catch {
      this.outcome = 'thrown';
    }
  }

  /** Lets one of the calls that wait go on, until everything stands still again. */
  async advance(random: Random, result: StepResult = 'done'): Promise<void> {
    const [resume] = this.waiting.splice(Math.floor(random() * this.waiting.length), 1);
    resume?.(result);
    await quiescence();
  }
}

/** Composed as `stream-aggregator.lambda.ts` does. */
function theHandler(client: DynamoDBClient, clock: Clock, retention: Retention): Handler {
  const hours = new HourRecomputer(
    new LogReadingStore(new DynamoDbBlockStore(client, 'readings'), retention, clock),
    new DynamoDbAggregateStore(client, 'aggregates', SHARDS),
    clock,
    { random: () => 0, retention, denseReadings: DENSE_READINGS },
  );
  const sums = new SumRecomputer(new DynamoDbFleetStore(client, 'aggregates'), clock, () => 0);
  return lambdaOf(streamBatchHandler(new StreamBatchAggregator(hours, sums), clock, LOGGER));
}

/** One consumer's place in half of a stream shard: its items in order, others side by side. */
interface Lane {
  readonly shard: StreamShard;
  readonly records: readonly SimulatedRecord[];
  readonly table: SimulatedTable;
  readonly consumer: number;
  position: number;
  container: Container;
  /** Records of the batch that is being worked on. */
  batch: readonly SimulatedRecord[];
  /** Lambda's bisecting: the next batches have at most so many. */
  nextBatch: number;
}

function isBehind({ records, position }: Lane): boolean {
  return records.length > position;
}

export class SimulatedAggregation {
  readonly readings = new SimulatedTable('equipmentId', 'block');
  readonly aggregates = new SimulatedTable('partition', 'cell');
  readonly store: SimulatedDynamoDb;
  /** Of a planted fault, kept in the store: aggregate → sequence number. */
  readonly watermarks = new Map<string, string>();
  nowEpochMs = 0;
  private readonly blocks = new BlockMaker(RETENTION);
  private readonly lanes: Lane[] = [];
  private readonly zombies: Container[] = [];
  private readonly discarded: SimulatedRecord[] = [];
  private readonly consumers: number;

  constructor(
    private readonly random: Random,
    private readonly fault: PlantedFault = {},
  ) {
    this.store = new SimulatedDynamoDb(
      { readings: this.readings, aggregates: this.aggregates },
      () => this.below(MOST_STALE + 1),
    );
    this.consumers = 1 + this.below(MOST_CONSUMERS);
    this.openLanes();
  }

  put(reading: StoredReading): void {
    this.readings.put(itemOf(this.blocks.ofReading(reading)));
  }

  remove(reading: ReadingIdentity): void {
    this.readings.put(itemOf(this.blocks.ofRemoval(reading)));
  }

  /**
   * A block is deleted by DynamoDB, which says so, or in a replica, where only the times tell, or seen by
   * somebody to whom nothing tells.
   */
  expire(pick: number, seen: 'named' | 'dated' | 'bare'): void {
    const blocks = this.readings.all();
    const block = blocks[pick % Math.max(1, blocks.length)];
    const userIdentity = { type: 'Service', principalId: 'dynamodb.amazonaws.com' };
    const removals = {
      named: { userIdentity },
      dated: { atEpochSeconds: this.nowEpochMs / 1000 },
      bare: {},
    };
    const [equipmentId, key] = [block?.['equipmentId']?.S, block?.['block']?.S];
    if (equipmentId !== undefined && key !== undefined) {
      this.readings.remove(equipmentId, key, removals[seen]);
    }
  }

  split(table: number, shard: number): void {
    this[NAMES[table % 2] ?? 'readings'].split(shard);
    this.openLanes();
  }

  /** Some steps of some lanes, of whatever they have to do. */
  async work(steps: number, failures: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      const lane = this.oneOf(this.lanes.filter((one) => this.hasWork(one)));
      if (lane) await this.advance(lane, failures);
    }
  }

  /** One lane alone, as far as it comes: the others stand still meanwhile. */
  async rush(pick: number, steps: number): Promise<void> {
    const lane = this.laneOf(pick);
    if (!lane) return;
    for (let step = 0; step < steps && this.hasWork(lane); step += 1) await this.advance(lane, 0);
  }

  async wakeZombie(pick: number, steps: number): Promise<void> {
    const index = pick % Math.max(1, this.zombies.length);
    const container = this.zombies[index];
    if (!container) return;
    for (let step = 0; step < steps && !container.outcome; step += 1) {
      await container.advance(this.random);
    }
    if (container.outcome) this.zombies.splice(index, 1);
  }

  /** Killed at whatever it was doing. */
  crash(pick: number): void {
    const lane = this.laneAtWork(pick);
    if (lane) this.abandon(lane);
  }

  /** Its time is over for Lambda, which starts another; this one works on. */
  timeOut(pick: number): void {
    const lane = this.laneAtWork(pick);
    if (lane) this.zombies.push(this.abandon(lane));
  }

  /** The answer of a batch never arrives, or what was done already comes once more. */
  redeliver(pick: number): void {
    const lane = this.laneOf(pick);
    if (!lane) return;
    if (lane.batch.length > 0) this.abandon(lane);
    else lane.position = Math.max(0, lane.position - 1);
  }

  /** Batches get other bounds. */
  bisect(pick: number, size: number): void {
    const lane = this.laneAtWork(pick);
    if (!lane) return;
    lane.nextBatch = size;
    this.abandon(lane);
  }

  /** Its retries are used up: the first record of a lane goes to the failure destination. */
  discard(pick: number): void {
    const lane = this.laneAtWork(pick);
    if (!lane) return;
    this.discarded.push(...lane.batch.slice(0, 1));
    lane.position += 1;
    this.abandon(lane);
  }

  /** Somebody replays what was discarded, while all else goes on. */
  async redrive(): Promise<void> {
    const records = this.discarded.splice(0);
    if (records.length === 0) return;
    const container = new Container(this, this.fault);
    container.start(records);
    await quiescence();
    for (let step = 0; !container.outcome; step += 1) {
      if (step > MAX_STEPS) throw new Error('the replay does not come to an end');
      await container.advance(this.random);
    }
    const { outcome } = container;
    if (outcome === 'thrown' || outcome.batchItemFailures.length > 0) {
      this.discarded.push(...records);
    }
  }

  /** Until all records are done, nothing is left to replay, and all zombies are gone, unless they sleep on. */
  async settle(zombies: 'end' | 'sleep' = 'end'): Promise<void> {
    for (let steps = 0; ; steps += 1) {
      if (steps > MAX_STEPS) throw new Error('the work does not come to an end');
      const lane = this.oneOf(this.lanes.filter((one) => this.hasWork(one)));
      const isAwake = zombies === 'end' && this.zombies.length > 0;
      const isZombiesTurn = isAwake && (!lane || this.random() < 0.05);
      if (isZombiesTurn) await this.wakeZombie(this.below(this.zombies.length), 1);
      else if (lane) await this.advance(lane, 0);
      else if (this.discarded.length > 0) await this.redrive();
      else return;
    }
  }

  private openLanes(): void {
    for (const name of NAMES) {
      for (const shard of this[name].shards) {
        if (!this.lanes.some((lane) => lane.shard === shard)) this.openLanesOf(this[name], shard);
      }
    }
  }

  private openLanesOf(table: SimulatedTable, shard: StreamShard): void {
    for (let lane = 0; lane < this.consumers * LANES_PER_SHARD; lane += 1) {
      this.lanes.push({
        shard,
        table,
        consumer: lane % this.consumers,
        records: shard.lanes[Math.floor(lane / this.consumers)] ?? [],
        position: 0,
        container: new Container(this, this.fault),
        batch: [],
        nextBatch: LARGEST_BATCH,
      });
    }
  }

  private async advance(lane: Lane, failures: number): Promise<void> {
    if (lane.batch.length === 0) await this.deliver(lane);
    else if (lane.container.outcome) this.acknowledge(lane, lane.container.outcome);
    else await lane.container.advance(this.random, this.stepResult(failures));
  }

  private async deliver(lane: Lane): Promise<void> {
    const { records, position, nextBatch } = lane;
    const size = 1 + this.below(Math.min(nextBatch, records.length - position));
    lane.nextBatch = LARGEST_BATCH;
    lane.batch = records.slice(position, position + size);
    lane.container.start(lane.batch);
    await quiescence();
  }

  private acknowledge(lane: Lane, outcome: Answer | 'thrown'): void {
    const { batch } = lane;
    lane.batch = [];
    if (outcome === 'thrown') return;
    const from = outcome.batchItemFailures[0]?.itemIdentifier;
    const failed = batch.findIndex((record) => record.dynamodb.SequenceNumber === from);
    lane.position += failed === -1 ? batch.length : failed;
  }

  /** Never heard of again, unless somebody lets it go on. */
  private abandon(lane: Lane): Container {
    const abandoned = lane.container;
    lane.container = new Container(this, this.fault);
    lane.batch = [];
    return abandoned;
  }

  private hasWork(lane: Lane): boolean {
    return lane.batch.length > 0 || (isBehind(lane) && this.isReadable(lane));
  }

  /** Parents before children. */
  private isReadable({ shard, consumer, table }: Lane): boolean {
    return this.lanes.every(
      (lane) =>
        lane.table !== table ||
        lane.consumer !== consumer ||
        lane.shard.id !== shard.parent ||
        (!isBehind(lane) && this.isReadable(lane)),
    );
  }

  private laneOf(pick: number): Lane | undefined {
    const lanes = this.lanes.filter((lane) => this.hasWork(lane));
    return lanes[pick % Math.max(1, lanes.length)];
  }

  private laneAtWork(pick: number): Lane | undefined {
    const lanes = this.lanes.filter((lane) => lane.batch.length > 0);
    return lanes[pick % Math.max(1, lanes.length)];
  }

  private stepResult(failures: number): StepResult {
    if (this.random() >= failures) return 'done';
    return this.random() < 0.7 ? 'failed' : 'done-but-reply-lost';
  }

  private oneOf<T>(choices: readonly T[]): T | undefined {
    return choices[this.below(choices.length)];
  }

  private below(bound: number): number {
    return Math.floor(this.random() * bound);
  }
}
