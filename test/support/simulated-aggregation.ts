import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import {
  HourRecomputer,
  OpenHours,
  StreamBatchAggregator,
  SumRecomputer,
  type AggregateStore,
  type ClosingProgress,
} from '@sensorflow/aggregation';
import { DynamoDbAggregateStore } from '@sensorflow/aggregation/dynamodb/dynamodb-aggregate-store.js';
import { DynamoDbClosingProgress } from '@sensorflow/aggregation/dynamodb/dynamodb-closing-progress.js';
import { DynamoDbFleetStore } from '@sensorflow/aggregation/dynamodb/dynamodb-fleet-store.js';
import {
  EquipmentHours,
  type EquipmentHoursQuery,
} from '@sensorflow/aggregation/equipment-hours.js';
import type { ScannedHour } from '@sensorflow/aggregation/hours/aggregate-store.js';
import type { EquipmentRegistry } from '@sensorflow/equipment';
import { Clock } from '@sensorflow/kernel';
import { member } from '@sensorflow/platform/aws/json-member.js';
import { createLogger } from '@sensorflow/platform/logging/logger.js';
import type { ScheduledTask } from '@sensorflow/platform/resources/event-sources.js';
import {
  LogReadingStore,
  Retention,
  type ReadingIdentity,
  type StoredReading,
} from '@sensorflow/sensor-data';
import { DynamoDbBlockStore } from '@sensorflow/sensor-data/dynamodb/dynamodb-block-store.js';
import { CLOSING_GRACE_MS, HourCloser } from '@sensorflow/verification/closing/hour-closer.js';
import { setImmediate as quiescence } from 'node:timers/promises';
import { lambdaOf } from '../../apps/stream-aggregator/src/lambda-events.js';
import { scheduledTasks } from '../../apps/stream-aggregator/src/scheduled-tasks.js';
import { streamBatchHandler } from '../../apps/stream-aggregator/src/stream-batch-handler.js';
import { BlockMaker, itemOf } from './blocks.js';
import { InMemoryEquipmentRegistry } from './in-memory-equipment-registry.js';
import type { Random } from './seeded-random.js';
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
 * factor 2 makes them; hours are closed, also by several at once and by any clock, while readers ask for
 * one equipment's hours; containers are killed or time out and work on as zombies; answers are lost.
 */
export type Handler = ReturnType<typeof lambdaOf>;

/** Mistakes that a schedule must find. */
export interface PlantedFault {
  /** What a container's calls become before they reach the store; undefined: said to be done without it. */
  readonly call?: (
    command: SimulatedCommand,
    world: SimulatedAggregation,
  ) => SimulatedCommand | undefined;
  readonly retention?: Retention;
  /** Of batches. */
  readonly handler?: (
    handler: Handler,
    client: DynamoDBClient,
    world: SimulatedAggregation,
  ) => Handler;
  /** What stands in for a port, of those who are named. */
  readonly closing?: Partial<
    Record<
      'consumer' | 'recomputer' | 'closer',
      (real: ClosingProgress, clock: Clock) => ClosingProgress
    >
  >;
  readonly aggregates?: Partial<
    Record<'recomputer' | 'reader', (real: AggregateStore, clock: Clock) => AggregateStore>
  >;
  readonly open?: (clock: Clock, refreshMs: number) => OpenHours;
  readonly reader?: (
    hours: EquipmentHours,
    world: SimulatedAggregation,
  ) => Pick<EquipmentHours, 'read'>;
}

export const SHARDS = 2;
/** Of both streams, in every other schedule: two could hide each other's mistakes. */
const MOST_CONSUMERS = 2;
const LARGEST_BATCH = 4;
const DENSE_READINGS = 2;
const REFRESH_MS = 60_000;
/** Reads that are not consistent lag by up to this many writes. */
const MOST_STALE = 6;
const MAX_STEPS = 100_000;
/** Clocks are apart by up to half an hour. */
const MOST_SKEW_MS = 1_800_000;
const RETENTION = Retention.ofDays(30);
const NAMES = ['readings', 'aggregates'] as const;
/** The function works for half of it: a store that is unavailable is asked a few times. */
const CONTEXT = { getRemainingTimeInMillis: () => 200 };
const LOGGER = createLogger('silent');

type StepResult = 'done' | 'failed' | 'done-but-reply-lost';
type Answer = NonNullable<Awaited<ReturnType<Handler>>>;
const NO_FAILURES: Answer = { batchItemFailures: [] };

/** A pause is a step too: others go first. Each event begins with the world's time. */
class SteppedClock extends Clock {
  sleptMs = 0;

  constructor(
    private readonly world: SimulatedAggregation,
    private readonly skewMs: number,
    private readonly step: () => Promise<StepResult>,
  ) {
    super();
  }

  override nowEpochMs(): number {
    return this.world.nowEpochMs + this.skewMs + this.sleptMs;
  }

  override async sleep(durationMs: number): Promise<void> {
    await this.step();
    this.sleptMs += durationMs;
  }
}

/** A process that stands still at every call to the store. */
class SteppedProcess {
  private readonly waiting: ((result: StepResult) => void)[] = [];
  protected readonly client: DynamoDBClient;
  protected readonly clock: SteppedClock;

  constructor(world: SimulatedAggregation, fault: PlantedFault, skewMs: number) {
    const step = (): Promise<StepResult> => new Promise((resolve) => this.waiting.push(resolve));
    this.clock = new SteppedClock(world, skewMs, step);
    this.client = clientThat(async (command) => {
      const result = await step();
      const sent = fault.call ? fault.call(command, world) : command;
      if (result === 'failed') throw new Error('no answer');
      const answer = sent ? world.store.execute(sent) : {};
      if (result === 'done') return answer;
      throw new Error('no answer, though it was done');
    });
  }

  /** Lets one of the calls that wait go on, until everything stands still again. */
  async advance(random: Random, result: StepResult = 'done'): Promise<void> {
    const [resume] = this.waiting.splice(Math.floor(random() * this.waiting.length), 1);
    resume?.(result);
    await quiescence();
  }
}

/** One Lambda container. */
class Container extends SteppedProcess {
  private readonly handler: Handler;
  /** Of the last event: what the function answered, `thrown`, or undefined while it works. */
  outcome: Answer | 'thrown' | undefined;

  constructor(
    private readonly world: SimulatedAggregation,
    fault: PlantedFault,
    skewMs: number,
  ) {
    super(world, fault, skewMs);
    const handler = theHandler(this.client, this.clock, world.registry, fault);
    const faulty = fault.handler?.(handler, this.client, world) ?? handler;
    this.handler = async (event, context) =>
      (member(event, 'task') === undefined ? faulty : handler)(event, context);
  }

  start(records: readonly SimulatedRecord[]): void {
    void this.work({ Records: records }, records);
  }

  startTask(task: ScheduledTask): void {
    void this.work({ task }, []);
  }

  /** Registration comes after the batch, at an unknown time. */
  private async work(event: unknown, records: readonly SimulatedRecord[]): Promise<void> {
    this.outcome = undefined;
    this.clock.sleptMs = 0;
    try {
      const answer = (await this.handler(event, CONTEXT)) ?? NO_FAILURES;
      await this.world.register(records);
      this.outcome = answer;
    } catch {
      this.outcome = 'thrown';
    }
  }
}

/** Composed as `stream-aggregator.lambda.ts` does. */
function theHandler(
  client: DynamoDBClient,
  clock: Clock,
  registry: EquipmentRegistry,
  fault: PlantedFault,
): Handler {
  const { retention = RETENTION } = fault;
  const readings = new LogReadingStore(
    new DynamoDbBlockStore(client, 'readings'),
    retention,
    clock,
  );
  const store = new DynamoDbAggregateStore(client, 'aggregates', SHARDS);
  const aggregates = fault.aggregates?.recomputer?.(store, clock) ?? store;
  const fleet = new DynamoDbFleetStore(client, 'aggregates');
  const progress = new DynamoDbClosingProgress(client, 'aggregates');
  const as = (who: 'consumer' | 'recomputer' | 'closer') =>
    fault.closing?.[who]?.(progress, clock) ?? progress;
  const hours = new HourRecomputer({ readings, aggregates, closing: as('recomputer') }, clock, {
    random: () => 0,
    retention,
    denseReadings: DENSE_READINGS,
  });
  const sums = new SumRecomputer(fleet, clock, () => 0);
  const open = fault.open?.(clock, REFRESH_MS) ?? new OpenHours(clock, REFRESH_MS);
  const aggregator = new StreamBatchAggregator(
    { hours, sums, closing: as('consumer') },
    open,
    clock,
    () => 0,
  );
  const closing = as('closer');
  const ports = { closing, aggregates, fleet, readings, registry, hours };
  const closer = new HourCloser(ports, clock, () => 0);
  return lambdaOf(
    streamBatchHandler(aggregator, clock, LOGGER),
    scheduledTasks(aggregator, closer, clock, LOGGER),
  );
}

/** A process of the API, which one question after the other is put to. */
class Reader extends SteppedProcess {
  private readonly hours: Pick<EquipmentHours, 'read'>;
  isDone = true;

  constructor(world: SimulatedAggregation, fault: PlantedFault, skewMs: number) {
    super(world, fault, skewMs);
    const { client, clock } = this;
    const readings = new LogReadingStore(
      new DynamoDbBlockStore(client, 'readings'),
      RETENTION,
      clock,
    );
    const store = new DynamoDbAggregateStore(client, 'aggregates', SHARDS);
    const aggregates = fault.aggregates?.reader?.(store, clock) ?? store;
    const hours = new EquipmentHours({ aggregates, readings }, RETENTION, clock);
    this.hours = fault.reader?.(hours, world) ?? hours;
  }

  ask(question: Question): void {
    this.isDone = false;
    void this.answer(question);
  }

  private async answer({ check, ...query }: Question): Promise<void> {
    try {
      check(await this.hours.read(query));
    } finally {
      this.isDone = true;
    }
  }
}

/** What a reader asks, and who looks at the answer. */
export interface Question extends EquipmentHoursQuery {
  readonly check: (hours: readonly ScannedHour[]) => void;
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
  isRefreshing: boolean;
  /** Lambda's bisecting: the next batches have at most so many. */
  nextBatch: number;
}

function isBehind({ records, position }: Lane): boolean {
  return records.length > position;
}

function isAtWork({ batch, isRefreshing }: Lane): boolean {
  return batch.length > 0 || isRefreshing;
}

/** After so many closings that come to nothing, there is no use in one more. */
const MOST_CLOSINGS = 20;

export class SimulatedAggregation {
  readonly readings = new SimulatedTable('equipmentId', 'block');
  readonly aggregates = new SimulatedTable('partition', 'cell');
  readonly store: SimulatedDynamoDb;
  /** Of a planted fault, kept in the store: aggregate → sequence number. */
  readonly watermarks = new Map<string, string>();
  readonly registry = new InMemoryEquipmentRegistry();
  nowEpochMs = 0;
  private readonly closers: Container[] = [];
  private readonly readers: Reader[];
  private readonly blocks = new BlockMaker(RETENTION, 'writer');
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
    this.readers = [0, 1].map(() => new Reader(this, fault, this.skewMs()));
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

  /** As the function does beside its work. */
  async register(records: readonly SimulatedRecord[]): Promise<void> {
    for (const { dynamodb } of records) {
      const equipmentId = dynamodb.Keys['equipmentId']?.S;
      if (equipmentId !== undefined) await this.registry.add([{ equipmentId, metric: 'value' }]);
    }
  }

  /** Whether the closing of an hour has begun. */
  isBegun(hour: string): boolean {
    const key = { partition: { S: 'closing' }, cell: { S: 'frontier' } };
    return hour < (this.aggregates.get(key, 0)?.['hour']?.S ?? '');
  }

  /** Some steps of processes that have work. */
  async work(steps: number, failures: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) await this.advanceOne(failures);
  }

  /** False when no process has work. */
  private async advanceOne(failures: number): Promise<boolean> {
    const lanes = this.lanes.filter((one) => this.hasWork(one));
    const readers = this.readers.filter(({ isDone }) => !isDone);
    const one = this.oneOf([...lanes, ...this.closers, ...readers]);
    if (one instanceof Reader) await one.advance(this.random);
    else if (one instanceof Container) await this.advanceCloser(one, this.stepResult(failures));
    else if (one) await this.advance(one, failures);
    return one !== undefined;
  }

  /** Somebody begins to close the hours that are over by a clock of their own. */
  close(clockEpochMs: number): void {
    const closer = new Container(this, this.fault, clockEpochMs - this.nowEpochMs);
    closer.startTask('close-hours');
    this.closers.push(closer);
  }

  private async advanceCloser(closer: Container, result: StepResult = 'done'): Promise<void> {
    await closer.advance(this.random, result);
    if (closer.outcome) this.closers.splice(this.closers.indexOf(closer), 1);
  }

  /** Killed, or frozen to work on as a zombie. */
  stopCloser(pick: number, end: 'killed' | 'frozen'): void {
    const [closer] = this.closers.splice(pick % Math.max(1, this.closers.length), 1);
    if (closer && end === 'frozen') this.zombies.push(closer);
  }

  /** Puts a question to a process that has none, or does nothing. */
  ask(question: Question): void {
    this.oneOf(this.readers.filter(({ isDone }) => isDone))?.ask(question);
  }

  /** The schedule comes to one that has nothing else to do. */
  async refresh(pick: number): Promise<void> {
    const idle = this.lanes.filter((lane) => lane.batch.length === 0 && !lane.isRefreshing);
    const lane = idle[pick % Math.max(1, idle.length)];
    if (!lane) return;
    lane.isRefreshing = true;
    lane.container.startTask('refresh-open-hours');
    await quiescence();
  }

  /** Closes the hours before a clock's, until all are, while all else goes on. */
  async closeAll(clockEpochMs: number): Promise<void> {
    const key = { partition: { S: 'closing' }, cell: { S: 'position' } };
    const due = new Date(clockEpochMs - CLOSING_GRACE_MS).toISOString().slice(0, 13);
    for (let tries = 0; (this.aggregates.get(key, 0)?.['hour']?.S ?? '') < due; tries += 1) {
      if (tries > MOST_CLOSINGS) return;
      this.close(clockEpochMs);
      await this.settle('sleep');
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
    if (isAtWork(lane)) this.abandon(lane);
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
    lane.position += lane.isRefreshing ? 0 : 1;
    this.abandon(lane);
  }

  /** Somebody replays what was discarded, while all else goes on. */
  async redrive(): Promise<void> {
    const records = this.discarded.splice(0);
    if (records.length === 0) return;
    const container = this.newContainer();
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
      const isAwake = zombies === 'end' && this.zombies.length > 0;
      const isZombiesTurn = isAwake && this.random() < 0.05;
      if (!isZombiesTurn && (await this.advanceOne(0))) continue;
      if (isAwake) await this.wakeZombie(this.below(this.zombies.length), 1);
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
        container: this.newContainer(),
        batch: [],
        isRefreshing: false,
        nextBatch: LARGEST_BATCH,
      });
    }
  }

  private async advance(lane: Lane, failures: number): Promise<void> {
    if (lane.batch.length === 0 && !lane.isRefreshing) await this.deliver(lane);
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
    lane.isRefreshing = false;
    if (outcome === 'thrown') return;
    const from = outcome.batchItemFailures[0]?.itemIdentifier;
    const failed = batch.findIndex((record) => record.dynamodb.SequenceNumber === from);
    lane.position += failed === -1 ? batch.length : failed;
  }

  /** Never heard of again, unless somebody lets it go on. */
  private abandon(lane: Lane): Container {
    const abandoned = lane.container;
    lane.container = this.newContainer();
    lane.batch = [];
    lane.isRefreshing = false;
    return abandoned;
  }

  private hasWork(lane: Lane): boolean {
    return isAtWork(lane) || (isBehind(lane) && this.isReadable(lane));
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
    const lanes = this.lanes.filter(isAtWork);
    return lanes[pick % Math.max(1, lanes.length)];
  }

  private newContainer(): Container {
    return new Container(this, this.fault, this.skewMs());
  }

  private skewMs(): number {
    return Math.round((this.random() * 2 - 1) * MOST_SKEW_MS);
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
