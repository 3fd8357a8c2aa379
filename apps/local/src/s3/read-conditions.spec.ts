import { describe, expect, it } from 'vitest';
import { readVerdict } from './read-conditions.js';

const OBJECT = { etag: '"abc"', modifiedAtEpochMs: Date.parse('2026-01-02T03:04:05.678Z') };
const AT = 'Fri, 02 Jan 2026 03:04:05 GMT';
const BEFORE = 'Fri, 02 Jan 2026 03:04:04 GMT';

describe('a conditional read', () => {
  it.each([
    [{}, 'proceed'],
    [{ 'if-match': '"abc"' }, 'proceed'],
    [{ 'if-match': '"x", "abc"' }, 'proceed'],
    [{ 'if-match': 'abc' }, 'proceed'],
    [{ 'if-match': '"x"' }, 'precondition-failed'],
    [{ 'if-none-match': '"abc"' }, 'not-modified'],
    [{ 'if-none-match': '*' }, 'not-modified'],
    [{ 'if-none-match': '"x"' }, 'proceed'],
    [{ 'if-unmodified-since': BEFORE }, 'precondition-failed'],
    [{ 'if-unmodified-since': AT }, 'proceed'],
    [{ 'if-modified-since': AT }, 'not-modified'],
    [{ 'if-modified-since': BEFORE }, 'proceed'],
    [{ 'if-match': '"abc"', 'if-unmodified-since': BEFORE }, 'proceed'],
    [{ 'if-none-match': '"x"', 'if-modified-since': AT }, 'proceed'],
  ])('with %j: %s', (headers, verdict) => {
    expect(readVerdict(new Map(Object.entries(headers)), OBJECT)).toBe(verdict);
  });
});
