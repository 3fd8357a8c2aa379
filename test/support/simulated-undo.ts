import type { ImportPorts, RunRequest, UndoPorts } from '@sensorflow/csv-import';
import { Clock, instantFromEpochMs, type Instant } from '@sensorflow/kernel';
import type { ReadingWriter, WriteOutcome } from '@sensorflow/sensor-data';
import type { StoredBlock } from '@sensorflow/sensor-data/log/block.js';
import { hourOf, instantAfter, offsetOf } from '@sensorflow/sensor-data/log/hour-time.js';
import { LogReader } from '@sensorflow/sensor-data/log/log-reader.js';
import { packRows } from '@sensorflow/sensor-data/log/pack-rows.js';
import { ReadingRemover } from '@sensorflow/sensor-data/log/reading-remover.js';
import { compareStamps, StampClock, type Stamp } from '@sensorflow/sensor-data/log/stamp.js';
import * as fc from 'fast-check';
import { ALL_THE_TIME, ImportWorkbench } from './import-workbench.js';
import { Killed } from './mortal-ports.js';

/**
 * One import, its undo, corrections and removals, in processes of their own: every touch of the world is a
 * turn that a scheduler gives, so that all of it interleaves in any order; processes die at any touch, and
 * writes get lost, are refused, or land when everything else is over.
 */
const EQUIPMENT = 'EQ-1';
const START_EPOCH_MS = Date.UTC(2023, 0, 1);
const MINUTES = 180;
/** What clocks of processes may differ by. */
const MAX_SKEW_MS = 900;

/** Of a put: `delayed` lands at some turn, `late` when everything else is over. */
type Fate = 'stored' | 'not-stored' | 'lost' | 'landed' | 'delayed' | 'late';

export interface UndoSchedule {
  readonly rows: readonly { readonly minute: number; readonly value: number }[];
  readonly runs: readonly { readonly maxBatchRows: number; readonly diesAt: number }[];
  /** Each attempt; none at all if the import stays. */
  readonly undos: readonly { readonly diesAt: number }[];
  readonly corrections: readonly { readonly minute: number; readonly skewMs: number }[];
  readonly removals: readonly {
    readonly from: number;
    readonly minutes: number;
    readonly skewMs: number;
  }[];
  readonly fates: readonly Fate[];
}

/** Mostly few, so that blocks of several runs end with the same instant. */
const aMinute = fc.oneof(
  { weight: 1, arbitrary: fc.integer({ min: 0, max: MINUTES - 1 }) },
  { weight: 4, arbitrary: fc.constantFrom(0, 1, 2, 59, 60, 61, 179) },
);
const aDeath = fc.oneof(
  { weight: 2, arbitrary: fc.integer({ min: 1, max: 60 }) },
  { weight: 1, arbitrary: fc.constant(Infinity) },
);
const aSkew = fc.oneof(
  fc.integer({ min: -MAX_SKEW_MS, max: MAX_SKEW_MS }),
  fc.integer({ min: -5, max: 5 }),
);

const anything: fc.Arbitrary<UndoSchedule> = fc.record({
  rows: fc.array(fc.record({ minute: aMinute, value: fc.integer({ min: 1, max: 99 }) }), {
    minLength: 1,
    maxLength: 14,
  }),
  runs: fc.array(fc.record({ maxBatchRows: fc.constantFrom(1, 2, 3, 5, 100), diesAt: aDeath }), {
    minLength: 1,
    maxLength: 3,
  }),
  undos: fc.array(fc.record({ diesAt: aDeath }), { maxLength: 2 }),
  corrections: fc.array(fc.record({ minute: aMinute, skewMs: aSkew }), { maxLength: 4 }),
  removals: fc.array(
    fc.record({ from: aMinute, minutes: fc.constantFrom(1, 30, 90, MINUTES), skewMs: aSkew }),
    { maxLength: 2 },
  ),
  fates: fc.array(
    fc.constantFrom<Fate>('stored', 'stored', 'not-stored', 'lost', 'landed', 'delayed', 'late'),
    { maxLength: 24 },
  ),
});

/** Runs that cut the same rows in other places, of which late blocks land when all is over. */
const manyRuns = fc
  .record({
    schedule: anything,
    minutes: fc.array(fc.constantFrom(0, 1, 2), { minLength: 4, maxLength: 10 }),
    runs: fc.array(fc.record({ maxBatchRows: fc.constantFrom(1, 2, 3, 5), diesAt: aDeath }), {
      minLength: 2,
      maxLength: 3,
    }),
    fates: fc.array(fc.constantFrom<Fate>('stored', 'late'), { minLength: 6, maxLength: 12 }),
  })
  .map(({ schedule, minutes, ...others }): UndoSchedule => {
    const rows = minutes.map((minute, index) => ({ minute, value: index + 1 }));
    return Object.assign({}, schedule, others, { rows, undos: [], corrections: [], removals: [] });
  });

/** Of one instant, by processes whose clocks are all but equal. */
const manyCorrections = fc
  .record({
    schedule: anything,
    skewsMs: fc.array(fc.integer({ min: -3, max: 3 }), { minLength: 3, maxLength: 6 }),
  })
  .map(({ schedule, skewsMs }): UndoSchedule => {
    const corrections = skewsMs.map((skewMs) => ({ minute: 1, skewMs }));
    return Object.assign({}, schedule, { corrections, removals: [], undos: [] });
  });

export const undoSchedules: fc.Arbitrary<UndoSchedule> = fc.oneof(
  { weight: 4, arbitrary: anything },
  { weight: 1, arbitrary: manyRuns },
  { weight: 1, arbitrary: manyCorrections },
);

/** What a fault makes of the parts of the product. */
export interface UndoFault {
  /** Of a process of the import. */
  readonly importing?: (world: SimulatedUndo, ports: ImportPorts) => Partial<ImportPorts>;
  readonly undoing?: (world: SimulatedUndo, ports: UndoPorts) => Partial<UndoPorts>;
  /** Of the stamps of every process that corrects. */
  readonly source?: string;
  /** What the table of blocks makes of one that lands. */
  readonly landing?: (world: SimulatedUndo, block: StoredBlock) => StoredBlock;
}

interface Said {
  readonly minute: number;
  readonly value: number;
  readonly stamp: Stamp;
}

interface Removed {
  readonly from: number;
  readonly to: number;
  readonly stamp: Stamp;
}

type Writer = Pick<ReadingWriter, 'writeBlocks'>;

export class SimulatedUndo {
  readonly bench = new ImportWorkbench();
  private readonly said: Said[] = [];
  private readonly removed: Removed[] = [];
  private readonly late: StoredBlock[] = [];
  private puts = 0;
  /** Blocks that landed so far. */
  landed = 0;

  constructor(
    private readonly schedule: UndoSchedule,
    private readonly scheduler: fc.Scheduler,
    private readonly fault: UndoFault = {},
  ) {}

  /** What stands at the end, and what a plain fold of all that was said says should stand. */
  async play(): Promise<{
    readonly standing: readonly string[];
    readonly expected: readonly string[];
  }> {
    const { rows, runs, undos, corrections, removals } = this.schedule;
    const file = rows.map(({ minute, value }) => `${EQUIPMENT},${timeOf(minute)},${value}\n`);
    const request = await this.bench.upload(`equipmentId,timestamp,value\n${file.join('')}`);
    const processes = [
      ...runs.map(async (run) => this.import(request, run)),
      ...(undos.length > 0 ? [this.beginUndo(request)] : []),
      ...undos.map(async ({ diesAt }) => this.undo(request, diesAt)),
      ...corrections.map(async (each, index) => this.correct(each, 1000 + index)),
      ...removals.map(async (each) => this.remove(each)),
    ];
    await this.scheduler.waitFor(Promise.all(processes));
    await this.scheduler.waitFor(this.finish(request));
    await this.scheduler.waitIdle();
    for (const block of this.late) this.land(block);
    return { standing: await this.bench.readings(), expected: await this.expected(request) };
  }

  /** The last processes live as long as they need. */
  private async finish(request: RunRequest): Promise<void> {
    if (this.schedule.undos.length > 0) {
      await this.bench.undoer(this.undoPorts(this.bench.ports)).run(request, ALL_THE_TIME);
    } else {
      await this.bench
        .importer(LIMITS, this.importPorts(this.bench.ports))
        .run(request, ALL_THE_TIME);
    }
  }

  private async import(
    request: RunRequest,
    { maxBatchRows, diesAt }: UndoSchedule['runs'][number],
  ): Promise<void> {
    const touch = this.process(diesAt);
    const ports = this.importPorts(touched(this.importWorld(), touch));
    await touch().catch(tellNobody);
    const importer = this.bench.importer({ ...LIMITS, maxBatchRows }, ports);
    await importer.run(request, ALL_THE_TIME).catch(tellNobody);
  }

  private async beginUndo({ uploadId }: RunRequest): Promise<void> {
    await this.turn();
    await this.bench.beginUndo(uploadId);
  }

  private async undo(request: RunRequest, diesAt: number): Promise<void> {
    const touch = this.process(diesAt);
    const ports = this.undoPorts(touched(this.importWorld(), touch));
    await touch().catch(tellNobody);
    await this.bench.undoer(ports).run(request, ALL_THE_TIME).catch(tellNobody);
  }

  private async correct(
    { minute, skewMs }: UndoSchedule['corrections'][number],
    value: number,
  ): Promise<void> {
    await this.turn();
    const stamp = this.stampsOf(skewMs).next();
    const timestamp = instantOf(minute);
    const row = {
      offsetNs: offsetOf(timestamp),
      values: new Map([['value', value]]),
      tags: new Map(),
    };
    this.said.push({ minute, value, stamp });
    for (const { block } of packRows(EQUIPMENT, hourOf(timestamp), {}, [row])) {
      await this.untilStored(block.seal(stamp));
    }
  }

  private async remove({ from, minutes, skewMs }: UndoSchedule['removals'][number]): Promise<void> {
    await this.turn();
    const to = Math.min(from + minutes, MINUTES);
    const stamps = this.stampsOf(skewMs);
    const made = stamps.above.bind(stamps);
    let last: Stamp | undefined;
    stamps.above = (stamp) => (last = made(stamp));
    const writer: Writer = {
      writeBlocks: async (blocks) => {
        for (const block of blocks) {
          const [hour = ''] = block.key.split('#');
          const first = Math.max(from, minutesUpTo(hour));
          const end = Math.min(to, minutesUpTo(hour) + 60);
          if (last) this.removed.push({ from: first, to: end, stamp: last });
          await this.untilStored(block);
        }
        return blocks.map(storedAnswer);
      },
    };
    const reader = new LogReader(touched(this.bench.store, () => this.turn()));
    const range = { equipmentId: EQUIPMENT, from: instantOf(from), to: instantOf(to) };
    await new ReadingRemover(reader, writer, stamps, () => undefined).remove(range, 'ann');
  }

  private async untilStored(block: StoredBlock): Promise<void> {
    let outcome = 'unknown';
    while (outcome !== 'stored') {
      await this.turn();
      outcome = this.put(block);
      await this.turn();
    }
  }

  /** What a process does at each touch; it does no more once it is dead. */
  private process(diesAt: number): () => Promise<void> {
    let touches = 0;
    return async () => {
      await this.turn();
      touches += 1;
      if (touches >= diesAt) throw new Killed(`touch ${touches}`);
    };
  }

  async turn(): Promise<void> {
    await this.scheduler.schedule(Promise.resolve());
    this.bench.clock.advance(1);
  }

  private importWorld() {
    return { ...this.bench.ports, readings: this.writer() };
  }

  private importPorts(ports: ImportPorts): ImportPorts {
    return { ...ports, ...this.fault.importing?.(this, ports) };
  }

  private undoPorts(ports: UndoPorts): UndoPorts {
    return { ...ports, ...this.fault.undoing?.(this, ports) };
  }

  private writer(): Writer {
    return {
      writeBlocks: async (blocks) => {
        await Promise.resolve();
        return blocks.map((block): WriteOutcome => {
          const outcome = this.put(block);
          return outcome === 'stored' ? storedAnswer() : { outcome };
        });
      },
    };
  }

  private put(block: StoredBlock): 'stored' | 'not-stored' | 'unknown' {
    const fate = this.schedule.fates[this.puts] ?? 'stored';
    this.puts += 1;
    if (fate === 'stored' || fate === 'landed') this.land(block);
    if (fate === 'delayed') void this.landLater(block);
    if (fate === 'late') this.late.push(block);
    if (fate === 'stored' || fate === 'not-stored') return fate;
    return 'unknown';
  }

  private async landLater(block: StoredBlock): Promise<void> {
    await this.scheduler.schedule(Promise.resolve());
    this.land(block);
  }

  private land(block: StoredBlock): void {
    this.landed += 1;
    this.bench.store.put(this.fault.landing?.(this, block) ?? block);
  }

  private stampsOf(skewMs: number): StampClock {
    return new StampClock(new SkewedClock(this.bench.clock, skewMs), this.fault.source);
  }

  /** The oracle: everything that was said, the greatest stamp stands, nothing clever. */
  private async expected({ uploadId }: RunRequest): Promise<readonly string[]> {
    const { startedAt, status } = await this.bench.record(uploadId);
    const stamp = { epochMicros: Date.parse(startedAt ?? '') * 1000, source: uploadId };
    const last = new Map(this.schedule.rows.map(({ minute, value }) => [minute, value]));
    const rows = Array.from(last, ([minute, value]) => ({ minute, value, stamp }));
    const standing = new Map<number, Said>();
    for (const said of status === 'undone' ? this.said : [...this.said, ...rows]) {
      if (this.removed.some((removal) => covers(removal, said))) continue;
      const before = standing.get(said.minute);
      if (!before || compareStamps(said.stamp, before.stamp) > 0) standing.set(said.minute, said);
    }
    return [...standing.values()]
      .sort((a, b) => a.minute - b.minute)
      .map(({ minute, value }) => `${EQUIPMENT} ${instantOf(minute)} value=${value}`);
  }
}

const LIMITS = { pieceBytes: 90, maxCalls: 2, checkpointMs: 0 };

function covers({ from, to, stamp }: Removed, said: Said): boolean {
  return said.minute >= from && said.minute < to && compareStamps(stamp, said.stamp) > 0;
}

function tellNobody(): void {
  // Whatever a process ends with, another one goes on.
}

function storedAnswer(): WriteOutcome {
  return { outcome: 'stored', registerTime: instantFromEpochMs(0) };
}

function timeOf(minute: number): string {
  return new Date(START_EPOCH_MS + minute * 60_000).toISOString();
}

function instantOf(minute: number): Instant {
  const instant = instantFromEpochMs(START_EPOCH_MS + minute * 60_000);
  return minute < MINUTES ? instant : instantAfter(instant);
}

function minutesUpTo(hour: string): number {
  return (Date.parse(`${hour}:00:00Z`) - START_EPOCH_MS) / 60_000;
}

class SkewedClock extends Clock {
  constructor(
    private readonly clock: Clock,
    private readonly skewMs: number,
  ) {
    super();
  }

  override nowEpochMs(): number {
    return this.clock.nowEpochMs() + this.skewMs;
  }

  override sleep(durationMs: number): Promise<void> {
    return this.clock.sleep(durationMs);
  }
}

const UNTOUCHED: ReadonlySet<string> = new Set(['clock', 'retention', 'names', 'queue']);

/** The same ports, or one port, each of whose calls takes a turn before and after it. */
function touched<T extends object>(world: T, touch: () => Promise<void>): T {
  return new Proxy(world, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member === 'object' && member !== null) {
        return UNTOUCHED.has(String(name)) ? member : touched(member, touch);
      }
      if (typeof member !== 'function') return member;
      if (name === 'parts') return touchedParts(member, target, touch);
      return async (...args: unknown[]): Promise<unknown> => {
        await touch();
        const answer: unknown = await Reflect.apply(member, target, args);
        await touch();
        return answer;
      };
    },
  });
}

function touchedParts(member: object, target: object, touch: () => Promise<void>) {
  return async function* parts(...args: unknown[]): AsyncGenerator {
    await touch();
    yield* Reflect.apply(member as (...all: unknown[]) => AsyncGenerator, target, args);
  };
}
