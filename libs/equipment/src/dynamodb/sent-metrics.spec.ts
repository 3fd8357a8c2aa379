import { streamRecordsOf } from '@sensorflow/platform/aws/stream-records.js';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sentMetricsOf } from './sent-metrics.js';

function sentIn(...newImages: readonly unknown[]) {
  const Records = newImages.map((NewImage) => ({ dynamodb: { SequenceNumber: '1', NewImage } }));
  return sentMetricsOf(streamRecordsOf({ Records }));
}

describe('the metrics that a batch of the readings’ stream brought', () => {
  it('are those of its blocks, whatever their names', () => {
    const block = { S: '2023-02-15T06#s#30:00#00000000000abc' };
    const aBlock = (equipmentId: string, ...metrics: readonly string[]) => {
      const M = Object.fromEntries(metrics.map((metric) => [metric, { S: '1 2' }]));
      return { equipmentId: { S: equipmentId }, block, v: { M } };
    };
    const blocks = [aBlock('EQ-1', 'value'), aBlock('EQ-2', 'temperature', 'constructor')];

    expect(sentIn(...blocks)).toEqual([
      { equipmentId: 'EQ-1', metric: 'value' },
      { equipmentId: 'EQ-2', metric: 'temperature' },
      { equipmentId: 'EQ-2', metric: 'constructor' },
    ]);
  });

  it('are none for a removal, nor for an equipment-hour of the other stream', () => {
    const cell = {
      partition: { S: '2023-02-15#0' },
      cell: { S: '2023-02-15T06#EQ-1' },
      equipmentId: { S: 'EQ-1' },
      metrics: { M: {} },
    };

    const removal = {
      equipmentId: { S: 'EQ-1' },
      block: { S: '2023-02-15T06#s#30:00#00000000000abc' },
      removes: { M: { from: { S: 'n0' } } },
    };

    expect(sentIn(undefined, cell, removal)).toEqual([]);
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
