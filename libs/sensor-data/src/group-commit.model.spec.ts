import { type Clock, instantFromEpochMs, instantToEpochMs } from '@sensorflow/kernel';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import {
  closeAt,
  closingViolations,
  observeWrite,
  refusalViolations,
  tally,
  type ObservedWrite,
} from '../../../test/support/observed-writes.js';
import {
  arrivalGapsMs,
  outcomeOf,
  scriptedCalls,
  type CallScript,
} from '../../../test/support/scripted-calls.js';
import { START_EPOCH_MS, tellNothing, VirtualTime } from '../../../test/support/virtual-time.js';
import { GROUP_COMMIT_OPTIONS, type GroupCommitOptions } from './group-commit-options.js';
import { estimatedBytes, type PendingPut } from './group-commit-put.js';
import type { PutQueue } from './group-commit-queue.js';
import { BatchSender, type SenderListener } from './group-commit-sender.js';
import { GroupCommit } from './group-commit.js';
import { ReadingStore, type PutOutcome } from './reading-store.js';
import type { WriteOutcome } from './reading-writer.js';
import { DEFAULT_METRIC, readingKey, type Reading, type StoredReading } from './reading.js';

/**
 * The group commit against a store that follows a script, in virtual time: whatever the store does,
 * G1  `stored` only after the store confirmed that key with that value (or the call's later one);
 * G2  every admitted reading gets exactly one answer by its deadline, also when closing, and is not
 *     given up while a healthy store has time for it;
 * G3  an answer speaks of its own reading only;
 * G4  writes of one key take effect in order of arrival, never two in one call or in flight together;
 * G5  the bounds on readings, bytes and calls hold.
 */
const RUNS = Number(process.env['SENSORFLOW_RUNS'] ?? 500);
const TEN_MINUTES_MS = 600_000;

const BUDGET_MS = 2_000;
const CALL_TIMEOUT_MS = 3_000;
const HEALTHY_LATENCY_MS = 5;
const POISON = 9;

interface Scenario {
  readonly maxCalls: number;
  readonly maxPartialCalls: number;
  readonly maxReadings: number;
  readonly maxPuts: number;
  readonly jitter: readonly number[];
  readonly writes: readonly {
    readonly gapMs: number;
    readonly callerId: string;
    readonly readings: readonly { readonly key: number; readonly value: number }[];
  }[];
  readonly calls: readonly CallScript[];
  readonly closeAfterMs: number | undefined;
}

const MAX_READINGS_A_CALL = 6;

const readingsInWords = fc.record({
  key: fc.integer({ min: 0, max: 7 }),
  value: fc.constantFrom(0, 0, 1, 2, POISON),
});

const scenarios: fc.Arbitrary<Scenario> = fc.record({
  maxCalls: fc.integer({ min: 1, max: 4 }),
  maxPartialCalls: fc.integer({ min: 1, max: 3 }),
  maxReadings: fc.integer({ min: MAX_READINGS_A_CALL, max: 40 }),
  maxPuts: fc.integer({ min: MAX_READINGS_A_CALL, max: 40 }),
  jitter: fc.array(fc.constantFrom(0, 0.1, 0.5, 0.999), { minLength: 1, maxLength: 5 }),
  writes: fc.array(
    fc.record({
      gapMs: arrivalGapsMs,
      callerId: fc.constantFrom('A', 'A', 'A', 'B', 'C'),
      readings: fc.oneof(
        fc.array(readingsInWords, { minLength: 1, maxLength: 1 }),
        fc.array(readingsInWords, { minLength: 1, maxLength: MAX_READINGS_A_CALL }),
      ),
    }),
    { minLength: 1, maxLength: 40, size: 'max' },
  ),
  calls: scriptedCalls(CALL_TIMEOUT_MS),
  closeAfterMs: fc.option(fc.integer({ min: 0, max: 3_000 }), { nil: undefined, freq: 1 }),
});

interface SeenPut {
  readonly key: string;
  readonly value: number;
  readonly registeredMs: number;
  outcome: PutOutcome | 'unanswered';
}

interface SeenCall {
  readonly startMs: number;
  endMs: number;
  endEvent: number;
  readonly puts: readonly SeenPut[];
  readonly isScripted: boolean;
}

/** Does what the script says, call by call, and confirms everything when the script is over. */
class ScriptedStore extends InMemoryReadingStore {
  readonly calls: SeenCall[] = [];
  readonly violations: string[] = [];

  constructor(
    private readonly time: VirtualTime,
    private readonly scenario: Scenario,
  ) {
    super();
  }

  override async putAll(readings: readonly StoredReading[]): Promise<readonly PutOutcome[]> {
    const script = this.scenario.calls[this.calls.length];
    const startMs = this.time.nowEpochMs();
    this.checkKeys(readings, startMs);
    const puts = readings.map((reading): SeenPut => ({
      key: readingKey(reading),
      value: valueOf(reading),
      registeredMs: instantToEpochMs(reading.registerTime),
      outcome: 'unanswered',
    }));
    const call: SeenCall = {
      startMs,
      endMs: Infinity,
      endEvent: Infinity,
      puts,
      isScripted: script !== undefined,
    };
    this.calls.push(call);
    if (script?.mode === 'never-answers') return new Promise(() => undefined);
    await this.time.sleep(script?.latencyMs ?? HEALTHY_LATENCY_MS);
    call.endMs = this.time.nowEpochMs();
    call.endEvent = this.time.eventsSoFar;
    for (const [index, put] of puts.entries()) {
      put.outcome = outcomeOf(script, index, put.value === POISON);
    }
    if (script?.mode === 'throws') throw new Error('the store broke its contract');
    return puts.map(({ outcome }) => (outcome === 'unanswered' ? 'unknown' : outcome));
  }

  private checkKeys(readings: readonly StoredReading[], nowMs: number): void {
    const keys = readings.map(readingKey);
    if (keys.length > 25) this.violations.push('G5: more than 25 puts in one call');
    if (new Set(keys).size < keys.length) this.violations.push('G4: one key twice in one call');
    const inFlight = this.calls.filter(
      ({ startMs, endMs }) => endMs > nowMs && startMs + CALL_TIMEOUT_MS > nowMs,
    );
    // A call that ends in this very millisecond may have ended already or not: it does not count.
    if (inFlight.length >= this.scenario.maxCalls) this.violations.push('G5: too many calls');
    const busy = new Set(inFlight.flatMap(({ puts }) => puts.map(({ key }) => key)));
    if (keys.some((key) => busy.has(key))) this.violations.push('G4: one key twice in flight');
  }
}

type SeenWrite = ObservedWrite<Reading, WriteOutcome>;

type Engine = new (store: ReadingStore, clock: Clock, options: GroupCommitOptions) => GroupCommit;

const SOME_READING = readingOf({ key: 0, value: 0 });
const BYTES_PER_PUT = estimatedBytes(SOME_READING);

/** Plays a scenario to its end and names everything that went against the rules. */
async function violationsOf(scenario: Scenario, engine: Engine): Promise<readonly string[]> {
  const time = new VirtualTime();
  const store = new ScriptedStore(time, scenario);
  const writer = new engine(store, time, optionsOf(scenario, time));
  const writes: SeenWrite[] = [];
  const violations = store.violations;
  let atMs = 0;
  for (const { gapMs, callerId, readings } of scenario.writes) {
    atMs += gapMs;
    const begin = () => beginWrite(writer, time, readings.map(readingOf), callerId);
    time.after(atMs, () => writes.push(begin()));
  }
  const closing = closeAt(time, scenario.closeAfterMs, writer);
  await time.runToTheEnd(() => {
    // Of a larger call some readings may be decided already, which its caller does not know yet.
    const open = writes.filter(({ answers, readings }) => answers === 0 && readings.length === 1);
    if (open.length > scenario.maxReadings) violations.push('G5: too many readings');
    if (writer.counters.queued > scenario.maxPuts) violations.push('G5: too many bytes');
  });
  return [
    ...violations,
    ...writes.flatMap((write) => answerViolations(write, writes, store.calls)),
    ...closingViolations(scenario.closeAfterMs, writes, closing.closedMs, BUDGET_MS),
    ...orderViolations(writes, store.calls),
    ...givenUpViolations(scenario, writes, store.calls),
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
    maxPartialCalls: scenario.maxPartialCalls,
    maxReadings: scenario.maxReadings,
    maxBytes: scenario.maxPuts * BYTES_PER_PUT,
    random: () => scenario.jitter[draws++ % scenario.jitter.length] ?? 0,
    setAlarm: (afterMs, ring) => time.after(afterMs, ring),
  };
}

function readingOf({ key, value }: { readonly key: number; readonly value: number }): Reading {
  return {
    equipmentId: `EQ-${key}`,
    timestamp: instantFromEpochMs(START_EPOCH_MS),
    values: new Map([[DEFAULT_METRIC, value]]),
    tags: new Map(),
  };
}

function valueOf(reading: Reading): number {
  return reading.values.get(DEFAULT_METRIC) ?? NaN;
}

function beginWrite(
  writer: GroupCommit,
  time: VirtualTime,
  readings: readonly Reading[],
  callerId?: string,
): SeenWrite {
  return observeWrite(time, readings, writer.write(readings, callerId));
}

function answerViolations(
  write: SeenWrite,
  writes: readonly SeenWrite[],
  calls: readonly SeenCall[],
): readonly string[] {
  if (write.answers !== 1) return [`G2: ${write.answers} answers`];
  if (write.refusal !== undefined) return refusalViolations(write);
  const violations: string[] = [];
  if (write.answeredMs > write.atMs + BUDGET_MS) violations.push('G2: after the deadline');
  if (write.outcomes.length !== write.readings.length) violations.push('G2: places without answer');
  for (const [index, reading] of write.readings.entries()) {
    const outcome = write.outcomes[index];
    if (outcome) violations.push(...outcomeViolations(write, reading, outcome, writes, calls));
  }
  return violations;
}

function outcomeViolations(
  write: SeenWrite,
  reading: Reading,
  answer: WriteOutcome,
  writes: readonly SeenWrite[],
  calls: readonly SeenCall[],
): readonly string[] {
  const key = readingKey(reading);
  const ofKey = write.readings.filter((other) => readingKey(other) === key);
  // The last of a key in one call stands for all.
  const value = valueOf(ofKey.at(-1) ?? reading);
  const own = calls.flatMap(({ startMs, endEvent, puts }) =>
    startMs > write.answeredMs
      ? []
      : puts
          .filter((put) => put.key === key && put.value === value)
          .map((put) => ({
            registeredMs: put.registeredMs,
            startMs,
            outcome: endEvent <= write.answeredEvent ? put.outcome : ('unanswered' as const),
          })),
  );
  const since = own.filter(({ startMs }) => startMs >= write.atMs);
  if (answer.outcome === 'stored') {
    const { reading: shown } = answer;
    const isConfirmed = since.some(
      ({ outcome, registeredMs }) =>
        outcome === 'stored' &&
        registeredMs >= write.atMs &&
        registeredMs === instantToEpochMs(shown.registerTime),
    );
    if (!isConfirmed) return ['G1: stored without the store saying so'];
    const isOwn = readingKey(shown) === key && valueOf(shown) === value;
    return isOwn ? [] : ['G3: the answer shows another reading'];
  }
  if (answer.outcome === 'refused') {
    return since.some(({ outcome }) => outcome === 'refused') ? [] : ['G3: refused for no reason'];
  }
  const mayHaveLanded = (outcome: string) => outcome === 'unknown' || outcome === 'unanswered';
  if (answer.outcome === 'unknown') {
    return own.some(({ outcome }) => mayHaveLanded(outcome)) ? [] : ['G3: unknown for no reason'];
  }
  // Of equal writes, nobody can say here which put was whose.
  if (arrivalsOf(writes, key).filter((arrival) => arrival.value === value).length > 1) return [];
  const landed = since.some(({ outcome }) => mayHaveLanded(outcome) || outcome === 'stored');
  return landed ? ['G1: not-stored, but it may be stored'] : [];
}

function arrivalsOf(writes: readonly SeenWrite[], key: string) {
  return writes.flatMap(({ readings, refusal, atMs }) => {
    const last = readings.findLast((reading) => readingKey(reading) === key);
    return last === undefined || refusal !== undefined ? [] : [{ atMs, value: valueOf(last) }];
  });
}

/** What leaves for a key is what arrived for it, in that order, as of its latest receipt. */
function orderViolations(
  writes: readonly SeenWrite[],
  calls: readonly SeenCall[],
): readonly string[] {
  const puts = calls.flatMap((call) => call.puts);
  return [...new Set(puts.map(({ key }) => key))].flatMap((key) => {
    const arrivals = arrivalsOf(writes, key);
    let at = 0;
    for (const put of puts.filter((candidate) => candidate.key === key)) {
      const found = arrivals.findIndex(
        ({ atMs, value }, index) => index >= at && value === put.value && atMs === put.registeredMs,
      );
      if (found === -1) return ['G4: out of order'];
      at = found;
    }
    return [];
  });
}

/** From when on the store is healthy; undefined when it is not known to get there. */
function healthySince({ calls }: Scenario, seen: readonly SeenCall[]): number | undefined {
  if (calls.some(({ mode }) => mode === 'never-answers')) return undefined;
  if (seen.length < calls.length) return undefined;
  return Math.max(START_EPOCH_MS, ...seen.filter((c) => c.isScripted).map((c) => c.endMs));
}

function givenUpViolations(
  scenario: Scenario,
  writes: readonly SeenWrite[],
  calls: readonly SeenCall[],
): readonly string[] {
  const { maxBackoffMs, sweepMs } = GROUP_COMMIT_OPTIONS;
  const healthyMs = healthySince(scenario, calls) ?? Infinity;
  return writes.flatMap(({ outcomes, atMs, answeredMs }) => {
    const isGivenUp = outcomes.some(
      ({ outcome }) => outcome === 'not-stored' || outcome === 'unknown',
    );
    if (!isGivenUp) return [];
    const deadlineMs = atMs + BUDGET_MS;
    const violations: string[] = [];
    // The last of a backoff, and then up to all readings of the scenario one after the other.
    if (deadlineMs > healthyMs + maxBackoffMs + 1_100) violations.push('G2: given up needlessly');
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

class AcksBeforeTheStoreConfirms extends GroupCommit {
  protected override createSender(store: ReadingStore, queue: PutQueue, listener: SenderListener) {
    const eager = new InMemoryReadingStore();
    eager.putAll = (readings) => {
      void store.putAll(readings).catch(() => undefined);
      return Promise.resolve(readings.map(() => 'stored'));
    };
    return super.createSender(eager, queue, listener);
  }
}

class DropsUnprocessedPuts extends GroupCommit {
  protected override createSender(store: ReadingStore, queue: PutQueue, listener: SenderListener) {
    return new (class extends BatchSender {
      protected override giveBack(put: PendingPut, outcome: 'not-stored' | 'unknown'): void {
        put.noteFailure(outcome);
      }
    })(store, this.clock, this.options, queue, listener);
  }
}

class SendsEqualKeysTogether extends GroupCommit {
  private keys = 0;

  protected override keyOf(reading: Reading): string {
    this.keys += 1;
    return `${readingKey(reading)} ${this.keys}`;
  }
}

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
  ['drops what the store left over', DropsUnprocessedPuts, 'G3: unknown for no reason'],
  ['sends equal keys together', SendsEqualKeysTogether, 'G4: one key twice in one call'],
  ['forgets those who wait', ForgetsWaiters, 'G2: 0 answers'],
  ['admits without bounds', AdmitsWithoutBounds, 'G5: too many'],
];

it.each(PLANTED_FAULTS)('would notice an engine that %s', async (_, engine, violation) => {
  const alwaysHolds = fc.asyncProperty(scenarios, async (scenario) => {
    const violations = await violationsOf(scenario, engine);
    return !violations.some((found) => found.startsWith(violation));
  });

  const details = await fc.check(alwaysHolds, { numRuns: 500, endOnFailure: true });

  expect(details.failed).toBe(true);
  // Not by falling over.
  expect(details.errorInstance).toMatchObject({ message: 'Property failed by returning false' });
});

/** An engine with the options of the product, and a store that does what it is told. */
function startInVirtualTime(latencyMs: number, options: Partial<GroupCommitOptions> = {}) {
  const time = new VirtualTime();
  const store = new LateStore(time, latencyMs);
  const setAlarm: GroupCommitOptions['setAlarm'] = (afterMs, ring) => time.after(afterMs, ring);
  const writer = new GroupCommit(store, time, { ...GROUP_COMMIT_OPTIONS, setAlarm, ...options });
  const writes: SeenWrite[] = [];
  const writeAt = (afterMs: number, readings: readonly Reading[], callerId?: string) =>
    time.after(afterMs, () => writes.push(beginWrite(writer, time, readings, callerId)));
  return { time, store, writer, writes, writeAt };
}

class LateStore extends InMemoryReadingStore {
  isStuck = false;
  callsInFlight = 0;
  mostCallsInFlight = 0;

  constructor(
    private readonly time: VirtualTime,
    private readonly latencyMs: number,
  ) {
    super();
  }

  override async putAll(readings: readonly StoredReading[]): Promise<readonly PutOutcome[]> {
    if (this.isStuck) return new Promise(() => undefined);
    this.callsInFlight += 1;
    this.mostCallsInFlight = Math.max(this.mostCallsInFlight, this.callsInFlight);
    await this.time.sleep(this.latencyMs);
    this.callsInFlight -= 1;
    return super.putAll(readings);
  }
}

/** Never refuses: it works on four calls at a time, and on the others later, also when nobody waits for them. */
class QueueingStore extends InMemoryReadingStore {
  static readonly workMs = 100;
  static readonly perMs = (4 * 25) / QueueingStore.workMs;
  private readonly freeAtMs = [0, 0, 0, 0];

  constructor(
    private readonly time: VirtualTime,
    private readonly timeoutMs: number,
  ) {
    super();
  }

  override async putAll(readings: readonly StoredReading[]): Promise<readonly PutOutcome[]> {
    const nowMs = this.time.nowEpochMs();
    const firstFreeMs = Math.min(...this.freeAtMs);
    const doneMs = Math.max(nowMs, firstFreeMs) + QueueingStore.workMs;
    this.freeAtMs[this.freeAtMs.indexOf(firstFreeMs)] = doneMs;
    await this.time.sleep(Math.min(this.timeoutMs, doneMs - nowMs));
    if (doneMs - nowMs > this.timeoutMs) return readings.map(() => 'unknown');
    return super.putAll(readings);
  }
}

function oneReading(key: number, value = 1): readonly Reading[] {
  return [readingOf({ key, value })];
}

function manyReadings(firstKey: number, count: number): readonly Reading[] {
  return Array.from({ length: count }, (_, i) => readingOf({ key: firstKey + i, value: 1 }));
}

describe('in virtual time', () => {
  it('1,000 writes of one value of one key take a call or two', async () => {
    const { time, store, writes, writeAt } = startInVirtualTime(4);
    for (let i = 0; i < 1_000; i += 1) writeAt(0, oneReading(1, 7));

    await time.runToTheEnd(tellNothing);

    expect(tally(writes)).toEqual({ stored: 1_000 });
    expect(store.putCalls.length).toBeLessThanOrEqual(2);
  });

  it('1,000 values of one key are stored one after the other, and the last stands', async () => {
    const { time, store, writes, writeAt } = startInVirtualTime(1);
    for (let i = 0; i < 1_000; i += 1) writeAt(0, oneReading(1, i));

    await time.runToTheEnd(tellNothing);

    expect(tally(writes)).toEqual({ stored: 1_000 });
    expect(store.putCalls).toEqual(Array(1_000).fill(1));
    expect(store.all().map(valueOf)).toEqual([999]);
  });

  it('a storm of throttling lets nobody in for nothing and passes within three seconds', async () => {
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

  it('some keys that are throttled keep nobody else out', async () => {
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

    await time.runToTheEnd(tellNothing);

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

    await time.runToTheEnd(tellNothing);

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
    for (let ms = 0; ms < offeredMs; ms += 100) writeAt(ms + 7, oneReading(ms), 'small-writer');

    await time.runToTheEnd(tellNothing);

    const small = writes.filter(({ readings }) => readings.length === 1);
    const waitsMs = small.map(({ atMs, answeredMs }) => answeredMs - atMs);
    expect(tally(small)).toEqual({ stored: offeredMs / 100 });
    expect(Math.max(...waitsMs)).toBeLessThan(150);
    expect(tally(writes.filter(({ readings }) => readings.length > 1))).toHaveProperty('stored');
  });

  it('a reading that somebody else has sent too does not wait for his turns', async () => {
    const { time, writes, writeAt } = startInVirtualTime(50, { maxCalls: 2, firstCalls: 2 });
    writeAt(0, manyReadings(0, 1_000), 'hog');
    writeAt(10, oneReading(999), 'small-writer');

    await time.runToTheEnd(tellNothing);

    const [, small] = writes;
    expect((small?.answeredMs ?? Infinity) - (small?.atMs ?? 0)).toBeLessThan(150);
  });

  it('a store that lets calls wait instead of refusing them is given no more than it gets done', async () => {
    const time = new VirtualTime();
    const setAlarm: GroupCommitOptions['setAlarm'] = (afterMs, ring) => time.after(afterMs, ring);
    const options = { ...GROUP_COMMIT_OPTIONS, setAlarm };
    const writer = new GroupCommit(new QueueingStore(time, 1_000), time, options);
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

    await time.runToTheEnd(tellNothing);

    const inCalm = writes.filter(({ atMs }) => atMs < START_EPOCH_MS + calmMs);
    const { stored = 0, ...others } = tally(writes.slice(inCalm.length));
    expect(tally(inCalm)).toEqual({ stored: inCalm.length });
    expect(stored).toBeGreaterThan(0.9 * offeredMs * QueueingStore.perMs);
    expect(Object.keys(others)).toEqual(['overloaded']);
  });

  it('a store that never answers costs everybody their deadline, and nobody more', async () => {
    const { time, store, writer, writes, writeAt } = startInVirtualTime(4);
    store.isStuck = true;
    for (let ms = 0; ms < 5_000; ms += 10) writeAt(ms, oneReading(ms));

    await time.runToTheEnd(tellNothing);

    expect(Object.keys(tally(writes)).toSorted()).toEqual(['not-stored', 'overloaded', 'unknown']);
    expect(writes.every(({ atMs, answeredMs }) => answeredMs - atMs <= BUDGET_MS)).toBe(true);
    expect(writer.counters).toMatchObject({ queued: 0, inFlight: 0 });
  });

  it('a clock that is set back an hour keeps nobody waiting for an hour', async () => {
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

    await time.runToTheEnd(tellNothing);

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

    await time.runToTheEnd(tellNothing);

    const last = writes.at(-1);
    expect(tally(writes)).toEqual({ unknown: 8, stored: 1 });
    expect((last?.answeredMs ?? 0) - (last?.atMs ?? 0)).toBeLessThan(50);
  });

  it('the number of calls follows what the store bears', async () => {
    const { time, store, writes, writeAt } = startInVirtualTime(10);
    for (let i = 0; i < 5_000; i += 1) writeAt(i / 100, oneReading(i));

    await time.runToTheEnd(tellNothing);

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

    await time.runToTheEnd(tellNothing);

    expect(tally(writes)).toEqual({ stored: 101, 'shutting-down': 99 });
    const admitted = writes.filter(({ refusal }) => refusal === undefined);
    expect(drainedMs).toBe(Math.max(...admitted.map(({ answeredMs }) => answeredMs)));
  });

  it('who rather waits than be refused is let in, in order', async () => {
    const { time, store, writes, writeAt } = startInVirtualTime(50, {
      whenFull: 'wait',
      maxReadings: 10,
    });
    for (let i = 0; i < 100; i += 1) writeAt(0, [...oneReading(i), ...oneReading(1_000, i)]);

    await time.runToTheEnd(tellNothing);

    expect(tally(writes)).toEqual({ stored: 100 });
    expect(store.all().map(valueOf)).toContain(99);
    expect(writes.map(({ answeredMs }) => answeredMs)).toEqual(
      writes.map(({ answeredMs }) => answeredMs).toSorted((a, b) => a - b),
    );
  });

  it('closing turns away those who wait to be let in', async () => {
    const { time, writer, writes, writeAt } = startInVirtualTime(50, {
      whenFull: 'wait',
      maxReadings: 1,
    });
    for (let key = 0; key < 3; key += 1) writeAt(0, oneReading(key));
    time.after(10, () => void writer.close());

    await time.runToTheEnd(tellNothing);

    expect(tally(writes)).toEqual({ stored: 1, 'shutting-down': 2 });
  });
});
