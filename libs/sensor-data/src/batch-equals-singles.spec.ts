import { accepted, DomainError, type InputFault } from '@sensorflow/kernel';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sensorDataInMemory } from '../../../test/support/sensor-data-in-memory.js';

const CALLER = 'some-machine';

/** Few equipment, instants and metrics, so that readings meet; some written in more than one way. */
const anInstantText = fc.constantFrom(
  '2023-02-15T06:30:00Z',
  '2023-02-15T01:30:00.000-05:00',
  '2023-02-15T06:30:00.000000001Z',
  '2023-02-15T06:59:59.999999999Z',
  '2023-02-15T07:00:00Z',
);
const aNumber = fc.constantFrom(0, -0, 1, 0.1 + 0.2, -2.5, 1e100);
const metrics = (number: fc.Arbitrary<unknown>) =>
  fc.dictionary(fc.constantFrom('value', 'a', 'b', 'constructor'), number, { maxKeys: 3 });
const identity = {
  equipmentId: fc.constantFrom('EQ-1', 'EQ-2'),
  timestamp: anInstantText,
};
const someTags = fc.dictionary(fc.constantFrom('lot', 'toString'), fc.constantFrom('1', 'ü'));
const withValue = fc.record(
  { ...identity, value: fc.oneof(aNumber, fc.constant(null)), tags: someTags },
  { requiredKeys: ['equipmentId', 'timestamp', 'value'] },
);
const withValues = fc.record(
  { ...identity, values: metrics(fc.oneof(aNumber, fc.constant(null))), tags: someTags },
  { requiredKeys: ['equipmentId', 'timestamp', 'values'] },
);
const nearly = fc.record(
  {
    equipmentId: fc.constantFrom('EQ-1', 'batch', '-', 5),
    timestamp: fc.oneof(anInstantText, fc.constantFrom('2023-02-30T00:00:00Z', 'now', null)),
    value: fc.constantFrom(1, '1', null, 1e101),
    values: metrics(fc.constantFrom(1, 'hot', null)),
    tags: fc.constantFrom(null, { lot: '' }, { 'a b': 'x' }),
    unit: fc.constant('C'),
  },
  { requiredKeys: [] },
);
const documents = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: withValues },
    { weight: 3, arbitrary: withValue },
    { weight: 2, arbitrary: nearly },
    { weight: 1, arbitrary: fc.constantFrom(null, [], 'reading', 5) },
  ),
  { minLength: 1, maxLength: 20 },
);

describe('a batch', () => {
  it('has the verdict of its readings sent one by one, and leaves the same standing', async () => {
    await fc.assert(
      fc.asyncProperty(documents, async (raws) => {
        const [batch, singles] = [sensorDataInMemory(), sensorDataInMemory()];

        const verdict = await batchVerdict(batch, raws);
        const single = await singleVerdict(singles, raws);

        expect(verdict).toEqual(single);
        expect(shown(await batch.standing())).toEqual(shown(await singles.standing()));
      }),
      { numRuns: 1000 },
    );
  });
});

type World = ReturnType<typeof sensorDataInMemory>;
type Standing = Awaited<ReturnType<World['standing']>>;

async function batchVerdict({ sensorData }: World, raws: readonly unknown[]): Promise<unknown> {
  try {
    return await sensorData.recordBatch(
      raws.map((raw) => accepted(raw)),
      CALLER,
    );
  } catch (error) {
    if (error instanceof DomainError && error.code === 'no-valid-reading') return error.extensions;
    throw error;
  }
}

async function singleVerdict({ sensorData }: World, raws: readonly unknown[]): Promise<unknown> {
  const rejected: (InputFault & { readonly index: number })[] = [];
  let stored = 0;
  for (const [index, raw] of raws.entries()) {
    try {
      await sensorData.recordReading(raw, CALLER);
      stored += 1;
    } catch (error) {
      if (!(error instanceof DomainError) || error.code !== 'invalid-reading') throw error;
      for (const fault of error.faults) rejected.push({ index, ...fault });
    }
  }
  return { stored, rejected, unconfirmed: [] };
}

/** Without the stamps, which tell when each was sealed. */
function shown(readings: Standing): unknown {
  return readings.map(({ equipmentId, timestamp, values, tags, registerTime }) => ({
    equipmentId,
    timestamp,
    values: Object.fromEntries(values),
    tags: Object.fromEntries(tags),
    registerTime,
  }));
}
