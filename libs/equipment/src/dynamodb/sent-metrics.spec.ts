import { streamRecordsOf } from '@sensorflow/platform/aws/stream-records.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentMetricsOf } from './sent-metrics.js';

function sentIn(...newImages: readonly unknown[]) {
  const Records = newImages.map((NewImage) => ({ dynamodb: { SequenceNumber: '1', NewImage } }));
  return sentMetricsOf(streamRecordsOf({ Records }));
}

describe('the metrics that a batch of the readings’ stream brought', () => {
  it('are those of its readings, alone or together, whatever their names', () => {
    const at = { S: '2023-02-15T06:30:00.000000000Z' };
    const alone = { equipmentId: { S: 'EQ-1' }, timestamp: at, value: { N: '5' } };
    const M = { temperature: { N: '1' }, constructor: { N: '2' }, value: { N: '3' } };
    const together = { equipmentId: { S: 'EQ-2' }, timestamp: at, values: { M } };

    expect(sentIn(alone, together)).toEqual([
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

    expect(sentIn(undefined, cell)).toEqual([]);
  });

  it('are read from anything without throwing', () => {
    fc.assert(
      fc.property(fc.anything(), (anything) => {
        expect(sentIn(anything)).toBeInstanceOf(Array);
      }),
      { numRuns: 500 },
    );
  });
});
