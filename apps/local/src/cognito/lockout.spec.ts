import { describe, expect, it } from 'vitest';
import { afterWrongPassword, type FailedSignIns, isLocked } from './lockout.js';

const NOW = 1_700_000_000_000;

function afterFailures(count: number): FailedSignIns | undefined {
  let record: FailedSignIns | undefined;
  for (let failure = 0; failure < count; failure += 1) record = afterWrongPassword(record, NOW);
  return record;
}

describe('lockout', () => {
  it.each([
    { failures: 1, seconds: 0 },
    { failures: 4, seconds: 0 },
    { failures: 5, seconds: 1 },
    { failures: 6, seconds: 2 },
    { failures: 9, seconds: 16 },
    { failures: 15, seconds: 900 },
    { failures: 500, seconds: 900 },
  ])('locks for $seconds s after $failures wrong passwords', ({ failures, seconds }) => {
    const record = afterFailures(failures);

    const remainingMs = (record?.lockedUntilEpochMs ?? 0) - NOW;

    expect(remainingMs).toBe(seconds * 1000);
  });

  it('is over at the very end of its time', () => {
    const record = afterFailures(5);

    const states = [NOW, NOW + 999, NOW + 1000].map((instant) => isLocked(record, instant));

    expect(states).toEqual([true, true, false]);
  });

  it('starts to count anew after a quarter of an hour without an attempt', () => {
    const record = afterFailures(7);

    const soon = afterWrongPassword(record, NOW + 15 * 60_000 - 1);
    const late = afterWrongPassword(record, NOW + 15 * 60_000);

    expect([soon.failures, late.failures]).toEqual([8, 1]);
  });
});
