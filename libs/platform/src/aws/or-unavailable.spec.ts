import { DomainError, SystemClock, WorkBudget } from '@sensorflow/kernel';
import { describe, expect, it } from 'vitest';
import { orUnavailable } from './or-unavailable.js';

const OUTAGE = { code: 'store-unavailable', detail: 'Try again.', retryAfterSeconds: 2 };

describe('a call to a provider', () => {
  it('answers what the provider answers', async () => {
    expect(await orUnavailable(OUTAGE, async () => 1)).toBe(1);
  });

  it('fails as the outage, and keeps the provider’s error as the cause', async () => {
    const cause = new Error('secret');

    const failure = orUnavailable(OUTAGE, () => Promise.reject(cause));

    await expect(failure).rejects.toMatchObject({
      kind: 'unavailable',
      code: 'store-unavailable',
      message: 'Try again.',
      retryAfterSeconds: 2,
      cause,
    });
  });

  it('fails as it is when that is ours already', async () => {
    const fault = new DomainError('invalid', 'file-missing', 'Gone.');

    await expect(orUnavailable(OUTAGE, () => Promise.reject(fault))).rejects.toBe(fault);
  });

  it('ends with its client, which is no outage', async () => {
    const gone = new AbortController();
    const budget = new WorkBudget(gone.signal, new SystemClock());
    const send = () => {
      gone.abort();
      return Promise.reject(new Error('aborted by the SDK'));
    };

    await expect(orUnavailable(OUTAGE, send, budget)).rejects.toBe(gone.signal.reason);
  });
});
