import { SystemClock } from '@sensorflow/kernel';
import * as fc from 'fast-check';
import { setImmediate as aTurnOfTheLoop } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { aNameLimit } from '../../../test/support/in-memory-metric-names.js';
import { InMemoryReadingStore } from '../../../test/support/in-memory-reading-store.js';
import { aReading } from '../../../test/support/readings.js';
import { GROUP_COMMIT_OPTIONS } from './group-commit-options.js';
import { GroupCommit } from './group-commit.js';
import type { PutOutcome } from './reading-store.js';
import type { ReadingIdentity, StoredReading } from './reading.js';
import { Retention } from './retention.js';
import { SensorData } from './sensor-data.js';

/** A store whose calls take as long as the schedule says, so that a later one can overtake. */
class SlowStore extends InMemoryReadingStore {
  private calls = 0;

  constructor(private readonly turns: readonly number[]) {
    super();
  }

  override async putAll(readings: readonly StoredReading[]): Promise<readonly PutOutcome[]> {
    await this.wait();
    return super.putAll(readings);
  }

  override async find(identity: ReadingIdentity): Promise<StoredReading | undefined> {
    await this.wait();
    return super.find(identity);
  }

  override async removeExactly(reading: StoredReading): Promise<'removed' | 'changed'> {
    await this.wait();
    return super.removeExactly(reading);
  }

  private async wait(): Promise<void> {
    const turns = this.turns[this.calls % this.turns.length] ?? 0;
    this.calls += 1;
    for (let turn = 0; turn < turns; turn += 1) await aTurnOfTheLoop();
  }
}

type Step = { readonly key: number; readonly value: number | 'removal' };

const aStep: fc.Arbitrary<Step> = fc.record({
  key: fc.integer({ min: 0, max: 2 }),
  value: fc.oneof(fc.constant('removal' as const), fc.integer({ min: 1, max: 3 })),
});

function anIdentity(key: number) {
  return { equipmentId: `EQ-${key}`, timestamp: aReading().timestamp };
}

function startWith(store: InMemoryReadingStore, budgetMs = 2_000) {
  const clock = new SystemClock();
  const writer = new GroupCommit(store, clock, { ...GROUP_COMMIT_OPTIONS, budgetMs });
  return {
    writer,
    sensorData: new SensorData(store, writer, clock, Retention.FOREVER, aNameLimit()),
  };
}

async function take({ writer, sensorData }: ReturnType<typeof startWith>, { key, value }: Step) {
  if (value !== 'removal') {
    const reading = aReading({ equipmentId: `EQ-${key}`, value });
    const [answer] = await writer.write([reading]);
    return answer?.outcome;
  }
  return sensorData.removeReading(anIdentity(key)).then(
    () => 'removed',
    (error: unknown) => String(Reflect.get(Object(error), 'code')),
  );
}

/** What stands in the end, and what each step hears, when each waits for the one before. */
function oneAfterTheOther(steps: readonly Step[]) {
  const standing = new Map<number, number>();
  const expected = steps.map(({ key, value }) => {
    if (value === 'removal') return standing.delete(key) ? 'removed' : 'no-reading';
    standing.set(key, value);
    return 'stored';
  });
  return { standing, expected };
}

describe('writes and removals of one reading', () => {
  it('take effect in the order in which this process took them on', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(aStep, { minLength: 2, maxLength: 20 }),
        fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 8 }),
        async (steps, turns) => {
          const store = new SlowStore(turns);
          const process = startWith(store);

          const outcomes = await Promise.all(steps.map((step) => take(process, step)));

          const { standing, expected } = oneAfterTheOther(steps);
          expect(outcomes).toEqual(expected);
          const found = store.all().map(({ values }) => values.get('value'));
          expect(found).toEqual([...standing].sort(([a], [b]) => a - b).map(([, value]) => value));
        },
      ),
      { numRuns: 200 },
    );
  });

  it('do not wait for writes of other readings', async () => {
    const store = new SlowStore([0]);
    const process = startWith(store);
    await take(process, { key: 0, value: 1 });
    store.failPuts(() => 'not-stored');
    const stuck = take(process, { key: 1, value: 1 });

    expect(await take(process, { key: 0, value: 'removal' })).toBe('removed');
    store.failPuts(() => undefined);
    expect(await stuck).toBe('stored');
  });

  it('end without any effect when the turn does not come in time, and hold up nobody after that', async () => {
    const store = new SlowStore([0]);
    const process = startWith(store, 60);
    await take(process, { key: 0, value: 1 });
    const turns = [process.writer.inTurn(anIdentity(0), () => aQuarterOfASecond())];

    expect(await take(process, { key: 0, value: 'removal' })).toBe('reading-busy');
    await Promise.all(turns);
    expect(await take(process, { key: 0, value: 2 })).toBe('stored');
    expect(store.all()).toMatchObject([{ values: new Map([['value', 2]]) }]);
  });

  it('let the next one take its turn when one fails', async () => {
    const process = startWith(new SlowStore([0]));
    const failing = process.writer.inTurn(anIdentity(0), () => Promise.reject(new Error('broken')));
    const next = take(process, { key: 0, value: 1 });

    await expect(failing).rejects.toThrow('broken');
    expect(await next).toBe('stored');
  });

  it('are not begun by a process that shuts down', async () => {
    const { writer, sensorData } = startWith(new SlowStore([0]));
    await writer.close();

    await expect(sensorData.removeReading(anIdentity(0))).rejects.toMatchObject({
      code: 'shutting-down',
    });
  });
});

function aQuarterOfASecond(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 250);
  });
}
