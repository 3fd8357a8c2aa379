import { describe, expect, it } from 'vitest';
import {
  READINGS_STREAM_SOURCE,
  type StreamSourceDefinition,
} from '@sensorflow/platform/resources/event-sources.js';
import { type PendingBatch, stepAfter } from './stream-delivery.js';
import type { StreamRecord } from './stream-record.js';

const NOW_SECONDS = 1_700_000_000;
const NOW_MS = NOW_SECONDS * 1000;

function aRecord(sequenceNumber: string, ageSeconds = 1): StreamRecord {
  return {
    eventSource: 'aws:dynamodb',
    eventSourceARN: 'arn',
    dynamodb: {
      SequenceNumber: sequenceNumber,
      ApproximateCreationDateTime: NOW_SECONDS - ageSeconds,
    },
  };
}

function aBatch(records: readonly StreamRecord[], retries = 0): PendingBatch {
  return { records, retries };
}

function aSource(changes: Partial<StreamSourceDefinition> = {}): StreamSourceDefinition {
  return { ...READINGS_STREAM_SOURCE, maximumRetryAttempts: 2, ...changes };
}

const [first, second, third] = [aRecord('999'), aRecord('1000'), aRecord('1001')];

describe('what follows from a delivery', () => {
  it('is done with all records after a success', () => {
    const step = stepAfter(aBatch([first, second]), { kind: 'success' }, aSource(), NOW_MS);

    expect(step).toEqual({ checkpoint: '1000', remaining: [], waitBeforeRetry: false });
  });

  it('goes on at the lowest record that was reported, with a new retry quota', () => {
    const batch = aBatch([first, second, third], 2);

    const step = stepAfter(batch, { kind: 'failed-from', index: 1 }, aSource(), NOW_MS);

    expect(step.checkpoint).toBe('999');
    expect(step.remaining).toEqual([{ records: [second, third], retries: 0 }]);
  });

  it('splits a failed batch without consuming its retries', () => {
    const step = stepAfter(
      aBatch([first, second, third], 1),
      { kind: 'failed' },
      aSource(),
      NOW_MS,
    );

    expect(step).toEqual({
      remaining: [
        { records: [first, second], retries: 1 },
        { records: [third], retries: 1 },
      ],
      waitBeforeRetry: false,
    });
  });

  it('splits a batch too whose first record was reported, so that it is isolated', () => {
    const batch = aBatch([first, second]);

    const step = stepAfter(batch, { kind: 'failed-from', index: 0 }, aSource(), NOW_MS);

    expect(step.checkpoint).toBeUndefined();
    expect(step.remaining.map(({ records }) => records)).toEqual([[first], [second]]);
  });

  it('retries what cannot be split after a pause, until the quota is used up', () => {
    const source = aSource({ maximumRetryAttempts: 2 });
    const failed = { kind: 'failed' } as const;

    const retried = stepAfter(aBatch([first], 1), failed, source, NOW_MS);
    const exhausted = stepAfter(aBatch([first], 2), failed, source, NOW_MS);

    expect(retried).toEqual({
      remaining: [{ records: [first], retries: 2 }],
      waitBeforeRetry: true,
    });
    expect(exhausted).toEqual({
      checkpoint: '999',
      discarded: { records: [first], condition: 'RetryAttemptsExhausted', invokeCount: 3 },
      remaining: [],
      waitBeforeRetry: false,
    });
  });

  it('retries the whole batch when it may not split', () => {
    const source = aSource({ bisectBatchOnFunctionError: false, maximumRetryAttempts: 0 });

    const step = stepAfter(aBatch([first, second]), { kind: 'failed' }, source, NOW_MS);

    expect(step.discarded?.records).toEqual([first, second]);
  });

  it('gives up failed records that are too old, and only those', () => {
    const source = aSource({ maximumRecordAgeSeconds: 60 });
    const old = aRecord('998', 61);

    const step = stepAfter(aBatch([old, first, second]), { kind: 'failed' }, source, NOW_MS);

    expect(step.discarded).toMatchObject({ records: [old], condition: 'RecordAgeExceeded' });
    expect(step.checkpoint).toBe('998');
    expect(step.remaining).toEqual([{ records: [first, second], retries: 0 }]);
  });

  it('retries for ever, however old, when both limits are -1', () => {
    const source = aSource({ maximumRecordAgeSeconds: -1, maximumRetryAttempts: -1 });
    const ancient = aRecord('1', 1_000_000);

    const step = stepAfter(aBatch([ancient], 100_000), { kind: 'failed' }, source, NOW_MS);

    expect(step.discarded).toBeUndefined();
    expect(step.remaining).toEqual([{ records: [ancient], retries: 100_001 }]);
  });
});
