import { describe, expect, it } from 'vitest';
import { DomainError } from './domain-error.js';

describe('a domain error', () => {
  it('is an error with a kind, a code and a sentence for the caller', () => {
    const error = new DomainError('not-found', 'no-reading', 'There is none.');

    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'DomainError',
      kind: 'not-found',
      code: 'no-reading',
      message: 'There is none.',
      faults: [],
      extensions: {},
      retryAfterSeconds: undefined,
    });
    expect('cause' in error).toBe(false);
  });

  it('carries its cause, faults, extensions and when to try again', () => {
    const cause = new Error('socket hang up');
    const faults = [{ pointer: '/value', code: 'value-not-a-number', detail: 'It is text.' }];

    const error = new DomainError('unavailable', 'batch-unconfirmed', 'Try again.', {
      cause,
      faults,
      retryAfterSeconds: 2,
      extensions: { stored: 3 },
    });

    expect(error.cause).toBe(cause);
    expect(error.faults).toBe(faults);
    expect(error.retryAfterSeconds).toBe(2);
    expect(error.extensions).toEqual({ stored: 3 });
  });
});
