import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentMetricsOf } from './sent-metrics.js';

function aRecord(NewImage: unknown) {
  return { dynamodb: { SequenceNumber: '1', NewImage } };
}

describe('the metrics that a batch of the readings’ stream brought', () => {
  it('are those of its readings, alone or together, whatever their names', () => {
    const at = { S: '2023-02-15T06:30:00.000000000Z' };
    const alone = { equipmentId: { S: 'EQ-1' }, timestamp: at, value: { N: '5' } };
    const M = { temperature: { N: '1' }, constructor: { N: '2' }, value: { N: '3' } };
    const together = { equipmentId: { S: 'EQ-2' }, timestamp: at, values: { M } };

    expect(sentMetricsOf({ Records: [aRecord(alone), aRecord(together)] })).toEqual([
      { equipmentId: 'EQ-1', metric: 'value' },
      { equipmentId: 'EQ-2', metric: 'temperature' },
      { equipmentId: 'EQ-2', metric: 'constructor' },
      { equipmentId: 'EQ-2', metric: 'value' },
    ]);
  });

  it('are none for a removal, nor for an equipment-hour of the other stream', () => {
    const cell = {
      partition: { S: '2023-02-15#0' },
      cell: { S: '2023-02-15T06#EQ-1' },
      equipmentId: { S: 'EQ-1' },
      metrics: { M: {} },
    };

    expect(sentMetricsOf({ Records: [aRecord(undefined), aRecord(cell)] })).toEqual([]);
  });

  it('are read from anything without throwing', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        expect(sentMetricsOf(anything)).toBeInstanceOf(Array);
        expect(sentMetricsOf({ Records: [aRecord(anything)] })).toBeInstanceOf(Array);
      }),
      { numRuns: 500 },
    );
  });
});
