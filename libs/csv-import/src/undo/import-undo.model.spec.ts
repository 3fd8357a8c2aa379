import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { PLANTED_UNDO_FAULTS } from '../../../../test/support/planted-undo-faults.js';
import { SimulatedUndo, undoSchedules } from '../../../../test/support/simulated-undo.js';

/** SENSORFLOW_RUNS=20000 is the long form (`npm run simulate`). */
const RUNS = Number(process.env['SENSORFLOW_RUNS'] ?? 300);
const LIMIT_MS = 900_000;

it(
  'whatever is imported, killed, undone, corrected and removed meanwhile: what stands is what was said',
  async () => {
    await fc.assert(
      fc.asyncProperty(undoSchedules, fc.scheduler(), async (schedule, scheduler) => {
        const { standing, expected } = await new SimulatedUndo(schedule, scheduler).play();

        expect(standing).toEqual(expected);
      }),
      { numRuns: RUNS },
    );
  },
  LIMIT_MS,
);

it.each(PLANTED_UNDO_FAULTS)(
  'would notice a product that %s',
  async (_, fault) => {
    const alwaysHolds = fc.asyncProperty(
      undoSchedules,
      fc.scheduler(),
      async (schedule, scheduler) => {
        const { standing, expected } = await new SimulatedUndo(schedule, scheduler, fault).play();
        return standing.join() === expected.join();
      },
    );

    const details = await fc.check(alwaysHolds, { numRuns: 20_000, endOnFailure: true });

    expect(details.failed).toBe(true);
    // Not by falling over.
    expect(details.errorInstance).toMatchObject({ message: 'Property failed by returning false' });
  },
  LIMIT_MS,
);
