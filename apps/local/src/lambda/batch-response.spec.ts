import { describe, expect, it } from 'vitest';
import { readBatchResponse } from './batch-response.js';

const BATCH = new Set(['1', '2', '3']);

describe('the answer of a function to its batch', () => {
  it.each([
    ['null', null],
    ['nothing', undefined],
    ['an empty object', {}],
    ['no list', { batchItemFailures: null }],
    ['an empty list', { batchItemFailures: [] }],
  ])('is complete success when it is %s', (_, answer) => {
    expect(readBatchResponse(answer, BATCH)).toEqual({ kind: 'success' });
  });

  it('names the items that failed', () => {
    const answer = { batchItemFailures: [{ itemIdentifier: '3' }, { itemIdentifier: '2' }] };

    expect(readBatchResponse(answer, BATCH)).toEqual({
      kind: 'partial',
      failedIds: new Set(['2', '3']),
    });
  });

  it.each([
    ['an unknown id', { batchItemFailures: [{ itemIdentifier: '2' }, { itemIdentifier: '4' }] }],
    ['an empty id', { batchItemFailures: [{ itemIdentifier: '' }] }],
    ['a null id', { batchItemFailures: [{ itemIdentifier: null }] }],
    ['a number for an id', { batchItemFailures: [{ itemIdentifier: 2 }] }],
    ['another key', { batchItemFailures: [{ id: '2' }] }],
    ['a bare id', { batchItemFailures: ['2'] }],
    ['a list that is none', { batchItemFailures: { itemIdentifier: '2' } }],
    ['a text', 'ok'],
    ['a list', []],
  ])('counts as the failure of the whole batch with %s', (_, answer) => {
    expect(readBatchResponse(answer, BATCH).kind).toBe('malformed');
  });
});
