import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import type { StreamRecord } from '@sensorflow/platform/aws/stream-records.js';
import { describe, expect, it } from 'vitest';
import { aBlockOf } from '../../../../test/support/blocks.js';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { hourlyAggregatesOn } from '../../../../test/support/hourly-aggregates.js';
import { InMemoryAggregateStore } from '../../../../test/support/in-memory-aggregate-store.js';
import { InMemoryClosingProgress } from '../../../../test/support/in-memory-closing-progress.js';
import { InMemoryFleetStore } from '../../../../test/support/in-memory-fleet-store.js';
import { InMemoryReadingStore } from '../../../../test/support/in-memory-reading-store.js';
import { aStoredReading } from '../../../../test/support/readings.js';
import { randomFrom, type Random } from '../../../../test/support/seeded-random.js';
import { toItem, toSumItem } from './aggregate-item.js';
import { streamChangesOf } from './stream-changes.js';
import type { ClosingMark } from '../closing/closing-progress.js';
import type { EquipmentHourCell, ReplaceOutcome } from '../hours/aggregate-store.js';
import type { MetricAggregate } from '../hours/hourly-aggregate.js';
import { HourRecomputer } from '../hours/hour-recomputer.js';
import { hourOf, hourPlus, parseHour, type Hour } from '../hours/hour.js';
import { OpenHours } from '../hours/open-hours.js';
import { StreamBatchAggregator, type StreamChange } from '../stream-batch-aggregator.js';
import type { SumCell } from '../fleet/fleet-store.js';
import { SumRecomputer } from '../fleet/sum-recomputer.js';

/**
 * What `summaryAsOf` promises, under random schedules: every reading that was acknowledged before it, and
 * before its hour was closed, is in the summary; and an answer that has all items agrees with them. Streams
 * stand still for any time, changes wait, containers that remember them end, writes fail, hours close. Both
 * streams have one shard each, in order. A planted fault is a mistake in what carries the instant up; each
 * must be found.
 */
const RUNS = Number(process.env['SENSORFLOW_RUNS'] ?? 300);
const STEPS = 80;
const MOST_SCHEDULES = 3000;
const NEVER = Number.POSITIVE_INFINITY;
const SIX = anHour('2023-02-15T06');
const START_MS = Date.parse('2023-02-15T06:00:00Z');
const REFRESH_MS = 60_000;
const EQUIPMENT = ['EQ-1', 'EQ-2', 'EQ-3'];
const RANGE = { from: SIX, to: hourPlus(SIX, 3) };

interface PlantedFault {
  /** What the stream's records of blocks say, or how they are understood. */
  readonly changes?: (changes: readonly StreamChange[], world: World) => readonly StreamChange[];
  readonly cell?: (cell: EquipmentHourCell, world: World) => EquipmentHourCell;
  readonly sum?: (sum: SumCell, world: World) => SumCell;
  /** What the reader of answers takes for the mark behind all sums. */
  readonly mark?: ClosingMark;
}

interface Written {
  /** A power of two, so that the sum tells who is in it. */
  readonly value: number;
  readonly ackedAtMs: number;
  /** Acknowledged before the closing of its hour began. */
  readonly isPromised: boolean;
}

/** A write that fails says nothing, and nothing happened. */
class Outages {
  isOn = false;

  constructor(private readonly random: Random) {}

  strike(): void {
    if (this.isOn && this.random() < 0.3) throw new Error('no answer');
  }
}

interface Ports {
  strike(): void;
  note(before: Item | undefined, after: Item): void;
}

/** Every write is a record of the stream, as the table would report it. */
class NotedAggregates extends InMemoryAggregateStore {
  constructor(
    private readonly ports: Ports,
    private readonly faulty: (cell: EquipmentHourCell) => EquipmentHourCell,
  ) {
    super();
  }

  override async replaceCell(cell: EquipmentHourCell): Promise<ReplaceOutcome> {
    this.ports.strike();
    const before = this.cell(cell);
    const after = this.faulty(cell);
    const outcome = await super.replaceCell(after);
    if (outcome === 'replaced') this.ports.note(before && toItem(before, 0), toItem(after, 0));
    return outcome;
  }
}

class NotedSums extends InMemoryFleetStore {
  constructor(
    aggregates: InMemoryAggregateStore,
    private readonly ports: Ports,
    private readonly faulty: (sum: SumCell) => SumCell,
  ) {
    super(aggregates);
  }

  override async replaceSum(sum: SumCell): Promise<ReplaceOutcome> {
    this.ports.strike();
    const before = this.sum(sum);
    const after = this.faulty(sum);
    const outcome = await super.replaceSum(after);
    if (outcome === 'replaced') this.ports.note(before && toSumItem(before), toSumItem(after));
    return outcome;
  }
}

class NotedClosing extends InMemoryClosingProgress {
  constructor(private readonly note: (mark: ClosingMark, to: Hour) => void) {
    super();
  }

  override async advance(mark: ClosingMark, to: Hour): Promise<void> {
    const before = await this.read(mark);
    await super.advance(mark, to);
    if (to > before) this.note(mark, to);
  }
}

class World {
  readonly clock = new FixedClock('2023-02-15T06:00:00Z');
  readonly closing = new NotedClosing((mark, to) => this.noteMark(mark, to));
  private readonly log = new InMemoryReadingStore();
  private readonly written: Written[] = [];
  private readonly outages: Outages;
  private readonly aggregates: NotedAggregates;
  private readonly fleet: NotedSums;
  /** Records of each stream that are still to be handled, oldest first. */
  private readonly blocks: StreamRecord[] = [];
  private readonly cells: StreamRecord[] = [];
  private aggregator: StreamBatchAggregator;
  private records = 0;
  /** Of the answers so far. */
  youngest = 0;

  constructor(
    private readonly random: Random,
    private readonly fault: PlantedFault,
  ) {
    this.outages = new Outages(random);
    const strike = () => this.outages.strike();
    const note = (before: Item | undefined, after: Item) => this.noteCell(before, after);
    const ports = { strike, note };
    this.aggregates = new NotedAggregates(ports, (cell) => fault.cell?.(cell, this) ?? cell);
    this.fleet = new NotedSums(this.aggregates, ports, (sum) => fault.sum?.(sum, this) ?? sum);
    this.aggregator = this.aContainer();
  }

  get nowSeconds(): number {
    return Math.floor(this.clock.nowEpochMs() / 1000);
  }

  /** Enough for some retries. */
  private get soon(): number {
    return this.clock.nowEpochMs() + 1000;
  }

  async step(): Promise<void> {
    const dice = this.random();
    if (dice < 0.3) await this.put();
    else if (dice < 0.5) await this.handle(this.blocks);
    else if (dice < 0.75) await this.handle(this.cells);
    else if (dice < 0.8) await this.aggregator.refresh(this.soon);
    else if (dice < 0.83) this.aggregator = this.aContainer();
    else if (dice < 0.86) this.outages.isOn = !this.outages.isOn;
    else if (dice < 0.91) await this.close();
    else this.clock.advance(this.random() * (dice < 0.95 ? 2_400_000 : 30_000));
    await this.check();
  }

  private aContainer(): StreamBatchAggregator {
    const { log: readings, aggregates, closing, clock } = this;
    const hours = new HourRecomputer({ readings, aggregates, closing }, clock, { random: () => 0 });
    const sums = new SumRecomputer(this.fleet, clock, () => 0);
    const open = new OpenHours(clock, REFRESH_MS);
    return new StreamBatchAggregator({ hours, sums, closing }, open, clock, () => 0);
  }

  private async put(): Promise<void> {
    const timestamp = new Date(this.clock.nowEpochMs() - this.random() * 600_000).toISOString();
    const value = 2 ** this.written.length;
    const equipmentId = EQUIPMENT[Math.floor(this.random() * EQUIPMENT.length)] ?? 'EQ-1';
    const reading = aStoredReading({ equipmentId, timestamp, value, registerTime: timestamp });
    const hour = hourOf(reading.timestamp);
    if (hour < RANGE.from || hour >= RANGE.to) return;
    await this.log.putAll([reading]);
    const keys = { equipmentId: { S: equipmentId }, block: { S: aBlockOf(reading).key } };
    this.blocks.push(this.recordOf(keys, undefined, {}));
    const isPromised = hour >= (await this.closing.read('frontier'));
    this.written.push({ value, ackedAtMs: this.clock.nowEpochMs(), isPromised });
    this.clock.advance(1);
  }

  private noteCell(before: Item | undefined, after: Item): void {
    const { partition, cell } = after;
    this.cells.push(this.recordOf({ partition, cell }, before, after));
  }

  private recordOf(keys: unknown, oldImage: unknown, newImage: unknown): StreamRecord {
    const common = { eventName: 'MODIFY', userIdentity: undefined };
    const createdAtEpochSeconds = this.nowSeconds;
    const sequenceNumber = String((this.records += 1));
    return { ...common, createdAtEpochSeconds, sequenceNumber, keys, oldImage, newImage };
  }

  /** A batch of any size; from its first failure on it comes again. */
  private async handle(stream: StreamRecord[]): Promise<void> {
    const batch = stream.slice(0, 1 + Math.floor(this.random() * 6));
    const changes = streamChangesOf(batch);
    const heard = this.fault.changes?.(changes, this) ?? changes;
    const { firstFailed } = await this.aggregator.aggregate(heard, this.soon);
    const done = batch.findIndex(({ sequenceNumber }) => sequenceNumber === firstFailed);
    stream.splice(0, done === -1 ? batch.length : done);
  }

  /** As the closer does, but for an hour at a time. */
  private async close(): Promise<void> {
    const hour = await this.closing.read('position');
    const first = hour < SIX ? SIX : hour;
    const end = hourPlus(first, 1);
    if (first >= RANGE.to) return;
    if (this.clock.nowEpochMs() < Date.parse(`${end}:05:00Z`)) return;
    await this.closing.advance('frontier', end);
    const { log: readings, aggregates, closing, clock } = this;
    const hours = new HourRecomputer({ readings, aggregates, closing }, clock, { random: () => 0 });
    const { isOn } = this.outages;
    this.outages.isOn = false;
    const ofHour = this.log.all().filter(({ timestamp }) => hourOf(timestamp) === first);
    for (const equipmentId of new Set(ofHour.map((reading) => reading.equipmentId))) {
      await hours.recomputeHour({ equipmentId, hour: first }, NEVER);
    }
    this.outages.isOn = isOn;
    await this.closing.advance('position', end);
  }

  private noteMark(mark: ClosingMark, to: Hour): void {
    const keys = { partition: { S: 'closing' }, cell: { S: mark } };
    this.cells.push(this.recordOf(keys, undefined, { ...keys, hour: { S: to } }));
  }

  private async check(): Promise<void> {
    const { aggregates, fleet, log, clock } = this;
    const closing = new InMemoryClosingProgress();
    const mark = this.fault.mark ?? 'fleet-sums';
    await closing.advance('fleet-sums', await this.closing.read(mark));
    const reader = hourlyAggregatesOn(aggregates, fleet, log, closing, clock);
    const budget = new WorkBudget(new AbortController().signal, new SystemClock());
    const query = { metric: 'value', range: RANGE, limit: 100 };
    const { summary, items } = await reader.report(query, budget);
    if (sumOf(items) !== BigInt(summary?.total.toString() ?? '0')) throw new Disagreeing();
    // The sums by themselves, as answers of many pages and the list of the fleet's hours have them.
    const { hours, asOfEpochSeconds } = await reader.fleetHours('value', RANGE, budget);
    const sum = sumOf(hours);
    for (const { value, ackedAtMs, isPromised } of this.written) {
      if (!isPromised || ackedAtMs >= asOfEpochSeconds * 1000) continue;
      if ((sum & BigInt(value)) === 0n) throw new TooYoung(asOfEpochSeconds);
    }
    this.youngest = Math.max(this.youngest, asOfEpochSeconds);
  }
}

class TooYoung extends Error {
  constructor(asOf: number) {
    super(`as of ${new Date(asOf * 1000).toISOString()} something is missing`);
  }
}

class Disagreeing extends Error {
  override readonly message = 'items and summary of one answer disagree';
}

function sumOf(hours: readonly { readonly aggregate: MetricAggregate }[]): bigint {
  return hours.reduce((sum, { aggregate }) => sum + BigInt(aggregate.total.toString()), 0n);
}

type Item = ReturnType<typeof toItem>;

function anHour(text: string): Hour {
  const hour = parseHour(text);
  if (hour === undefined) throw new Error(`${text} is no hour`);
  return hour;
}

/** What is wrong with the schedule of a seed, and how young its answers were. */
async function run(seed: number, fault: PlantedFault = {}): Promise<World | TooYoung> {
  const world = new World(randomFrom(seed), fault);
  try {
    for (let step = 0; step < STEPS; step += 1) await world.step();
    return world;
  } catch (error) {
    if (error instanceof TooYoung) return error;
    throw error;
  }
}

const PLANTED: readonly (readonly [string, PlantedFault])[] = [
  ['the last record of a batch counts', { changes: ofYoungest }],
  ['the clock of the consumer counts', { changes: (all, world) => all.map(at(world.nowSeconds)) }],
  [
    'a recomputation holds as of its write',
    { cell: (cell, { nowSeconds }) => youngCell(cell, nowSeconds) },
  ],
  ['a sum holds as of its write', { sum: (sum, { nowSeconds }) => ({ ...sum, asOf: nowSeconds }) }],
  ['closed cells are taken for sums', { mark: 'position' }],
  ['closed shard-hours are taken for sums', { mark: 'shard-sums' }],
  ['marks overtake what failed before them', { changes: withMarksFirst }],
];

function at(createdAtEpochSeconds: number) {
  return (change: StreamChange): StreamChange =>
    Object.assign({}, change, { createdAtEpochSeconds });
}

function ofYoungest(changes: readonly StreamChange[]): readonly StreamChange[] {
  return changes.map(at(Math.max(...changes.map((one) => one.createdAtEpochSeconds ?? 0))));
}

function withMarksFirst(changes: readonly StreamChange[]): readonly StreamChange[] {
  return [
    ...changes.filter(({ advance }) => advance),
    ...changes.filter(({ advance }) => !advance),
  ];
}

function youngCell(cell: EquipmentHourCell, asOf: number): EquipmentHourCell {
  return cell.isClosed === true ? cell : { ...cell, asOf };
}

describe('the instant that a summary holds as of', { timeout: 600_000 }, () => {
  it('is never newer than a reading that the summary lacks, and moves forwards', async () => {
    let gotOn = 0;
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const outcome = await run(seed);
      if (outcome instanceof TooYoung) throw new Error(`seed ${seed}: ${outcome.message}`);
      if (outcome.youngest > START_MS / 1000 + 60) gotOn += 1;
    }

    expect(gotOn).toBeGreaterThan(RUNS / 3);
  });

  it.each(PLANTED)(
    'would be with this fault, which the schedules find: %s',
    async (name, fault) => {
      let found: number | undefined;
      for (let seed = 1; seed <= MOST_SCHEDULES && found === undefined; seed += 1) {
        if ((await run(seed, fault)) instanceof TooYoung) found = seed;
      }

      process.stdout.write(`planted fault: ${name.padEnd(40)} found by schedule ${found}\n`);
      expect(found).toBeLessThan(MOST_SCHEDULES);
    },
  );
});
