import { createLogger } from '@sensorflow/platform/logging/logger.js';
import { describe, expect, it } from 'vitest';
import { AggregationWorld, anHour } from '../../../test/support/aggregation-world.js';
import { aBudget } from '../../../test/support/budgets.js';
import { hourlyVerificationLog } from './hourly-verification-log.js';

describe('the log of the hourly verification', () => {
  it('has a line for each difference, for the alarm to count, and one for the hour', async () => {
    const lines: string[] = [];
    const logger = createLogger('info', { write: (line) => lines.push(line) });
    const world = new AggregationWorld();
    await world.put({ equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00Z', value: 5 });
    const [hour, to] = [anHour('2023-02-15T06'), anHour('2023-02-15T07')];

    const report = await world.verification.repair({ range: { from: hour, to } }, aBudget());
    const { checked, differences, repaired, tooLarge } = report;
    hourlyVerificationLog(logger).onHourVerified({
      hour,
      checked,
      differences,
      repaired,
      tooLarge,
    });

    const logged = lines.map((line) => JSON.parse(line));
    expect(logged).toHaveLength(21);
    expect(logged[0]).toMatchObject({
      level: 'error',
      code: 'aggregate-mismatch',
      difference: { level: 'equipment-hour', equipmentId: 'EQ-1', field: 'count', stored: null },
    });
    expect(logged.at(-1)).toMatchObject({
      level: 'info',
      msg: 'hour verified',
      hour: '2023-02-15T06',
      checked: 3,
      mismatches: 30,
      repaired: 30,
    });
  });
});
