import * as fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, it } from 'vitest';
import { parseTimezone, ZoneClock } from './timezone.js';

/** Local times near which clocks were set, some at odd times and by odd steps. */
const CHANGES: readonly (readonly [zone: string, localTime: string])[] = [
  ['Europe/Berlin', '2023-03-26T02:00'],
  ['Europe/Berlin', '2023-10-29T02:00'],
  ['Australia/Lord_Howe', '2023-04-02T01:30'],
  ['Australia/Lord_Howe', '2023-10-01T02:00'],
  ['America/St_Johns', '2006-10-29T00:01'],
  ['America/St_Johns', '2006-04-02T00:01'],
  ['Africa/Monrovia', '1972-01-07T00:00'],
  ['Pacific/Apia', '2011-12-30T00:00'],
  ['America/Sao_Paulo', '2018-11-04T00:00'],
  ['Africa/Casablanca', '2023-03-19T03:00'],
  ['Asia/Kolkata', '2023-01-01T00:00'],
  ['UTC', '2023-01-01T00:00'],
];

function clockOf(text: string): ZoneClock {
  const zone = parseTimezone(text);
  if (!zone.ok) throw new Error(text);
  return new ZoneClock(zone.value);
}

/** Both instants of a local time, as Temporal says; undefined for one that was skipped. */
function asked(zone: string, localSeconds: number) {
  const plain = Temporal.PlainDateTime.from(
    new Date(localSeconds * 1000).toISOString().slice(0, 19),
  );
  const [earlier, later] = (['earlier', 'later'] as const).map((disambiguation) =>
    plain.toZonedDateTime(zone, { disambiguation }),
  );
  if (!earlier || !later) throw new Error('two were asked for');
  const isShown = earlier.toPlainDateTime().equals(plain);
  return isShown
    ? { earlier: earlier.epochMilliseconds / 1000, later: later.epochMilliseconds / 1000 }
    : undefined;
}

/** Words that Intl takes for a zone, and that Temporal does not know. */
const AMBIGUOUS_WORDS =
  'ACT AET AGT ART AST BET BST CAT CNT CST CTT EAT ECT IET IST JST MIT NET NST PLT PNT PRT PST SST VST';

describe('a time zone', () => {
  it.each([...AMBIGUOUS_WORDS.split(' '), 'pst', 'CEST'])(
    '%s is none: zones share such a word',
    (word) => {
      const detail = expect.stringMatching(/several zones.*IANA name.*offset/);

      expect(parseTimezone(word)).toMatchObject({ fault: { code: 'timezone-invalid', detail } });
    },
  );

  it.each([
    'UTC',
    'GMT',
    'EST',
    'HST',
    'CET',
    'EST5EDT',
    'Etc/GMT+2',
    'US/Pacific',
    'Asia/Calcutta',
  ])('%s is one that the clock knows', (zone) => {
    expect(clockOf(zone).at(0)).toBeDefined();
  });
});

describe('what clocks of a zone showed', () => {
  it.each(CHANGES)('in %s near %s is what Temporal says, second by second', (zone, localTime) => {
    const clock = clockOf(zone);
    const start = Date.parse(`${localTime}Z`) / 1000;
    const near = fc.oneof(
      fc.integer({ min: -7200, max: 7200 }),
      fc.integer({ min: -90, max: 90 }),
      fc.integer({ min: 3500, max: 3700 }),
    );
    fc.assert(
      fc.property(fc.array(near, { minLength: 1, maxLength: 20 }), (all) => {
        const seconds = all.map((distance) => start + distance);

        expect(seconds.map((second) => clock.at(second))).toEqual(
          seconds.map((second) => asked(zone, second)),
        );
      }),
      { numRuns: 20 },
    );
  });
});
