import { instantFromEpochMs } from '@sensorflow/kernel';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anInstant } from '../../../test/support/readings.js';
import { Retention } from './retention.js';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 22, 12);

describe('a retention of 30 days', () => {
  const retention = Retention.ofDays(30);

  it('lets all readings of an hour expire 30 days after its end', () => {
    const expiry = retention.expiresAtEpochSeconds('2026-11-01T23');

    expect(expiry).toBe(Date.UTC(2026, 11, 2) / 1000);
  });

  it('hides an hour as a whole from the moment on that the store may remove of it', () => {
    const expiryMs = Date.UTC(2026, 11, 2);

    expect(retention.oldestKept(expiryMs - 1)).toBe('2026-11-01T23:00:00.000000000Z');
    expect(retention.oldestKept(expiryMs)).toBe('2026-11-02T00:00:00.000000000Z');
    expect(retention.oldestKept(expiryMs + HOUR_MS - 1)).toBe('2026-11-02T00:00:00.000000000Z');
    expect(retention.oldestKept(0)).toBe('1970-01-01T00:00:00.000000000Z');
  });

  it('takes no reading that would expire within three days', () => {
    const oldest = NOW - 27 * 24 * HOUR_MS;

    expect(retention.isTooOld(instantFromEpochMs(oldest), NOW)).toBe(false);
    expect(retention.isTooOld(instantFromEpochMs(oldest - 1), NOW)).toBe(true);
    expect(retention.isTooOld(instantFromEpochMs(oldest - 1), NOW - 1)).toBe(false);
  });

  it('seals an hour a day before its first instant expires', () => {
    const hour = instantFromEpochMs(NOW - 29 * 24 * HOUR_MS);

    expect(retention.isSealed(hour, NOW - 1)).toBe(false);
    expect(retention.isSealed(hour, NOW)).toBe(true);
  });

  it('leaves every accepted reading at least 47 hours to be aggregated, and its hour a day to be sealed in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 4, max: 36_500 }),
        fc.integer({ min: 0, max: 20 * 365 * 24 * HOUR_MS }),
        (days, ageMs) => {
          const kept = Retention.ofDays(days);
          const timestamp = instantFromEpochMs(NOW - ageMs);
          const hour = instantFromEpochMs(Math.floor((NOW - ageMs) / HOUR_MS) * HOUR_MS);
          fc.pre(!kept.isTooOld(timestamp, NOW));

          expect(kept.isSealed(hour, NOW + 47 * HOUR_MS - 1)).toBe(false);
          const expiryMs = (kept.expiresAtEpochSeconds(hour.slice(0, 13)) ?? 0) * 1000;
          expect(kept.isSealed(hour, expiryMs - 24 * HOUR_MS)).toBe(true);
          expect(kept.oldestKept(expiryMs - 1)).toBe(hour);
        },
      ),
    );
  });

  it('is at least four days long', () => {
    expect(() => Retention.ofDays(3)).toThrow(RangeError);
  });
});

describe('no retention', () => {
  it('keeps, takes and opens everything for ever', () => {
    const first = anInstant('1970-01-01T00:00:00Z');
    const never = Retention.ofDays(undefined);

    expect(never.expiresAtEpochSeconds('1970-01-01T00')).toBeUndefined();
    expect(never.oldestKept(NOW)).toBeUndefined();
    expect(never.isTooOld(first, NOW)).toBe(false);
    expect(never.isSealed(first, NOW)).toBe(false);
  });
});
