import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { superLinearGrowth } from '../../../test/support/growth.js';
import {
  instantFromEpochMs,
  instantToEpochMs,
  parseInstant,
  showInstant,
  type Instant,
} from './instant.js';

function instant(text: string): Instant {
  const parsed = parseInstant(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.fault.code}`);
  return parsed.value;
}

function codeOf(text: string): string | undefined {
  const parsed = parseInstant(text);
  return parsed.ok ? undefined : parsed.fault.code;
}

/** Whole seconds of 1970 to 9998, so that every offset stays within the calendar. */
const epochSeconds = fc.integer({ min: 86_400, max: 253_370_000_000 });
const nanos = fc.integer({ min: 0, max: 999_999_999 });
const offsetMinutes = fc.integer({ min: -12 * 60, max: 14 * 60 });

/** Writes an instant as RFC 3339 in the given offset, by arithmetic of its own. */
function written(seconds: number, nano: number, offset: number): string {
  const local = new Date((seconds + offset * 60) * 1000).toISOString().slice(0, 19);
  const fraction = nano === 0 ? '' : `.${String(nano).padStart(9, '0')}`;
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const two = (part: number) => String(part).padStart(2, '0');
  return `${local}${fraction}${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes)}`;
}

describe('reading an instant', () => {
  it.each([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000000000Z'],
    ['2023-02-15T01:30:00.000-05:00', '2023-02-15T06:30:00.000000000Z'],
    ['2026-01-01T00:00:00+14:00', '2025-12-31T10:00:00.000000000Z'],
    ['2026-01-01T00:00:00-12:00', '2026-01-01T12:00:00.000000000Z'],
    ['2026-01-01T00:00:00-00:00', '2026-01-01T00:00:00.000000000Z'],
    ['2026-01-01T05:45:00+05:45', '2026-01-01T00:00:00.000000000Z'],
    ['2024-02-29T23:59:59.999999999+00:00', '2024-02-29T23:59:59.999999999Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00.000000000Z'],
    ['2026-01-01t00:00:00z', '2026-01-01T00:00:00.000000000Z'],
    ['2026-01-01T00:00:00.1Z', '2026-01-01T00:00:00.100000000Z'],
    ['2026-01-01T00:00:00.123456Z', '2026-01-01T00:00:00.123456000Z'],
    ['2026-01-01T00:00:00.123456789Z', '2026-01-01T00:00:00.123456789Z'],
    ['1970-01-01T00:00:00Z', '1970-01-01T00:00:00.000000000Z'],
    ['1969-12-31T23:59:59-01:00', '1970-01-01T00:59:59.000000000Z'],
    ['9999-12-31T23:59:59.999999999Z', '9999-12-31T23:59:59.999999999Z'],
    ['2026-01-01 05:30:00Z', '2026-01-01T05:30:00.000000000Z'],
    ['2026-01-01T05:30Z', '2026-01-01T05:30:00.000000000Z'],
    ['2026-01-01 05:30-05', '2026-01-01T10:30:00.000000000Z'],
    ['2026-01-01T05:30:00+0100', '2026-01-01T04:30:00.000000000Z'],
    ['2026-01-01T05:30:00+01', '2026-01-01T04:30:00.000000000Z'],
    ['2026-01-01 05:30:00.25 -0330', '2026-01-01T09:00:00.250000000Z'],
    ['2026-01-01 05:30:00 UTC', '2026-01-01T05:30:00.000000000Z'],
    ['2026-01-01T05:30:00GMT', '2026-01-01T05:30:00.000000000Z'],
    ['2026-01-01 05:30 utc', '2026-01-01T05:30:00.000000000Z'],
  ])('takes %s', (text, canonical) => {
    expect(parseInstant(text)).toEqual({ ok: true, value: canonical });
  });

  it.each([
    ['timestamp-offset-missing', ['2026-01-01T00:00:00', '2026-01-01T00:00:00.5']],
    ['timestamp-malformed', ['2026-01-01', '2026', '1', '0', '-1', 'foo 1', '', 'Infinity']],
    ['timestamp-malformed', ['2026-01-01T00:00:00+5', '2026-01-01T00:00:00+053']],
    ['timestamp-malformed', ['2026-01-01T00:00:00Europe/Berlin', '2026-01-01T00:00:00  Z']],
    ['timestamp-malformed', ['2026-01-01T00:00:00CET', '2026-01-01T00:00:00 05:30']],
    ['timestamp-malformed', ['2026-01-01T00Z', '2026-01-01Z', '2026-01-01T00:00.5Z']],
    ['timestamp-malformed', ['2026-01-01  00:00:00Z', '2026-01-01\t00:00:00Z']],
    ['timestamp-malformed', ['2026-W01-1', '2026-001', '20260101T000000Z', '1700000000']],
    ['timestamp-malformed', ['2026-01-01T00:00:00,5Z', '2026-01-01_00:00:00Z']],
    ['timestamp-malformed', ['2026-01-01T00:00:00.Z', '2026-1-1T0:0:0Z']],
    ['timestamp-malformed', [' 2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z ']],
    ['timestamp-malformed', ['2026-01-01T00:00:00Z\n', '2026-01-01T00:00:00Z\0']],
    ['timestamp-malformed', ['2026-01-01T00:00:00Z\u200b', '2026-01-01T00:00:0\uff10Z']],
    ['timestamp-malformed', ['\u0662\u0660\u0662\u0666-01-01T00:00:00Z']],
    ['timestamp-malformed', ['10000-01-01T00:00:00Z', '+010000-01-01T00:00:00Z']],
    ['timestamp-malformed', ['-000000-01-01T00:00:00Z', '2026-01-01T00:00:00\u221205:00']],
    ['timestamp-malformed', ['x'.repeat(1_000_000)]],
    ['timestamp-offset-invalid', ['2026-01-01T00:00:00+24:00', '2026-01-01T00:00:00+05:60']],
    ['timestamp-offset-invalid', ['2026-01-01T00:00:00+15:00', '2026-01-01T00:00:00+14:01']],
    ['timestamp-offset-invalid', ['2026-01-01T00:00:00-12:01', '2026-01-01T00:00:00-99:99']],
    ['timestamp-not-a-date', ['2026-02-29T00:00:00Z', '2026-02-30T00:00:00Z']],
    ['timestamp-not-a-date', ['1900-02-29T00:00:00Z', '2100-02-29T00:00:00Z']],
    ['timestamp-not-a-date', ['2026-04-31T00:00:00Z', '2026-13-01T00:00:00Z']],
    ['timestamp-not-a-date', ['2026-00-10T00:00:00Z', '2026-01-00T00:00:00Z']],
    ['timestamp-not-a-date', ['2026-01-01T24:00:00Z', '2026-01-01T24:00:01Z']],
    ['timestamp-not-a-date', ['2026-01-01T25:00:00Z', '2026-01-01T23:60:00Z']],
    ['timestamp-not-a-date', ['2026-01-01T23:59:61Z']],
    ['timestamp-leap-second', ['2016-12-31T23:59:60Z', '2016-12-31T18:59:60-05:00']],
    ['timestamp-too-precise', ['2026-01-01T00:00:00.1234567890Z']],
    ['timestamp-too-precise', [`2026-01-01T00:00:00.${'1'.repeat(10_000)}Z`]],
    ['timestamp-out-of-range', ['0000-01-01T00:00:00Z', '0070-01-01T00:00:00Z']],
    ['timestamp-out-of-range', ['1900-01-01T00:00:00Z', '1969-12-31T23:59:59.999999999Z']],
    ['timestamp-out-of-range', ['1970-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01']],
  ])('refuses as %s: %j', (code, texts) => {
    expect(texts.map(codeOf)).toEqual(texts.map(() => code));
  });

  it('gives one instant one text, whatever its offset', () => {
    fc.assert(
      fc.property(
        epochSeconds,
        nanos,
        fc.array(offsetMinutes, { minLength: 100, maxLength: 100 }),
        (seconds, nano, offsets) => {
          const texts = new Set(offsets.map((offset) => instant(written(seconds, nano, offset))));

          expect(texts.size).toBe(1);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('puts texts in the order of time', () => {
    const moment = fc.record({ seconds: epochSeconds, nano: nanos, offset: offsetMinutes });
    fc.assert(
      fc.property(moment, moment, fc.boolean(), (a, b, near) => {
        const seconds = near ? a.seconds : b.seconds;
        const first = instant(written(a.seconds, a.nano, a.offset));
        const second = instant(written(seconds, b.nano, b.offset));

        const order = Math.sign(a.seconds - seconds) || Math.sign(a.nano - b.nano);
        expect(first === second ? 0 : first < second ? -1 : 1).toBe(order);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads Z as it reads z, which only the grammar takes', () => {
    const plain = fc
      .tuple(epochSeconds, nanos, fc.constantFrom(0, 1, 3, 9))
      .map(([seconds, nano, digits]) => {
        const upToSeconds = new Date(seconds * 1000).toISOString().slice(0, 19);
        const fraction = String(nano).padStart(9, '0').slice(0, digits);
        return digits === 0 ? upToSeconds : `${upToSeconds}.${fraction}`;
      });
    const change = fc.tuple(
      fc.nat(29),
      fc.constantFrom(...'0 1 2 5 6 9 - : . T t Z + x'.split(' '), ' ', ''),
    );
    fc.assert(
      fc.property(plain, fc.option(change), (text, changed) => {
        const [at, by] = changed ?? [text.length, ''];
        const mostlyRight = text.slice(0, at) + by + text.slice(at + 1);

        expect(parseInstant(`${mostlyRight}Z`)).toEqual(parseInstant(`${mostlyRight}z`));
      }),
      { numRuns: 20_000 },
    );
  });

  it('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 100 }), (text) => {
        expect(parseInstant(text).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ['9', (length: number) => `2026-01-01T00:00:00.${'9'.repeat(length)}`],
    ['a date', (length: number) => '2026-01-01T00:00:00'.repeat(length / 19)],
  ])('takes linear time for hostile text: %s without end', async (_, textOf) => {
    expect(await superLinearGrowth((length) => parseInstant(textOf(length)), 2_500_000)).toBe(
      undefined,
    );
  });
});

describe('an instant', () => {
  it('becomes milliseconds and comes back', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (epochMs) => {
        expect(instantToEpochMs(instantFromEpochMs(epochMs))).toBe(epochMs);
      }),
    );
  });

  it('is rounded down to the millisecond when it becomes milliseconds', () => {
    expect(instantToEpochMs(instant('1970-01-01T00:00:00.001999999Z'))).toBe(1);
  });

  it('has the canonical form when it comes from milliseconds', () => {
    const fromMs = instantFromEpochMs(Date.UTC(2023, 1, 15, 6, 30));

    expect(fromMs).toBe(instant('2023-02-15T01:30:00-05:00'));
  });

  it.each([
    ['2023-02-15T06:30:00Z', '2023-02-15T06:30:00.000Z'],
    ['2023-02-15T06:30:00.5Z', '2023-02-15T06:30:00.500Z'],
    ['2023-02-15T06:30:00.1234Z', '2023-02-15T06:30:00.1234Z'],
    ['2023-02-15T06:30:00.000001Z', '2023-02-15T06:30:00.000001Z'],
    ['2023-02-15T06:30:00.123456789Z', '2023-02-15T06:30:00.123456789Z'],
  ])('%s is shown as %s', (text, shown) => {
    expect(showInstant(instant(text))).toBe(shown);
  });

  it('is shown as a text that reads as the same instant', () => {
    fc.assert(
      fc.property(epochSeconds, nanos, (seconds, nano) => {
        const original = instant(written(seconds, nano, 0));

        expect(instant(showInstant(original))).toBe(original);
      }),
    );
  });
});
