import { SystemClock, WorkBudget } from '@sensorflow/kernel';
import { expect, it } from 'vitest';
import { anInstant } from '../../../../test/support/readings.js';
import { InMemoryBlockStore } from '../../../../test/support/in-memory-block-store.js';
import { LogReader, type LogPart } from './log-reader.js';

/** All that it reads was removed. */
class EmptyReader extends LogReader {
  override async *read(...[, , budget]: Parameters<LogReader['read']>): AsyncGenerator<LogPart> {
    for (;;) {
      await budget?.call(async () => Promise.resolve());
      yield { readings: [], rest: anInstant('2026-11-30T12:00:00Z') };
    }
  }
}

it('a latest reading is looked for at the cost of 400 calls, whatever else they were spent on', async () => {
  const budget = new WorkBudget(new AbortController().signal, new SystemClock());
  for (let call = 0; call < 500; call += 1) await budget.call(async () => Promise.resolve());

  const latest = new EmptyReader(new InMemoryBlockStore()).latest({ equipmentId: 'EQ-1' }, budget);

  await expect(latest).rejects.toMatchObject({ kind: 'invalid', code: 'range-too-costly' });
  expect(budget.cost.storeCalls).toBe(900);
});
