import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readingChangesOf } from './reading-stream-record.js';

const KEYS = { equipmentId: { S: 'EQ-1' }, timestamp: { S: '2023-02-15T06:30:00.000000000Z' } };

function aRecord(keys: unknown, eventName = 'INSERT') {
  return { eventName, dynamodb: { SequenceNumber: '100000000003498069978', Keys: keys } };
}

describe('a record of the readings’ stream', () => {
  it.each(['INSERT', 'MODIFY', 'REMOVE'])('that says %s names the reading that changed', (name) => {
    expect(readingChangesOf({ Records: [aRecord(KEYS, name)] })).toEqual([
      {
        sequenceNumber: '100000000003498069978',
        reading: { equipmentId: 'EQ-1', timestamp: '2023-02-15T06:30:00.000000000Z' },
      },
    ]);
  });

  it.each([
    [undefined],
    [null],
    [{}],
    [{ ...KEYS, equipmentId: { S: '' } }],
    [{ ...KEYS, equipmentId: { N: '1' } }],
    [{ ...KEYS, timestamp: { S: '2023-02-15T06:30:00Z' } }],
    [{ ...KEYS, timestamp: { S: '2023-02-15T01:30:00.000000000-05:00' } }],
    [{ ...KEYS, timestamp: { S: 'yesterday' } }],
    [{ ...KEYS, timestamp: 5 }],
  ])('with the keys %j names no reading', (keys) => {
    const [change] = readingChangesOf({ Records: [aRecord(keys)] });

    expect(change).toEqual({ sequenceNumber: '100000000003498069978', reading: undefined });
  });

  it.each([
    [undefined],
    [null],
    [{}],
    [{ Records: {} }],
    [{ Records: [null] }],
    [{ Records: [{ dynamodb: { Keys: KEYS } }] }],
    [{ Records: [{ dynamodb: { Keys: KEYS, SequenceNumber: '' } }] }],
  ])('cannot be reported as failed in %j, which is refused as a whole', (event) => {
    expect(() => readingChangesOf(event)).toThrow(TypeError);
  });

  it('never throws for a record that has a sequence number', () => {
    fc.assert(
      fc.property(fc.anything(), (keys) => {
        expect(readingChangesOf({ Records: [aRecord(keys)] })).toHaveLength(1);
      }),
      { numRuns: 1000 },
    );
  });
});
