import { Clock } from '@sensorflow/kernel';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { aReading } from '../../../test/support/readings.js';
import { GROUP_COMMIT_OPTIONS } from './group-commit-options.js';
import type { PutQueue } from './group-commit-queue.js';
import type { SenderListener } from './group-commit-sender.js';
import { GroupCommit } from './group-commit.js';
import type { PutOutcome, ReadingStore } from './reading-store.js';
import type { WriteOutcome } from './reading-writer.js';
import { DEFAULT_METRIC, readingKey, type Reading, type StoredReading } from './reading.js';

/**
 * The group commit under fast-check's scheduler, which decides what happens next: which write arrives,
 * which call is answered, whose backoff ends. Time stands still: group-commit.model.spec.ts has time.
 */
const RUNS = Number(process.env['SENSORFLOW_RUNS'] ?? 300);
const TEN_MINUTES_MS = 600_000;

type Script = readonly (PutOutcome | 'unknown-but-landed')[];

/** Answers when the scheduler lets it, with the next outcomes of the script; then it stores everything. */
class ScheduledStore extends InMemoryReadingStore {
  /** What took effect for each key, in order. */
  readonly applied = new Map<string, number[]>();
  readonly faults: string[] = [];
  private readonly busy = new Set<string>();
  private puts = 0;

  constructor(
    private readonly scheduler: fc.Scheduler,
    script: Script,
  ) {
    super();
    this.failPuts((reading) => {
      const outcome = script[this.puts] ?? 'stored';
      this.puts += 1;
      if (outcome.endsWith('landed') || outcome === 'stored') this.noteApplied(reading);
      return outcome;
    });
  }

  override async putAll(readings: readonly StoredReading[]): Promise<readonly PutOutcome[]> {
    const keys = readings.map(readingKey);
    if (keys.some((key) => this.busy.has(key))) this.faults.push('one key twice in flight');
    if (new Set(keys).size < keys.length) {
      // Refusing it would have it sent for ever: no deadline comes while time stands still.
      this.faults.push('one key twice in a call');
      return readings.map(() => 'stored');
    }
    for (const key of keys) this.busy.add(key);
    await this.scheduler.schedule(Promise.resolve(), `store ${keys.join(', ')}`);
    const outcomes = await super.putAll(readings);
    for (const key of keys) this.busy.delete(key);
    return outcomes;
  }

  private noteApplied(reading: StoredReading): void {
    const key = readingKey(reading);
    this.applied.set(key, [...(this.applied.get(key) ?? []), valueOf(reading)]);
  }
}

class ScheduledClock extends Clock {
  constructor(private readonly scheduler: fc.Scheduler) {
    super();
  }

  override nowEpochMs(): number {
    return Date.UTC(2026, 0, 1);
  }

  override async sleep(): Promise<void> {
    await this.scheduler.schedule(Promise.resolve(), 'backoff');
  }
}

type Engine = new (...args: ConstructorParameters<typeof GroupCommit>) => GroupCommit;

/** Every write has a value of its own, counted from 0 in order of arrival. */
async function violationsOf(
  scheduler: fc.Scheduler,
  keys: readonly number[],
  script: Script,
  engine: Engine,
): Promise<readonly string[]> {
  const store = new ScheduledStore(scheduler, script);
  const clock = new ScheduledClock(scheduler);
  const writer = new engine(store, clock, {
    ...GROUP_COMMIT_OPTIONS,
    maxCalls: 3,
    firstCalls: 3,
    setAlarm: () => () => undefined,
  });
  const violations: string[] = [];
  let arrived = 0;
  const arrive = async (key: number): Promise<void> => {
    const reading = aReading({ equipmentId: `EQ-${key}`, value: arrived });
    arrived += 1;
    const [answer] = await writer.write([reading]);
    violations.push(...answerViolations(reading, answer, store));
  };
  const writes = keys.map(async (key) => {
    await scheduler.schedule(Promise.resolve(), `write of EQ-${key}`);
    await arrive(key);
  });
  await scheduler.waitFor(Promise.all(writes));
  return [...violations, ...store.faults, ...orderViolations(store)];
}

/** Nothing but `stored` can come out: there is no time that could run out. */
function answerViolations(
  reading: Reading,
  answer: WriteOutcome | undefined,
  store: ScheduledStore,
): readonly string[] {
  if (answer?.outcome !== 'stored') return [`answered ${answer?.outcome}`];
  if (valueOf(answer.reading) !== valueOf(reading)) return ['answered with another reading'];
  const applied = store.applied.get(readingKey(reading)) ?? [];
  return applied.includes(valueOf(reading)) ? [] : ['answered before the store confirmed'];
}

function orderViolations({ applied }: ScheduledStore): readonly string[] {
  return [...applied.values()].flatMap((values) =>
    values.some((value, index) => value < (values[index - 1] ?? -1)) ? ['out of order'] : [],
  );
}

function valueOf(reading: Reading): number {
  return reading.values.get(DEFAULT_METRIC) ?? NaN;
}

const schedules = [
  fc.scheduler(),
  fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 12 }),
  fc.array(
    fc.constantFrom<Script[number]>('stored', 'not-stored', 'unknown', 'unknown-but-landed'),
    { maxLength: 12 },
  ),
] as const;

it(
  `answers each write for itself and in order, whatever happens first, in ${RUNS} schedules`,
  async () => {
    let checked = 0;
    const rulesHold = fc.asyncProperty(...schedules, async (scheduler, keys, script) => {
      expect(await violationsOf(scheduler, keys, script, GroupCommit)).toEqual([]);
      checked += 1;
    });

    await fc.assert(rulesHold, { numRuns: RUNS });

    expect(checked).toBe(RUNS);
  },
  TEN_MINUTES_MS,
);

/** Lets a key's later value overtake the earlier one. */
class ForgetsWhatIsAhead extends GroupCommit {
  private writes = 0;

  protected override keyOf(reading: Reading): string {
    this.writes += 1;
    return `${readingKey(reading)} ${this.writes}`;
  }
}

/** Takes what the store could not say for a confirmation. */
class TakesUnknownForStored extends GroupCommit {
  protected override createSender(store: ReadingStore, queue: PutQueue, listener: SenderListener) {
    const hopeful = new (class extends InMemoryReadingStore {
      override async putAll(readings: readonly StoredReading[]) {
        const outcomes = await store.putAll(readings);
        return outcomes.map((outcome) => (outcome === 'unknown' ? 'stored' : outcome));
      }
    })();
    return super.createSender(hopeful, queue, listener);
  }
}

it.each([
  ['lets writes of one key overtake each other', ForgetsWhatIsAhead],
  ['takes an unknown outcome for a confirmation', TakesUnknownForStored],
])('would notice an engine that %s', async (_, engine) => {
  const alwaysHolds = fc.asyncProperty(...schedules, async (scheduler, keys, script) => {
    const violations = await violationsOf(scheduler, keys, script, engine);
    return violations.length === 0;
  });

  const details = await fc.check(alwaysHolds, { numRuns: 500, endOnFailure: true });

  expect(details.failed).toBe(true);
});
