import { WorkBudget } from '@sensorflow/kernel';
import { beforeEach, describe, expect, it } from 'vitest';
import { anHour } from '../../../../test/support/aggregation-world.js';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { InMemoryReadingStore } from '../../../../test/support/in-memory-reading-store.js';
import { aStoredReading } from '../../../../test/support/readings.js';
import type { EquipmentHour } from './aggregate-store.js';
import { SharedHourFolds } from './shared-hour-folds.js';

const HOUR: EquipmentHour = { equipmentId: 'EQ-1', hour: anHour('2023-02-15T06') };

/** Its folds stand still until they are let go. */
class GatedReadingStore extends InMemoryReadingStore {
  folds = 0;
  /** When each began. */
  readonly beganAt: number[] = [];
  private readonly gates: PromiseWithResolvers<void>[] = [];

  constructor(private readonly clock: FixedClock) {
    super();
  }

  letGo(): void {
    for (const gate of this.gates.splice(0)) gate.resolve();
  }

  override async *scanRange(...query: Parameters<InMemoryReadingStore['scanRange']>) {
    this.folds += 1;
    this.beganAt.push(this.clock.nowEpochMs());
    const found = await Array.fromAsync(super.scanRange(...query));
    const gate = Promise.withResolvers<void>();
    this.gates.push(gate);
    const budget = query[3];
    budget?.signal.addEventListener('abort', () => gate.reject(budget.signal.reason));
    await gate.promise;
    yield* found;
  }
}

describe('folds of a large hour', () => {
  let clock: FixedClock;
  let readings: GatedReadingStore;
  let shared: SharedHourFolds;

  beforeEach(() => {
    clock = new FixedClock();
    readings = new GatedReadingStore(clock);
    shared = new SharedHourFolds(readings, clock);
  });

  async function send(...seconds: readonly number[]): Promise<void> {
    const at = (second: number) => new Date(Date.UTC(2023, 1, 15, 6, 0, second)).toISOString();
    await readings.putAll(
      seconds.map((second) =>
        aStoredReading({ equipmentId: 'EQ-1', timestamp: at(second), value: 1 }),
      ),
    );
  }

  const count = async (budget?: WorkBudget) =>
    (await shared.fold(HOUR, budget)).get('value')?.count ?? 0;

  /** Until everything stands still. */
  const settle = async () => {
    for (let turn = 0; turn < 20; turn += 1) await Promise.resolve();
  };

  it('are shared by all who asked before they began', async () => {
    await send(1, 2);

    const counts = Promise.all([count(), count(), count()]);
    await settle();
    readings.letGo();

    expect(await counts).toEqual([2, 2, 2]);
    expect(readings.folds).toBe(1);
  });

  it('are never shared with somebody who asked after they began, and has sent a reading before', async () => {
    await send(1);
    const first = count();
    await settle();

    await send(2);
    const [second, third] = [count(), count()];
    await settle();
    readings.letGo();
    await first;
    await settle();
    readings.letGo();

    expect(await Promise.all([first, second, third])).toEqual([1, 2, 2]);
    expect(readings.folds).toBe(2);
  });

  it('are spaced by what they cost', async () => {
    await send(...Array.from({ length: 2700 }, (_, i) => i));

    for (let fold = 0; fold < 3; fold += 1) {
      const counted = count();
      await settle();
      readings.letGo();
      expect(await counted).toBe(2700);
    }

    const gaps = readings.beganAt.slice(1).map((at, i) => at - (readings.beganAt[i] ?? 0));
    expect(gaps.every((gap) => gap >= 60 && gap < 100)).toBe(true);
  });

  it('end when nobody waits for them any more, and go on when somebody does', async () => {
    await send(1);
    const [left, stayed] = [new AbortController(), new AbortController()];
    const leaving = count(new WorkBudget(left.signal, clock));
    const staying = count(new WorkBudget(stayed.signal, clock));
    await settle();

    left.abort(new Error('left'));
    await expect(leaving).rejects.toThrow('left');
    readings.letGo();

    expect(await staying).toBe(1);
  });

  it('are begun anew for who comes after all others have gone', async () => {
    await send(1);
    const gone = new AbortController();
    const leaving = count(new WorkBudget(gone.signal, clock));
    await settle();
    gone.abort(new Error('gone'));
    await expect(leaving).rejects.toThrow('gone');

    const next = count();
    await settle();
    readings.letGo();

    expect(await next).toBe(1);
  });

  it.each([0, 1, 2, 3, 4, 5, 6])(
    'are begun anew for who comes %i turns after the last one has left',
    async (turns) => {
      await send(1);
      const [first, gone] = [count(), new AbortController()];
      await settle();
      const leaving = count(new WorkBudget(gone.signal, clock));
      const left = leaving.catch((error: unknown) => error);
      await settle();

      gone.abort(new Error('gone'));
      for (let turn = 0; turn < turns; turn += 1) await Promise.resolve();
      const next = count();
      await settle();
      readings.letGo();
      await first;
      await settle();
      readings.letGo();

      expect(await next).toBe(1);
      expect(await left).toMatchObject({ message: 'gone' });
    },
  );

  it('that fail do so for those who waited, and for nobody else', async () => {
    const scanRange = readings.scanRange.bind(readings);
    readings.scanRange = () => {
      throw new Error('no answer');
    };
    await expect(Promise.all([count(), count()])).rejects.toThrow('no answer');
    readings.scanRange = scanRange;
    await send(1);

    const next = count();
    await settle();
    readings.letGo();

    expect(await next).toBe(1);
  });
});
