import { instantFromEpochMs, type Clock } from '@sensorflow/kernel';
import * as fc from 'fast-check';
import { serialize } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { InMemoryBlockStore } from '../../../../test/support/in-memory-block-store.js';
import {
  closeAt,
  closingViolations,
  observeWrite,
  refusalViolations,
  tally,
  type ObservedWrite,
} from '../../../../test/support/observed-writes.js';
import {
  arrivalGapsMs,
  itemScriptOf,
  outcomeOf,
  scriptedCalls,
  type CallScript,
} from '../../../../test/support/scripted-calls.js';
import { START_EPOCH_MS, VirtualTime } from '../../../../test/support/virtual-time.js';
import { GROUP_COMMIT_OPTIONS, type GroupCommitOptions } from './group-commit-options.js';
import { estimatedBytes } from './estimated-bytes.js';
import { BlockStore, type PutOutcome } from '../log/block-store.js';
import type { ReadingsBlock, StoredBlock } from '../log/block.js';
import { hourOf, instantAt, offsetOf } from '../log/hour-time.js';
import { LogReader } from '../log/log-reader.js';
import { packRows } from '../log/pack-rows.js';
import { readBlock } from '../log/read-block.js';
import { undoneMark } from '../log/seal-removal.js';
import { compareStamps, StampClock, stampInstant } from '../log/stamp.js';
import type { Reading } from '../reading.js';
import { BlockSender, type SenderListener } from './block-sender.js';
import { GroupCommit, type GroupCommitSettings } from './group-commit.js';
import { groupSealer, type SealGroup } from './seal-group.js';
import type { UnitQueue } from './unit-queue.js';
import type { SealedBlock, Waiter, WaitingReading, WriteOutcome } from './write-unit.js';

/**
 * One or two processes with a group commit each, against a store that follows a script, in virtual time:
 * whatever the store does,
 * G1  `stored` only after the store confirmed a block of that caller that holds exactly this reading, sealed
 *     at that registerTime;
 * G2  every admitted reading gets exactly one answer by its deadline, also when closing, and is not
 *     given up while a healthy store has time for it;
 * G3  an answer speaks of its own reading: `not-stored` only if no attempt of a block with it may land;
 * G4  a reading is in one block, every attempt of a block is byte for byte the same, no two of a key are in
 *     one call, and the later of two readings has the greater stamp or place: the one that arrived when the
 *     other was answered, by whichever process, or that the same caller sent later to the same process. What
 *     can be read is what landed, by stamps;
 * G5  the bounds on readings, bytes, calls, and blocks in a call hold.
 */
const RUNS = Number(process.env['SENSORFLOW_RUNS'] ?? 500);
/** Each planted fault has to be found by then. */
const MOST_RUNS = 10_000;
const TEN_MINUTES_MS = 600_000;

const BUDGET_MS = 2_000;
const CALL_TIMEOUT_MS = 3_000;
const HEALTHY_LATENCY_MS = 5;
/** When it lands after all: long after every answer. */
const LATE_MS = 6_000;

const EQUIPMENT = ['EQ-0', 'EQ-1', 'EQ-2'];
const REFUSED_EQUIPMENT = 'EQ-POISON';
const HOURS = ['2026-01-01T00', '2026-01-01T01'] as const;
/** Close together and far apart, so that a group is one block or several. */
const INSTANTS = [
  instantAt(HOURS[0], 0),
  instantAt(HOURS[0], 500_000_000),
  instantAt(HOURS[0], 120_000_000_000),
  instantAt(HOURS[0], 3_000_000_000_000),
  instantAt(HOURS[1], 0),
];
/** Two readings with such a tag fill a block. */
const LONG_TAG = 1_800;

interface ReadingScript {
  readonly equipmentId: string;
  readonly instant: number;
  readonly metrics: readonly string[];
  readonly tagLength: number;
}

interface WriteScript {
  readonly gapMs: number;
  readonly callerId: string;
  readonly readings: readonly ReadingScript[];
  /** Marks the hours of some readings instead of writing any. */
  readonly isMark: boolean;
  /** Which process it is sent to, of however many there are. */
  readonly process: number;
}

interface Scenario {
  readonly processes: 1 | 2;
  readonly maxCalls: number;
  readonly promptCalls: number;
  readonly maxPartialCalls: number;
  readonly partialShare: number;
  readonly maxReadings: number;
  readonly maxBytesInReadings: number;
  readonly jitter: readonly number[];
  readonly writes: readonly WriteScript[];
  readonly calls: readonly CallScript[];
  /** Until then, what is not in the script is throttled. */
  readonly throttledForMs: number;
  readonly closeAfterMs: number | undefined;
}

const MAX_READINGS_A_CALL = 6;
const THROTTLED: CallScript = { mode: 'answers', latencyMs: 1, items: ['not-stored'] };

const scriptedReading: fc.Arbitrary<ReadingScript> = fc.record({
  equipmentId: fc.constantFrom('EQ-0', 'EQ-0', 'EQ-0', ...EQUIPMENT, REFUSED_EQUIPMENT),
  instant: fc.constantFrom(0, 0, 0, 1, 2, 3, 4),
  metrics: fc.constantFrom(['a'], ['a'], ['b'], ['a', 'b']),
  tagLength: fc.constantFrom(0, 0, 0, 1, LONG_TAG),
});

const anyScenario: fc.Arbitrary<Scenario> = fc.record({
  processes: fc.constantFrom(1, 1, 2),
  maxCalls: fc.integer({ min: 1, max: 4 }),
  promptCalls: fc.integer({ min: 1, max: 3 }),
  maxPartialCalls: fc.integer({ min: 1, max: 6 }),
  partialShare: fc.constantFrom(0, 0.2, 1),
  maxReadings: fc.integer({ min: MAX_READINGS_A_CALL, max: 40 }),
  maxBytesInReadings: fc.integer({ min: MAX_READINGS_A_CALL, max: 40 }),
  jitter: fc.array(fc.constantFrom(0, 0.1, 0.5, 0.999), { minLength: 1, maxLength: 5 }),
  writes: fc.array(
    fc.record({
      gapMs: arrivalGapsMs,
      callerId: fc.constantFrom('A', 'A', 'A', 'B', ''),
      readings: fc.oneof(
        fc.array(scriptedReading, { minLength: 1, maxLength: 1 }),
        fc.array(scriptedReading, { minLength: 1, maxLength: MAX_READINGS_A_CALL }),
      ),
      isMark: fc.constantFrom(false, false, false, false, false, false, false, true),
      process: fc.nat({ max: 1 }),
    }),
    { minLength: 1, maxLength: 40, size: 'max' },
  ),
  calls: scriptedCalls(CALL_TIMEOUT_MS),
  throttledForMs: fc.oneof(
    { weight: 2, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1_000, max: 6_000 }) },
  ),
  closeAfterMs: fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: undefined, freq: 1 }),
});

/** Readings that arrive bit by bit, gather while calls are slow, and then cannot be stored for long. */
const stragglers = anyScenario.map((scenario): Scenario => ({
  ...scenario,
  writes: scenario.writes.map((write) => ({
    ...write,
    gapMs: 20 + (write.gapMs % 300),
    callerId: 'A',
    readings: write.readings.map((reading) => ({ ...reading, equipmentId: 'EQ-0' })),
  })),
  calls: Array.from({ length: scenario.maxCalls }, () => ({ ...THROTTLED, latencyMs: 1_000 })),
  throttledForMs: 5_000,
}));

const scenarios = fc.oneof(
  { weight: 4, arbitrary: anyScenario },
  { weight: 1, arbitrary: stragglers },
);

/** One attempt of one block. */
interface Attempt {
  readonly block: StoredBlock;
  readonly storeKey: string;
  readonly bytes: string;
  readonly startMs: number;
  readonly startEvent: number;
  endEvent: number;
  outcome: PutOutcome | 'unanswered';
}

interface SeenCall {
  readonly process: number;
  readonly startMs: number;
  endMs: number;
  readonly isScripted: boolean;
}

/** Does what the script says, call by call, and confirms everything when the script is over. */
class ScriptedStore extends InMemoryBlockStore {
  readonly calls: SeenCall[] = [];
  readonly attempts: Attempt[] = [];
  readonly landed = new Map<string, StoredBlock>();
  readonly violations: string[] = [];

  constructor(
    private readonly time: VirtualTime,
    private readonly scenario: Scenario,
  ) {
    super();
  }

  /** The store as one process sees it. */
  of(process: number): BlockStore {
    const seen = new InMemoryBlockStore();
    seen.putAll = async (blocks) => this.putAllOf(process, blocks);
    return seen;
  }

  private async putAllOf(
    process: number,
    blocks: readonly StoredBlock[],
  ): Promise<readonly PutOutcome[]> {
    const script = this.nextScript();
    const attempts = blocks.map((block) => this.attemptOf(block));
    this.checkCall(process, attempts);
    const startMs = this.time.nowEpochMs();
    const isScripted = script !== undefined;
    const call: SeenCall = { process, startMs, endMs: Infinity, isScripted };
    this.calls.push(call);
    this.attempts.push(...attempts);
    await this.time.sleep(script?.latencyMs ?? HEALTHY_LATENCY_MS);
    for (const [index, attempt] of attempts.entries()) this.land(attempt.block, script, index);
    if (script?.mode === 'never-answers') return new Promise(() => undefined);
    call.endMs = this.time.nowEpochMs();
    for (const [index, attempt] of attempts.entries()) {
      const isPoison = attempt.block.equipmentId === REFUSED_EQUIPMENT;
      attempt.outcome = outcomeOf(script, index, isPoison);
      attempt.endEvent = this.time.eventsSoFar;
    }
    if (script?.mode === 'throws') throw new Error('the store broke its contract');
    return attempts.map(({ outcome }) => (outcome === 'unanswered' ? 'unknown' : outcome));
  }

  private nextScript(): CallScript | undefined {
    const { calls, throttledForMs } = this.scenario;
    const isThrottled = this.time.nowEpochMs() < START_EPOCH_MS + throttledForMs;
    return calls[this.calls.length] ?? (isThrottled ? THROTTLED : undefined);
  }

  private attemptOf(block: StoredBlock): Attempt {
    return {
      block,
      storeKey: `${block.equipmentId} ${block.key}`,
      bytes: serialize(block).toString('latin1'),
      startMs: this.time.nowEpochMs(),
      startEvent: this.time.eventsSoFar,
      endEvent: Infinity,
      outcome: 'unanswered',
    };
  }

  private land(block: StoredBlock, script: CallScript | undefined, index: number): void {
    const item = itemScriptOf(script, index);
    if (block.equipmentId === REFUSED_EQUIPMENT || item === 'not-stored' || item === 'unknown') {
      return;
    }
    const land = () => {
      this.put(block);
      this.landed.set(`${block.equipmentId} ${block.key}`, block);
    };
    if (item === 'unknown-late') this.time.after(LATE_MS, land);
    else land();
  }

  private checkCall(process: number, attempts: readonly Attempt[]): void {
    const nowMs = this.time.nowEpochMs();
    const keys = new Set(attempts.map(({ storeKey }) => storeKey));
    if (attempts.length === 0) this.violations.push('G5: an empty call');
    if (attempts.length > 25) this.violations.push('G5: more than 25 blocks in one call');
    if (keys.size < attempts.length) this.violations.push('G4: one key twice in one call');
    const inFlight = this.calls.filter(
      (call) =>
        call.process === process && call.endMs > nowMs && call.startMs + CALL_TIMEOUT_MS > nowMs,
    );
    // A call that ends in this very millisecond may have ended already or not: it does not count.
    if (inFlight.length >= this.scenario.maxCalls) this.violations.push('G5: too many calls');
  }
}

/** A reading that was admitted, and what became of it. Its values are its number in the schedule. */
interface Arrival {
  readonly number: number;
  readonly reading: Reading;
  readonly callerId: string;
  readonly write: SeenWrite;
  readonly answer: WriteOutcome | undefined;
}

interface SentTo {
  readonly process: number;
}

type SeenWrite = ObservedWrite<Reading, WriteOutcome> & SentTo & { readonly callerId: string };
type SeenMarks = ObservedWrite<StoredBlock, WriteOutcome> & SentTo;

type Engine = new (
  store: BlockStore,
  clock: Clock,
  settings: Partial<GroupCommitSettings>,
) => GroupCommit;

/** Plays a scenario to its end and names everything that went against the rules. */
async function violationsOf(scenario: Scenario, engine: Engine): Promise<readonly string[]> {
  const time = new VirtualTime();
  const store = new ScriptedStore(time, scenario);
  const writers = Array.from(
    { length: scenario.processes },
    (_, process) => new engine(store.of(process), time, { options: optionsOf(scenario, time) }),
  );
  const writes: SeenWrite[] = [];
  const marks: SeenMarks[] = [];
  let number = 0;
  let atMs = 0;
  for (const { gapMs, callerId, readings: scripts, isMark, ...sentTo } of scenario.writes) {
    atMs += gapMs;
    const readings = scripts.map((script) => readingOf(script, (number += 1)));
    const process = sentTo.process % writers.length;
    const writer = writers[process];
    if (!writer) continue;
    time.after(atMs, () => {
      if (isMark) marks.push(beginMarks(writer, time, readings, callerId, process));
      else writes.push(beginWrite(writer, time, readings, callerId, process));
    });
  }
  const close = async () => Promise.all(writers.map(async (writer) => writer.close()));
  const closing = closeAt(time, scenario.closeAfterMs, { close: async () => void (await close()) });
  const violations = store.violations;
  await time.runToTheEnd(() => {
    for (const [process, writer] of writers.entries()) {
      const isOwn = (write: SentTo) => write.process === process;
      const [own, ownMarks] = [writes.filter(isOwn), marks.filter(isOwn)];
      violations.push(...boundViolations(scenario, writer, own, ownMarks));
    }
  });
  const all = [...writes, ...marks];
  const admitted = arrivalsOf(writes);
  return [
    ...violations,
    ...all.flatMap((write) => answerViolations(write)),
    ...outcomeViolations(admitted, store.attempts),
    ...markViolations(marks, store.attempts),
    ...closingViolations(scenario.closeAfterMs, all, closing.closedMs, BUDGET_MS),
    ...sameBytesViolations(store.attempts),
    ...orderViolations(admitted, store.attempts),
    ...givenUpViolations(scenario, all, store.calls),
    ...(await shownViolations(store)),
  ];
}

function optionsOf(scenario: Scenario, time: VirtualTime): GroupCommitOptions {
  let draws = 0;
  return {
    ...GROUP_COMMIT_OPTIONS,
    budgetMs: BUDGET_MS,
    callTimeoutMs: CALL_TIMEOUT_MS,
    minCalls: 1,
    firstCalls: scenario.maxCalls,
    maxCalls: scenario.maxCalls,
    promptCalls: scenario.promptCalls,
    maxPartialCalls: scenario.maxPartialCalls,
    partialShare: scenario.partialShare,
    maxReadings: scenario.maxReadings,
    maxBytes: maxBytesOf(scenario),
    random: () => scenario.jitter[draws++ % scenario.jitter.length] ?? 0,
    setAlarm: (afterMs, ring) => time.after(afterMs, ring),
    afterArrivals: queueMicrotask,
  };
}

function readingOf(script: ReadingScript, number: number): Reading {
  const { equipmentId, instant, metrics, tagLength } = script;
  const tags = tagLength > 0 ? [['lot', String(number).padEnd(tagLength, '.')] as const] : [];
  return {
    equipmentId,
    timestamp: INSTANTS[instant] ?? instantAt(HOURS[0], 0),
    values: new Map(metrics.map((metric) => [metric, number])),
    tags: new Map(tags),
  };
}

const LARGEST = { equipmentId: REFUSED_EQUIPMENT, instant: 0, metrics: ['a', 'b'] };
const BYTES_PER_READING = estimatedBytes(readingOf({ ...LARGEST, tagLength: LONG_TAG }, 0));

function maxBytesOf({ maxBytesInReadings }: Scenario): number {
  return maxBytesInReadings * BYTES_PER_READING;
}

function beginWrite(
  writer: GroupCommit,
  time: VirtualTime,
  readings: readonly Reading[],
  callerId = '',
  process = 0,
): SeenWrite {
  const write = observeWrite(time, readings, writer.write(readings, callerId));
  return Object.assign(write, { callerId, process });
}

/** Two people can take back one import at once: their marks have one key. */
function beginMarks(
  writer: GroupCommit,
  time: VirtualTime,
  readings: readonly Reading[],
  callerId: string,
  process: number,
): SeenMarks {
  const marks = readings.map(({ equipmentId, timestamp }) =>
    undoneMark(equipmentId, hourOf(timestamp), 'import', 'someone'),
  );
  return Object.assign(observeWrite(time, marks, writer.writeBlocks(marks, callerId)), { process });
}

function arrivalsOf(writes: readonly SeenWrite[]): readonly Arrival[] {
  return writes
    .filter(({ refusal }) => refusal === undefined)
    .flatMap((write) =>
      write.readings.map((reading, position) => ({
        number: numberOf(reading),
        reading,
        callerId: write.callerId,
        write,
        answer: write.outcomes[position],
      })),
    );
}

function numberOf({ values }: Reading): number {
  return values.get('a') ?? values.get('b') ?? NaN;
}

function boundViolations(
  scenario: Scenario,
  writer: GroupCommit,
  writes: readonly SeenWrite[],
  marks: readonly SeenMarks[],
): readonly string[] {
  const violations: string[] = [];
  const open = writes.filter(({ answers }) => answers === 0);
  const openMarks = marks.filter(({ answers }) => answers === 0);
  // Of a larger call some readings may be decided already, which its caller does not know yet.
  const single = [...open, ...openMarks].filter(({ readings }) => readings.length === 1);
  if (single.length > scenario.maxReadings) violations.push('G5: too many readings');
  const bytes = open.flatMap(({ readings }) => readings.map(estimatedBytes));
  const sum = bytes.reduce((total, some) => total + some, 0);
  if (sum > maxBytesOf(scenario)) violations.push('G5: too many bytes');
  const places = [...open, ...openMarks].reduce((n, { readings }) => n + readings.length, 0);
  if (writer.counters.queued > places) violations.push('G5: keeps what nobody waits for');
  return violations;
}

function answerViolations(write: SeenWrite | SeenMarks): readonly string[] {
  if (write.answers !== 1) return [`G2: ${write.answers} answers`];
  if (write.refusal !== undefined) return refusalViolations(write);
  const violations: string[] = [];
  if (write.answeredMs > write.atMs + BUDGET_MS) violations.push('G2: after the deadline');
  if (write.outcomes.length !== write.readings.length) violations.push('G2: places without answer');
  if (write.outcomes.includes(undefined as never)) violations.push('G2: places without answer');
  return violations;
}

/** Readings as a block holds them, by their numbers. */
function numbersIn(block: StoredBlock): readonly number[] {
  const read = readBlock(block);
  if (read.kind !== 'readings') return [];
  return read.offsetsNs.map((_offset, index) => numberAt(read, index));
}

function numberAt({ columns }: ReadingsBlock, index: number): number {
  const [a = NaN, b = NaN] = ['a', 'b'].map((metric) => columns.get(metric)?.[index]);
  return Number.isNaN(a) ? b : a;
}

/** The attempts of each reading's blocks, by its number. */
function attemptsByNumber(attempts: readonly Attempt[]): ReadonlyMap<number, readonly Attempt[]> {
  const byNumber = new Map<number, Attempt[]>();
  for (const attempt of attempts) {
    for (const number of numbersIn(attempt.block)) {
      byNumber.set(number, [...(byNumber.get(number) ?? []), attempt]);
    }
  }
  return byNumber;
}

function outcomeViolations(
  arrivals: readonly Arrival[],
  attempts: readonly Attempt[],
): readonly string[] {
  const byNumber = attemptsByNumber(attempts);
  const writeOf = new Map(arrivals.map(({ number, write }) => [number, write]));
  return arrivals.flatMap((arrival) => {
    const own = byNumber.get(arrival.number) ?? [];
    const violations: string[] = [];
    if (new Set(own.map(({ storeKey }) => storeKey)).size > 1) {
      violations.push('G4: one reading in two blocks');
    }
    switch (arrival.answer?.outcome) {
      case 'stored':
        if (!own.some((attempt) => confirms(attempt, arrival))) {
          violations.push('G1: stored without the store saying so');
        }
        break;
      case 'clock-wrong':
        violations.push('G3: no clock was wrong');
        break;
      case 'refused':
        if (!own.some((attempt) => wasKnown(attempt, arrival.write, 'refused'))) {
          violations.push('G3: refused for no reason');
        }
        break;
      case 'not-stored':
        if (!own.every((attempt) => wasKnown(attempt, arrival.write, 'not-stored'))) {
          violations.push('G3: not-stored, but it may be stored');
        }
        break;
      case 'unknown': {
        const mates = own.flatMap(({ block }) => numbersIn(block).map((n) => writeOf.get(n)));
        if (!mayHaveLanded(own, arrival.write) && !mates.some((m) => waitedOn(m, arrival.write))) {
          violations.push('G3: unknown for no reason');
        }
        break;
      }
      case undefined:
    }
    return violations;
  });
}

/** Whether the store had confirmed a block with exactly this reading when it was answered. */
function confirms(attempt: Attempt, { reading, callerId, write, answer }: Arrival): boolean {
  if (!wasKnown(attempt, write, 'stored') || answer?.outcome !== 'stored') return false;
  const { block } = attempt;
  const read = readBlock(block);
  if (read.kind !== 'readings' || attempt.startEvent < write.atEvent) return false;
  const index = numbersIn(block).indexOf(numberOf(reading));
  const [a, b] = ['a', 'b'].map((metric) => read.columns.get(metric)?.[index] ?? NaN);
  return (
    block.equipmentId === reading.equipmentId &&
    read.hour === hourOf(reading.timestamp) &&
    read.offsetsNs[index] === offsetOf(reading.timestamp) &&
    Object.is(a, reading.values.get('a') ?? NaN) &&
    Object.is(b, reading.values.get('b') ?? NaN) &&
    (read.tags[index]?.get('lot') ?? '') === (reading.tags.get('lot') ?? '') &&
    (read.origin.by ?? '') === callerId &&
    stampInstant(read.stamp) === answer.registerTime
  );
}

/** Whether that outcome was known when the write was answered. */
function wasKnown(
  { outcome, endEvent }: Attempt,
  { answeredEvent }: SeenWrite | SeenMarks,
  expected: PutOutcome,
): boolean {
  return outcome === expected && endEvent <= answeredEvent;
}

function mayHaveLanded(own: readonly Attempt[], write: SeenWrite | SeenMarks): boolean {
  return own.some(
    (attempt) => attempt.outcome === 'unknown' || attempt.endEvent > write.answeredEvent,
  );
}

/** Whether others of the block still waited. For a larger call it is unknown when each position was answered. */
function waitedOn(mate: SeenWrite | undefined, write: SeenWrite): boolean {
  if (!mate || mate === write) return false;
  return write.readings.length > 1 || mate.answeredEvent > write.answeredEvent;
}

function markViolations(
  marks: readonly SeenMarks[],
  attempts: readonly Attempt[],
): readonly string[] {
  return marks.flatMap((write) =>
    write.outcomes.flatMap(({ outcome }, position) => {
      const { equipmentId = '', key = '' } = write.readings[position] ?? {};
      const own = attempts.filter(({ storeKey }) => storeKey === `${equipmentId} ${key}`);
      const isTrue =
        outcome === 'unknown'
          ? mayHaveLanded(own, write)
          : outcome === 'not-stored' || own.some((attempt) => wasKnown(attempt, write, outcome));
      return isTrue ? [] : [`G3: a mark that is ${outcome} for no reason`];
    }),
  );
}

function sameBytesViolations(attempts: readonly Attempt[]): readonly string[] {
  const bytesOf = new Map<string, string>();
  for (const { storeKey, bytes } of attempts) {
    if ((bytesOf.get(storeKey) ?? bytes) !== bytes) return ['G4: two blocks under one key'];
    bytesOf.set(storeKey, bytes);
  }
  return [];
}

/** Which of two values for one instant and metric stands, if both landed. */
interface Rank {
  readonly attempt: Attempt;
  readonly place: number;
}

function compareRanks(a: Rank, b: Rank): number {
  if (a.attempt.storeKey === b.attempt.storeKey) return a.place - b.place;
  const [first, second] = [readBlock(a.attempt.block), readBlock(b.attempt.block)];
  if (first.kind !== 'readings' || second.kind !== 'readings') return NaN;
  return compareStamps(first.stamp, second.stamp);
}

function orderViolations(
  arrivals: readonly Arrival[],
  attempts: readonly Attempt[],
): readonly string[] {
  const rankOf = new Map<number, Rank>();
  for (const attempt of attempts) {
    for (const [place, number] of numbersIn(attempt.block).entries()) {
      rankOf.set(number, { attempt, place });
    }
  }
  const isOutOfOrder = arrivals.some((later, index) =>
    arrivals.slice(0, index).some((earlier) => {
      if (!isCorrection(later, earlier)) return false;
      const [rank, rankBefore] = [rankOf.get(later.number), rankOf.get(earlier.number)];
      return rank && rankBefore && !(compareRanks(rank, rankBefore) > 0);
    }),
  );
  return isOutOfOrder ? ['G4: out of order'] : [];
}

function isCorrection(later: Arrival, earlier: Arrival): boolean {
  const { equipmentId, timestamp, values } = earlier.reading;
  if (later.reading.equipmentId !== equipmentId) return false;
  if (later.reading.timestamp !== timestamp) return false;
  if (![...values.keys()].some((metric) => later.reading.values.has(metric))) return false;
  if (later.write.process === earlier.write.process) {
    return later.callerId === earlier.callerId || later.write.atEvent > earlier.write.answeredEvent;
  }
  // Between processes, clocks decide, which tell milliseconds apart.
  return later.write.atMs > earlier.write.answeredMs;
}

/** Compares what can be read with what landed: of each instant and metric the greatest stamp, then place. */
async function shownViolations(store: ScriptedStore): Promise<readonly string[]> {
  const expected = new Map<string, { readonly value: string; readonly rank: Rank }>();
  const say = (name: string, value: string, rank: Rank) => {
    const before = expected.get(name);
    if (!before || compareRanks(rank, before.rank) > 0) expected.set(name, { value, rank });
  };
  const landed = store.attempts.filter(({ storeKey }) => store.landed.has(storeKey));
  for (const attempt of landed) {
    const block = readBlock(attempt.block);
    if (block.kind !== 'readings') continue;
    for (const [place, offsetNs] of block.offsetsNs.entries()) {
      const at = `${attempt.block.equipmentId} ${instantAt(block.hour, offsetNs)}`;
      for (const [metric, numbers] of block.columns) {
        const value = numbers[place] ?? NaN;
        if (!Number.isNaN(value)) say(`${at} ${metric}`, String(value), { attempt, place });
      }
      for (const [tag, text] of block.tags[place] ?? [])
        say(`${at} ${tag}`, text, { attempt, place });
    }
  }
  const asText = [...expected].map(([name, { value }]) => `${name} ${value}`).toSorted();
  const shown = await Promise.all(EQUIPMENT.map((equipmentId) => shownOf(store, equipmentId)));
  return asText.join('\n') === shown.flat().toSorted().join('\n') ? [] : ['G4: shows other values'];
}

async function shownOf(store: BlockStore, equipmentId: string): Promise<readonly string[]> {
  const texts: string[] = [];
  for await (const { readings } of new LogReader(store).read({ equipmentId, order: 'asc' })) {
    for (const { timestamp, values, tags } of readings) {
      for (const [name, value] of [...values, ...tags]) {
        texts.push(`${equipmentId} ${timestamp} ${name} ${value}`);
      }
    }
  }
  return texts;
}

/** From when on the store is healthy; undefined when it is not known to get there. */
function healthySince({ calls }: Scenario, seen: readonly SeenCall[]): number | undefined {
  if (calls.some(({ mode }) => mode === 'never-answers')) return undefined;
  if (seen.length < calls.length) return undefined;
  return Math.max(START_EPOCH_MS, ...seen.filter((c) => c.isScripted).map((c) => c.endMs));
}

function givenUpViolations(
  scenario: Scenario,
  writes: readonly (SeenWrite | SeenMarks)[],
  calls: readonly SeenCall[],
): readonly string[] {
  const { maxBackoffMs, sweepMs, maxFillMs } = GROUP_COMMIT_OPTIONS;
  const healthyMs = healthySince(scenario, calls) ?? Infinity;
  return writes.flatMap(({ outcomes, atMs, answeredMs }) => {
    const isGivenUp = outcomes.some(
      ({ outcome }) => outcome === 'not-stored' || outcome === 'unknown',
    );
    if (!isGivenUp) return [];
    const deadlineMs = atMs + BUDGET_MS;
    const violations: string[] = [];
    // The last of a backoff, and then up to all blocks of the scenario in one call after the other.
    const servedMs = healthyMs + maxBackoffMs + maxFillMs + 10 * HEALTHY_LATENCY_MS;
    if (deadlineMs > servedMs + sweepMs) violations.push('G2: given up needlessly');
    if (answeredMs < deadlineMs - maxBackoffMs - sweepMs) violations.push('G2: given up early');
    return violations;
  });
}

it(
  `keeps G1 to G5 in ${RUNS} schedules`,
  async () => {
    let schedules = 0;
    const rulesHold = fc.asyncProperty(scenarios, async (scenario) => {
      expect(await violationsOf(scenario, GroupCommit)).toEqual([]);
      schedules += 1;
    });

    await fc.assert(rulesHold, { numRuns: RUNS });

    expect(schedules).toBe(RUNS);
  },
  TEN_MINUTES_MS,
);

type Ask = (blocks: readonly StoredBlock[]) => Promise<readonly PutOutcome[]>;

/** An engine that does not pass on to its store, or take from it, what it should. */
function betweenEngineAndStore(plant: (ask: Ask) => Ask): Engine {
  return class extends GroupCommit {
    protected override createSender(
      store: BlockStore,
      queue: UnitQueue,
      listener: SenderListener,
    ): BlockSender {
      const planted = new InMemoryBlockStore();
      planted.putAll = plant((blocks) => store.putAll(blocks));
      return super.createSender(planted, queue, listener);
    }
  };
}

const AcksBeforeTheStoreConfirms = betweenEngineAndStore((ask) => (blocks) => {
  void ask(blocks).catch(() => undefined);
  return Promise.resolve(blocks.map(() => 'stored'));
});

const TakesUnknownForStored = betweenEngineAndStore((ask) => async (blocks) => {
  const outcomes = await ask(blocks);
  return outcomes.map((outcome) => (outcome === 'unknown' ? 'stored' : outcome));
});

const AcksOneCallerForAnother = betweenEngineAndStore((ask) => async (blocks) => {
  const outcomes = await ask(blocks);
  const hourIn = ({ equipmentId, key }: StoredBlock) => `${equipmentId} ${key.slice(0, 13)}`;
  const stored = new Set(
    blocks.filter((_, index) => outcomes[index] === 'stored').map((block) => hourIn(block)),
  );
  return blocks.map((block, index) =>
    stored.has(hourIn(block)) ? 'stored' : (outcomes[index] ?? 'unknown'),
  );
});

const RetriesUnderANewStamp = betweenEngineAndStore((ask) => {
  const seen = new Set<string>();
  let attempts = 0;
  return (blocks) =>
    ask(
      blocks.map((block) => {
        const isRetry = seen.has(block.key);
        seen.add(block.key);
        return isRetry ? { ...block, key: `${block.key}${(attempts += 1)}` } : block;
      }),
    );
});

/** Packs who still waits, when a block must be sent again. */
class RepacksRetries extends GroupCommit {
  protected override createSender(store: BlockStore, queue: UnitQueue, listener: SenderListener) {
    return new (class extends BlockSender {
      protected override giveBack(...[sealed, ...others]: Parameters<BlockSender['giveBack']>) {
        const repacked = repack(sealed);
        if (repacked) Object.assign(sealed, { block: repacked });
        super.giveBack(sealed, ...others);
      }
    })(store, this.clock, this.options, queue, listener);
  }
}

function repack({ block, waiters }: SealedBlock): StoredBlock | undefined {
  const { equipmentId, key } = block;
  const rows = waiters.filter(isReading);
  const before = readBlock(block);
  if (rows.length === 0 || before.kind !== 'readings') return undefined;
  const [packed] = packRows(equipmentId, before.hour, before.origin, rows);
  const repacked = packed?.block.seal(before.stamp);
  return repacked?.key === key ? repacked : undefined;
}

function isReading(waiter: Waiter): waiter is WaitingReading {
  return 'offsetNs' in waiter;
}

class DropsUnprocessedBlocks extends GroupCommit {
  protected override createSender(store: BlockStore, queue: UnitQueue, listener: SenderListener) {
    return new (class extends BlockSender {
      protected override giveBack(block: SealedBlock, outcome: 'not-stored' | 'unknown'): void {
        block.noteFailure(outcome);
      }
    })(store, this.clock, this.options, queue, listener);
  }
}

class ForgetsThatOthersWait extends GroupCommit {
  protected override failureOf(waiter: Waiter): 'not-stored' | 'unknown' {
    const outcome = super.failureOf(waiter);
    const isAwaited = (waiter.unit?.waiters.length ?? 0) > 0;
    return isAwaited && waiter.unit?.state === 'delayed' ? 'not-stored' : outcome;
  }
}

class StampsDoNotRise extends GroupCommit {
  constructor(...[store, clock, settings]: ConstructorParameters<typeof GroupCommit>) {
    const stopped = new VirtualTime();
    const stamps = new StampClock(stopped);
    const first = stamps.next();
    stamps.next = () => first;
    super(store, clock, { ...settings, stamps });
  }
}

class StampsFall extends GroupCommit {
  constructor(...[store, clock, settings]: ConstructorParameters<typeof GroupCommit>) {
    const stamps = new StampClock(clock);
    const source = 'falling';
    let epochMicros = START_EPOCH_MS * 2_000;
    stamps.next = () => ({ epochMicros: (epochMicros -= 1), source });
    super(store, clock, { ...settings, stamps });
  }
}

/** Seals a group by the time when its first reading came: others join it until it leaves. */
class StampsAtAdmission extends GroupCommit {
  protected override createSealer(
    ...[, expiresAtEpochSeconds]: Parameters<GroupCommit['createSealer']>
  ): SealGroup {
    const source = `admission${(engines += 1)}`;
    let sealed = 0;
    return (group) => {
      const stamps = new StampClock(this.clock);
      stamps.next = () => ({
        epochMicros: group.readySinceEpochMs * 1_000 + (sealed += 1),
        source,
      });
      return groupSealer(stamps, expiresAtEpochSeconds)(group);
    };
  }
}
let engines = 0;

class ForgetsWaiters extends GroupCommit {
  protected override sweep(): void {
    this.counters.unknown.toFixed();
  }
}

class AdmitsWithoutBounds extends GroupCommit {
  protected override isFull(): boolean {
    return false;
  }
}

const PLANTED_FAULTS: readonly (readonly [string, Engine, string])[] = [
  ['acknowledges before the store confirms', AcksBeforeTheStoreConfirms, 'G1: stored without'],
  ['takes an unknown outcome for a confirmation', TakesUnknownForStored, 'G1: stored without'],
  [
    "acknowledges a caller when another caller's block is confirmed",
    AcksOneCallerForAnother,
    'G1: stored without',
  ],
  ['retries under a new stamp', RetriesUnderANewStamp, 'G4: one reading in two blocks'],
  ['repacks what it retries', RepacksRetries, 'G4: two blocks under one key'],
  ['drops what the store left over', DropsUnprocessedBlocks, 'G3: unknown for no reason'],
  [
    'calls not-stored what is sent again for others',
    ForgetsThatOthersWait,
    'G3: not-stored, but it may be stored',
  ],
  ['gives two blocks one stamp', StampsDoNotRise, 'G4: two blocks under one key'],
  ['gives later blocks smaller stamps', StampsFall, 'G4: out of order'],
  ['takes the stamp at admission', StampsAtAdmission, 'G4: out of order'],
  ['forgets those who wait', ForgetsWaiters, 'G2: 0 answers'],
  ['admits without bounds', AdmitsWithoutBounds, 'G5: too many'],
];

it.each(PLANTED_FAULTS)(
  'would notice an engine that %s',
  async (_, engine, violation) => {
    const alwaysHolds = fc.asyncProperty(scenarios, async (scenario) => {
      const violations = await violationsOf(scenario, engine);
      return !violations.some((found) => found.startsWith(violation));
    });

    const details = await fc.check(alwaysHolds, { numRuns: MOST_RUNS, endOnFailure: true });

    expect(details.failed).toBe(true);
    // Not by falling over.
    expect(details.errorInstance).toMatchObject({ message: 'Property failed by returning false' });
  },
  TEN_MINUTES_MS,
);

/** An engine with the options of the product, and a store that does what it is told. */
function startInVirtualTime(latencyMs: number, options: Partial<GroupCommitOptions> = {}) {
  const time = new VirtualTime();
  const store = new LateStore(time, latencyMs);
  const setAlarm: GroupCommitOptions['setAlarm'] = (afterMs, ring) => time.after(afterMs, ring);
  const writer = new GroupCommit(store, time, {
    options: {
      ...GROUP_COMMIT_OPTIONS,
      setAlarm,
      afterArrivals: queueMicrotask,
      ...options,
    },
  });
  const writes: SeenWrite[] = [];
  const writeAt = (afterMs: number, readings: readonly Reading[], callerId?: string) =>
    time.after(afterMs, () => writes.push(beginWrite(writer, time, readings, callerId)));
  return { time, store, writer, writes, writeAt };
}

class LateStore extends InMemoryBlockStore {
  isStuck = false;
  callsInFlight = 0;
  mostCallsInFlight = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly latencyMs: number,
  ) {
    super();
  }

  override async putAll(blocks: readonly StoredBlock[]): Promise<readonly PutOutcome[]> {
    if (this.isStuck) return new Promise(() => undefined);
    this.callsInFlight += 1;
    this.mostCallsInFlight = Math.max(this.mostCallsInFlight, this.callsInFlight);
    await this.time.sleep(this.latencyMs);
    this.callsInFlight -= 1;
    return super.putAll(blocks);
  }
}

/** Never refuses: it works on four calls at a time, and on the others later, even if no caller waits any more. */
class QueueingStore extends InMemoryBlockStore {
  static readonly workMs = 100;
  static readonly perMs = (4 * 25) / QueueingStore.workMs;
  private readonly freeAtMs = [0, 0, 0, 0];

  constructor(
    private readonly time: VirtualTime,
    private readonly timeoutMs: number,
  ) {
    super();
  }

  override async putAll(blocks: readonly StoredBlock[]): Promise<readonly PutOutcome[]> {
    const nowMs = this.time.nowEpochMs();
    const firstFreeMs = Math.min(...this.freeAtMs);
    const doneMs = Math.max(nowMs, firstFreeMs) + QueueingStore.workMs;
    this.freeAtMs[this.freeAtMs.indexOf(firstFreeMs)] = doneMs;
    await this.time.sleep(Math.min(this.timeoutMs, doneMs - nowMs));
    if (doneMs - nowMs > this.timeoutMs) return blocks.map(() => 'unknown');
    return super.putAll(blocks);
  }
}

function oneReading(key: number, value = 1): readonly Reading[] {
  return [
    {
      equipmentId: `EQ-${key}`,
      timestamp: instantFromEpochMs(START_EPOCH_MS),
      values: new Map([['a', value]]),
      tags: new Map(),
    },
  ];
}

/** Of one equipment and hour, and so long that two of them fill a block. */
function longReadings(key: number, count: number): readonly Reading[] {
  return Array.from({ length: count }, (_, second) => ({
    equipmentId: `EQ-${key}`,
    timestamp: instantFromEpochMs(START_EPOCH_MS + second * 1_000),
    values: new Map([['a', second]]),
    tags: new Map([['lot', String(second).padEnd(LONG_TAG, '.')]]),
  }));
}

function manyReadings(firstKey: number, count: number): readonly Reading[] {
  return Array.from({ length: count }, (_, i) => oneReading(firstKey + i)).flat();
}

describe('in virtual time', { timeout: TEN_MINUTES_MS }, () => {
  it('1,000 values of one instant take a few calls, and the last stands', async () => {
    const { time, store, writes, writeAt } = startInVirtualTime(4);
    for (let i = 0; i < 1_000; i += 1) writeAt(0, oneReading(1, i));

    await time.runToTheEnd();

    expect(tally(writes)).toEqual({ stored: 1_000 });
    // Each write comes by itself here, and so the first ones leave by themselves.
    expect(store.putCalls.length).toBeLessThanOrEqual(GROUP_COMMIT_OPTIONS.maxPartialCalls);
    expect(await shownOf(store, 'EQ-1')).toEqual(['EQ-1 2026-01-01T00:00:00.000000000Z a 999']);
  });

  it('heavy throttling admits no call that fails, and is over within three seconds', async () => {
    const { time, store, writer, writes, writeAt } = startInVirtualTime(4);
    const stormMs = 30_000;
    store.failPuts(() => (time.nowEpochMs() < START_EPOCH_MS + stormMs ? 'not-stored' : undefined));
    for (let ms = 0; ms < stormMs + 10_000; ms += 2) writeAt(ms, oneReading(ms));
    let mostQueued = 0;

    await time.runToTheEnd(() => {
      mostQueued = Math.max(mostQueued, writer.counters.queued);
    });

    const inStorm = writes.filter(({ answeredMs }) => answeredMs < START_EPOCH_MS + stormMs);
    const afterwards = writes.filter(({ atMs }) => atMs >= START_EPOCH_MS + stormMs + 3_000);
    // Unknown is what was with the store at its deadline.
    expect(Object.keys(tally(inStorm)).toSorted()).toEqual(['not-stored', 'overloaded', 'unknown']);
    expect(tally(afterwards)).toEqual({ stored: 3_500 });
    expect(mostQueued).toBeLessThan(500);
    expect(writer.counters.retries).toBeLessThan(writes.length);
  });

  it('a few throttled keys keep no other calls out', async () => {
    const { time, store, writes, writeAt } = startInVirtualTime(5);
    const hot = new Set(Array.from({ length: 40 }, (_, key) => `EQ-${key}`));
    store.failPuts(({ equipmentId }) => (hot.has(equipmentId) ? 'not-stored' : undefined));
    const seconds = 15;
    for (let i = 0; i < 40 * seconds; i += 1) writeAt(i * 25, oneReading(i % 40));
    for (let second = 3; second < seconds; second += 1) {
      const keys = Array.from({ length: 500 }, (_, index) => 1_000 * second + index);
      writeAt(
        second * 1_000,
        keys.flatMap((key) => oneReading(key)),
      );
    }

    await time.runToTheEnd();

    const batches = writes.filter(({ readings }) => readings.length > 1);
    expect(tally(batches)).toEqual({ stored: seconds - 3 });
  });

  it('three times what the store can do is served at the full rate, the rest refused at once', async () => {
    const { time, writer, writes, writeAt } = startInVirtualTime(50, {
      maxCalls: 2,
      firstCalls: 2,
    });
    const offeredMs = 10_000;
    // Two calls of 25 in 50 ms are 1,000 readings a second.
    for (let i = 0; i < 3 * offeredMs; i += 1) writeAt(i / 3, oneReading(i));

    await time.runToTheEnd();

    const { stored = 0, overloaded = 0 } = tally(writes);
    const refused = writes.filter(({ refusal }) => refusal !== undefined);
    const served = writes.filter(
      ({ atMs }) => atMs > START_EPOCH_MS + 1_000 && atMs < START_EPOCH_MS + offeredMs,
    );
    const waitsMs = served
      .filter(({ refusal }) => refusal === undefined)
      .map(({ atMs, answeredMs }) => answeredMs - atMs);
    expect(stored).toBeGreaterThan(0.9 * offeredMs);
    expect(stored + overloaded).toBe(writes.length);
    expect(refused.every(({ atMs, answeredMs }) => answeredMs === atMs)).toBe(true);
    expect(Math.max(...waitsMs)).toBeLessThan(600);
    expect(writer.counters.shed).toBe(overloaded);
  });

  it.each([1, 5])('%i callers that send all they can do not touch another one', async (hogs) => {
    const { time, writes, writeAt } = startInVirtualTime(50, { maxCalls: 2, firstCalls: 2 });
    const offeredMs = 5_000;
    // The store takes 1,000 readings a second; each of these sends 10,000.
    const batches = Array.from({ length: hogs }, (_, hog) => manyReadings(1e6 * (hog + 1), 10_000));
    for (let ms = 0; ms < offeredMs; ms += 1_000) {
      for (const [hog, batch] of batches.entries()) writeAt(ms, batch, `hog ${hog}`);
    }
    for (let ms = 0; ms < offeredMs; ms += 100) writeAt(ms + 7, oneReading(ms), 'innocent');

    await time.runToTheEnd();

    const innocent = writes.filter(({ readings }) => readings.length === 1);
    const waitsMs = innocent.map(({ atMs, answeredMs }) => answeredMs - atMs);
    expect(tally(innocent)).toEqual({ stored: offeredMs / 100 });
    expect(Math.max(...waitsMs)).toBeLessThan(150);
    expect(tally(writes.filter(({ readings }) => readings.length > 1))).toHaveProperty('stored');
  });

  it('a caller whose readings are many blocks of one hour does not touch another one', async () => {
    const { time, writes, writeAt } = startInVirtualTime(50, { maxCalls: 2, firstCalls: 2 });
    const offeredMs = 5_000;
    // The store takes 1,000 blocks a second; this is twice as much.
    for (let ms = 0; ms < offeredMs; ms += 500) writeAt(ms, longReadings(ms, 2_000), 'hog');
    for (let ms = 0; ms < offeredMs; ms += 100) writeAt(ms + 7, oneReading(1e6 + ms), 'innocent');

    await time.runToTheEnd();

    const innocent = writes.filter(({ readings }) => readings.length === 1);
    const waitsMs = innocent.map(({ atMs, answeredMs }) => answeredMs - atMs);
    expect(tally(innocent)).toEqual({ stored: offeredMs / 100 });
    expect(Math.max(...waitsMs)).toBeLessThan(150);
    const hog = tally(writes.filter(({ readings }) => readings.length > 1));
    expect(Object.keys(hog).toSorted()).toEqual(['overloaded', 'stored']);
  });

  it('a store that lets calls wait instead of refusing them is given no more than it gets done', async () => {
    const time = new VirtualTime();
    const setAlarm: GroupCommitOptions['setAlarm'] = (afterMs, ring) => time.after(afterMs, ring);
    const options = {
      ...GROUP_COMMIT_OPTIONS,
      setAlarm,
      afterArrivals: queueMicrotask,
    };
    const writer = new GroupCommit(new QueueingStore(time, 1_000), time, { options });
    const writes: SeenWrite[] = [];
    const [calmMs, offeredMs] = [20_000, 10_000];
    const offer = (fromMs: number, durationMs: number, perMs: number) => {
      for (let i = 0; i < durationMs * perMs; i += 1) {
        const readings = oneReading(fromMs + i);
        time.after(fromMs + i / perMs, () => writes.push(beginWrite(writer, time, readings)));
      }
    };
    offer(0, calmMs, QueueingStore.perMs / 2);
    offer(calmMs, offeredMs, QueueingStore.perMs * 3);

    await time.runToTheEnd();

    const inCalm = writes.filter(({ atMs }) => atMs < START_EPOCH_MS + calmMs);
    const { stored = 0, ...others } = tally(writes.slice(inCalm.length));
    expect(tally(inCalm)).toEqual({ stored: inCalm.length });
    expect(stored).toBeGreaterThan(0.9 * offeredMs * QueueingStore.perMs);
    expect(Object.keys(others)).toEqual(['overloaded']);
  });

  it('a store that never answers costs each caller its deadline, and not more', async () => {
    const { time, store, writer, writes, writeAt } = startInVirtualTime(4);
    store.isStuck = true;
    for (let ms = 0; ms < 5_000; ms += 10) writeAt(ms, oneReading(ms));

    await time.runToTheEnd();

    expect(Object.keys(tally(writes)).toSorted()).toEqual(['not-stored', 'overloaded', 'unknown']);
    expect(writes.every(({ atMs, answeredMs }) => answeredMs - atMs <= BUDGET_MS)).toBe(true);
    expect(writer.counters).toMatchObject({ queued: 0, inFlight: 0 });
  });

  it('a clock that is set back an hour makes no caller wait for an hour', async () => {
    const { time, store, writes, writeAt } = startInVirtualTime(4);
    store.isStuck = true;
    writeAt(0, oneReading(1));
    writeAt(200, oneReading(2));
    time.after(100, () => {
      time.setBackMs = 3_600_000;
    });
    // What passes between two looks at the clock comes on top.
    let answered = {};
    time.after(200 + BUDGET_MS + GROUP_COMMIT_OPTIONS.slowCallMs, () => {
      answered = tally(writes);
    });

    await time.runToTheEnd();

    expect(answered).toEqual({ unknown: 2 });
  });

  it('some calls that hang do not stop the others, however few', async () => {
    const { time, store, writes, writeAt } = startInVirtualTime(4);
    store.isStuck = true;
    for (let key = 0; key < 8; key += 1) writeAt(key, oneReading(key));
    time.after(50, () => {
      store.isStuck = false;
    });
    writeAt(100, oneReading(100));

    await time.runToTheEnd();

    const last = writes.at(-1);
    expect(tally(writes)).toEqual({ unknown: 8, stored: 1 });
    expect((last?.answeredMs ?? 0) - (last?.atMs ?? 0)).toBeLessThan(50);
  });

  it('the number of calls follows what the store bears', async () => {
    const { time, store, writes, writeAt } = startInVirtualTime(10);
    for (let i = 0; i < 5_000; i += 1) writeAt(i / 100, oneReading(i));

    await time.runToTheEnd();

    expect(tally(writes)).toEqual({ stored: 5_000 });
    expect(store.mostCallsInFlight).toBeGreaterThan(16);
    expect(store.mostCallsInFlight).toBeLessThanOrEqual(64);
  });

  it('closing flushes what was admitted and admits nothing more', async () => {
    const { time, writer, writes, writeAt } = startInVirtualTime(50);
    for (let ms = 0; ms < 200; ms += 1) writeAt(ms, oneReading(ms));
    let drainedMs = 0;
    const close = async () => {
      await Promise.all([writer.close(), writer.close()]);
      drainedMs = time.nowEpochMs();
    };
    time.after(100.5, () => void close());

    await time.runToTheEnd();

    expect(tally(writes)).toEqual({ stored: 101, 'shutting-down': 99 });
    const admitted = writes.filter(({ refusal }) => refusal === undefined);
    expect(drainedMs).toBe(Math.max(...admitted.map(({ answeredMs }) => answeredMs)));
  });

  it('callers that wait instead of being refused are admitted in order', async () => {
    const { time, store, writes, writeAt } = startInVirtualTime(50, {
      whenFull: 'wait',
      maxReadings: 10,
    });
    for (let i = 0; i < 100; i += 1) writeAt(0, [...oneReading(i), ...oneReading(1_000, i)]);

    await time.runToTheEnd();

    expect(tally(writes)).toEqual({ stored: 100 });
    expect(await shownOf(store, 'EQ-1000')).toEqual([
      'EQ-1000 2026-01-01T00:00:00.000000000Z a 99',
    ]);
    expect(writes.map(({ answeredMs }) => answeredMs)).toEqual(
      writes.map(({ answeredMs }) => answeredMs).toSorted((a, b) => a - b),
    );
  });

  it('closing refuses callers that wait to be admitted', async () => {
    const { time, writer, writes, writeAt } = startInVirtualTime(50, {
      whenFull: 'wait',
      maxReadings: 1,
    });
    for (let key = 0; key < 3; key += 1) writeAt(0, oneReading(key));
    time.after(10, () => void writer.close());

    await time.runToTheEnd();

    expect(tally(writes)).toEqual({ stored: 1, 'shutting-down': 2 });
  });
});
