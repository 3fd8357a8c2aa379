import { Retention, hourOfNumber, instantAt, HOUR_NS } from '@sensorflow/sensor-data';
import * as fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { write, type WrittenTime } from '../../../../test/support/written-times.js';
import { formatsThatFit } from './formats-that-fit.js';
import type { RepeatedHour } from './import-options.js';
import { NOT_PLAIN, type PlainInstants } from './plain-instants.js';
import { parseTimestampFormat } from './timestamp-format.js';
import { timestampReader } from './timestamp-reader.js';
import { parseTimezone } from './timezone.js';

const NOW = Date.UTC(2026, 0, 1);
/** Hundreds of patterns are compiled and read, on a machine that may be busy. */
vi.setConfig({ testTimeout: 120_000 });
/** What is left of a time in a pattern that does not say all of it. */
function cut({ epochMs, nanos }: WrittenTime, pattern: string): string {
  const fraction = /S+/.exec(pattern)?.[0].length ?? 0;
  const unit = /s/.test(pattern)
    ? 1000
    : /m/.test(pattern)
      ? 60_000
      : /[Hh]/.test(pattern)
        ? 3_600_000
        : 86_400_000;
  const seconds = new Date(Math.floor(epochMs / unit) * unit).toISOString().slice(0, 19);
  return `${seconds}.${String(nanos).padStart(9, '0').slice(0, fraction).padEnd(9, '0')}Z`;
}

const separators = fc.constantFrom('.', '/', '-', ' ');
const dates = fc
  .tuple(
    separators,
    fc.constantFrom('d', 'dd'),
    fc.constantFrom('M', 'MM'),
    fc.constantFrom('yyyy', 'yy'),
    fc.constantFrom('dMy', 'Mdy', 'yMd', 'ydM'),
  )
  .map(([separator, d, M, y, order]) =>
    Array.from(order, (letter) => ({ d, M, y })[letter] ?? '').join(separator),
  );
const times = fc.oneof(
  fc.constant(''),
  fc
    .tuple(
      fc.constantFrom(' ', "'T'", ', ', '_', '-'),
      fc.constantFrom('H', 'HH'),
      fc.constantFrom(':', '.'),
      fc.constantFrom('', 'ss', 'ss.SSS', 'ss,S', 'ss.SSSSSSSSS'),
      fc.constantFrom('', '', ' a', 'a', ' X'),
    )
    .map(([joint, hour, colon, second, end]) => {
      const hours = end.endsWith('a') ? hour.toLowerCase() : hour;
      return `${joint}${[hours, 'mm', ...(second ? [second] : [])].join(colon)}${end}`;
    }),
);
const others = fc.constantFrom(
  'yyyyMMddHHmmssSSS',
  'yyyyMMddHHmm',
  "yyyyMMdd'T'HHmmss",
  'EEE MMM d HH:mm:ss yyyy',
  'EEEE, d MMMM yyyy H:mm',
  'd-MMM-yy h:mm:ss a',
  'MMMM d, yyyy HH:mm',
  'dd/MMM/yyyy:HH:mm:ss X',
  "yyyy'年'MM'月'dd'日' HH:mm",
);
const patterns = fc.oneof(
  { weight: 5, arbitrary: fc.tuple(dates, times).map((parts) => parts.join('')) },
  others,
);
const moments = fc.record({
  epochMs: fc.integer({ min: 0, max: NOW / 1000 }).map((seconds) => seconds * 1000),
  nanos: fc.integer({ min: 0, max: 999_999_999 }),
});

function formatOf(text: string) {
  const parsed = parseTimestampFormat(text);
  if (!parsed.ok) throw new Error(`${text}: ${parsed.fault.detail}`);
  return parsed.value;
}

function readerOf(format: string, timezone = 'UTC', repeatedHour: RepeatedHour = 'reject') {
  const zone = parseTimezone(timezone);
  if (!zone.ok) throw new Error(zone.fault.detail);
  return timestampReader(
    { format: formatOf(format), timezone: zone.value, repeatedHour },
    Retention.FOREVER,
  );
}

describe('a pattern', () => {
  it('is read back exactly as it was written', () => {
    fc.assert(
      fc.property(patterns, fc.array(moments, { minLength: 1, maxLength: 5 }), (pattern, all) => {
        const reader = readerOf(pattern);

        for (const moment of all) {
          const text = write(moment, pattern);
          expect([text, reader.read(text, NOW)]).toEqual([
            text,
            { ok: true, value: cut(moment, pattern) },
          ]);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('takes any text for a time or refuses it, and never throws', () => {
    const texts = fc.oneof(
      fc.string({ maxLength: 80 }),
      fc.string({ unit: 'binary', maxLength: 70 }),
    );
    fc.assert(
      fc.property(patterns, texts, (pattern, text) => {
        expect(typeof readerOf(pattern).read(text, NOW).ok).toBe('boolean');
      }),
      { numRuns: 500 },
    );
  });

  it('or a number of any size is a time or refused in a zone, too', () => {
    const numbers = fc
      .tuple(fc.stringMatching(/^[0-9]{1,25}$/), fc.constantFrom('', '.5', '.99999999999999999'))
      .map((parts) => parts.join(''));
    const formats = fc.constantFrom(
      'excel',
      'epoch-s',
      'epoch-ms',
      'epoch-us',
      'epoch-ns',
      'yyyyMMdd',
    );
    fc.assert(
      fc.property(formats, numbers, (format, text) => {
        const reader = readerOf(format, 'Europe/Berlin', 'in-order');

        const read = reader.read(text, NOW);
        const plain = readPlainly(reader.plainInstants(';'), text);

        expect([undefined, read.ok ? read.value : read.fault.code]).toContain(plain);
      }),
      { numRuns: 1000 },
    );
  });

  it('of any text is compiled or refused, and never throws', () => {
    const letters = fc.string({
      unit: fc.constantFrom(...'yMdHhmsSaEXZTY\'". -:/%n'.split('')),
      maxLength: 20,
    });
    fc.assert(
      fc.property(letters, (text) => {
        expect(typeof parseTimestampFormat(text).ok).toBe('boolean');
      }),
      { numRuns: 600 },
    );
  });
});

/** What the byte path says of a text that a delimiter follows; undefined when it is not plain. */
function readPlainly(instants: PlainInstants, text: string): string | undefined {
  const bytes = Buffer.from(`${text};`);
  instants.setClock(NOW);
  const end = instants.read(bytes, 0);
  if (end === NOT_PLAIN || end !== bytes.length - 1) return undefined;
  const hours = Math.floor(instants.offsetNs / HOUR_NS);
  return instantAt(hourOfNumber(instants.hour + hours), instants.offsetNs - hours * HOUR_NS);
}

describe('timestamps, read from their bytes', () => {
  const zones = fc.constantFrom(
    'UTC',
    '+05:45',
    '-03:30',
    'Europe/Berlin',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
  );
  const near = fc
    .tuple(
      fc.constantFrom(
        '2023-10-29T00:00Z',
        '2023-03-26T00:00Z',
        '2025-12-31T22:00Z',
        '1970-01-01T00:00Z',
        '2023-04-01T14:00Z',
      ),
      fc.integer({ min: 0, max: 5 * 3600 }),
      fc.integer({ min: 0, max: 999_999_999 }),
    )
    .map(([start, seconds, nanos]) => ({ epochMs: Date.parse(start) + seconds * 1000, nanos }));
  const formats = fc.oneof(
    patterns,
    fc.constantFrom('iso', 'epoch-s', 'epoch-ms', 'epoch-us', 'epoch-ns', 'excel'),
  );
  const isoForms = fc.constantFrom(
    "yyyy-MM-dd'T'HH:mm:ss'Z'",
    'yyyy-MM-dd HH:mm',
    'yyyy-MM-dd HH:mm:ss.SSSSSSSSS X',
    "yyyy-MM-dd'T'HH:mm:ss'+0100'",
    "yyyy-MM-dd HH:mm:ss' UTC'",
    "yyyy-MM-dd HH:mm'-03'",
  );

  function writtenIn(format: string, moment: WrittenTime, isoForm: string): string {
    const { epochMs, nanos } = moment;
    const digits = { 'epoch-s': 0, 'epoch-ms': 3, 'epoch-us': 6, 'epoch-ns': 9 }[format];
    const fraction = String(nanos).padStart(9, '0');
    if (format === 'iso') return write(moment, isoForm);
    if (format === 'excel') return String(epochMs / 86_400_000 + 25_569 + nanos / 86_400e9);
    if (digits === undefined) return write(moment, format);
    const whole = `${epochMs / 1000}${fraction.slice(0, digits)}`;
    return digits === 9 || nanos % 3 === 0 ? whole : `${whole}.${fraction.slice(digits)}`;
  }

  it('mean what they mean to the careful reader', () => {
    const repeated = fc.constantFrom('reject' as const, 'summer' as const, 'winter' as const);
    fc.assert(
      fc.property(
        fc.tuple(formats, zones, repeated),
        fc.array(fc.tuple(fc.oneof(moments, near), isoForms), { minLength: 1, maxLength: 8 }),
        fc.option(fc.tuple(fc.nat(20), fc.constantFrom('0', '9', ' ', ':', 'Z', ''))),
        ([format, zone, repeatedHour], all, change) => {
          const instants = readerOf(format, zone, repeatedHour).plainInstants(';');
          const reader = readerOf(format, zone, repeatedHour);

          for (const [moment, isoForm] of all) {
            const right = writtenIn(format, moment, isoForm);
            const text = change
              ? right.slice(0, change[0]) + change[1] + right.slice(change[0] + 1)
              : right;
            const plain = readPlainly(instants, text);
            const careful = reader.read(text, NOW);
            // What is not plain is left to the careful reader.
            expect([text, plain === undefined ? careful : { ok: true, value: plain }]).toEqual([
              text,
              careful,
            ]);
          }
        },
      ),
      { numRuns: 600 },
    );
  });

  it.each([
    ['iso', '2023-02-15 01:30:00 UTC'],
    ['iso', '2023-02-15 01:30:00+0100'],
    ['iso', '2023-02-15T01:30-05'],
    ['iso', '2023-02-15T01:30'],
    ['dd.MM.yyyy HH:mm', '15.02.2023 01:30'],
    ['M/d/yy h:mm:ss a', '2/15/23 1:30:00 PM'],
    ['EEE MMM d HH:mm:ss yyyy', 'Wed Feb 15 01:30:00 2023'],
    ['epoch-s', '1676440800.25'],
    ['epoch-ns', '1676440800123456789'],
    ['excel', '44972.0625'],
  ])('are plain in the usual forms: %s, %s', (format, text) => {
    const reader = readerOf(format, 'Europe/Berlin');

    expect({ ok: true, value: readPlainly(reader.plainInstants(';'), text) }).toEqual(
      reader.read(text, NOW),
    );
  });

  it('are not plain where the delimiter may stand within them', () => {
    const written = [
      ['d MMM, yyyy', '15 Feb, 2023'],
      ['epoch-s', '1676440800.25'],
    ] as const;

    const plain = written.map(([format, text], at) =>
      readPlainly(readerOf(format).plainInstants([',', '.'][at] ?? ''), text),
    );

    expect(plain).toEqual([undefined, undefined]);
  });

  it('are not plain near a repeated hour that is told by the order of rows', () => {
    const reader = readerOf('dd.MM.yyyy HH:mm', 'Europe/Berlin', 'in-order');
    const instants = reader.plainInstants(';');
    const hours = ['00', '01', '02', '03', '04'].map((hour) => `29.10.2023 ${hour}:15`);

    const plain = hours.map((text) => readPlainly(instants, text) !== undefined);

    expect(plain).toEqual([true, false, false, false, true]);
    expect(reader.state).toBe('');
  });
});

describe('the formats that fit a column', () => {
  const named = (samples: readonly string[]): readonly string[] =>
    formatsThatFit(samples, NOW).map(({ format }) => format);

  it.each([
    [['2/15/2023 1:30:00 PM'], ['M/dd/yyyy h:mm:ss a']],
    [['15-05-2020 00:00'], ['dd-MM-yyyy HH:mm']],
    [['24/07/20 21:00:00'], ['dd/MM/yy HH:mm:ss', 'yy/MM/dd HH:mm:ss']],
    [['01.04.2023 00:00'], ['dd.MM.yyyy HH:mm', 'MM.dd.yyyy HH:mm']],
    [['01.04.2023 00:00', '13.04.2023 00:00'], ['dd.MM.yyyy HH:mm']],
    [['14.05.08 10:00:00'], ['dd.MM.yy HH:mm:ss', 'yy.MM.dd HH:mm:ss', 'yy.dd.MM HH:mm:ss']],
    [['10/03/2004 18.00.00'], ['dd/MM/yyyy HH.mm.ss', 'MM/dd/yyyy HH.mm.ss']],
    [['2023-02-03 04:05:06', '2023-02-03 04:05'], ['iso']],
    [['2021-02-18 21:46:23 UTC'], ['iso']],
    [['1594512094.385'], ['epoch-s']],
    [['1594512094385'], ['epoch-ms']],
    [['1594512094385000'], ['epoch-us']],
    [['1594512094385000000'], ['epoch-ns']],
    [['44972.0625', ''], ['excel']],
    [['20230203'], ['yyyyMMdd', 'yyyyddMM']],
    [['20230213'], ['yyyyMMdd']],
    [['03022023'], ['ddMMyyyy', 'MMddyyyy']],
    [['2023/02/03'], ['yyyy/MM/dd', 'yyyy/dd/MM']],
    [['05-Feb-23'], ['dd-MMM-yy', 'yy-MMM-dd']],
    [['2023-Feb-05 10:00'], ['yyyy-MMM-dd HH:mm']],
    [['13/02/2023 9', '13/02/2023 10'], ['dd/MM/yyyy HH']],
    [['2023-02-03 9'], ['yyyy-MM-dd H', 'yyyy-dd-MM H']],
    [['20230213 23'], ['yyyyMMdd HH']],
    [['13/02/2023 24'], []],
    [['13/02/2023 23:45', '13/02/2023 24:00'], ['dd/MM/yyyy HH:mm']],
    [['2023-02-13 23:45', '2023-02-13 24:00'], ['yyyy-MM-dd HH:mm']],
    [['2023-02-13T24:00:00Z'], ["yyyy-MM-dd'T'HH:mm:ssXXX"]],
    [['15. Feb 2023 10:00'], ['dd. MMM yyyy HH:mm']],
    [['15. Feb. 2023 10:00'], ['dd. MMM. yyyy HH:mm']],
    [['5. February 2023'], ['d. MMMM yyyy']],
    [['15-02-23'], ['dd-MM-yy', 'yy-MM-dd']],
    [['00:10 15.02.2023'], ['HH:mm dd.MM.yyyy']],
    [['09:10:11, 02/03/2023'], ['HH:mm:ss, dd/MM/yyyy', 'HH:mm:ss, MM/dd/yyyy']],
    [['9:10 PM 15.02.2023'], ['h:mm a dd.MM.yyyy']],
    [['Wed Feb 15 00:00:00 2023'], ['EEE MMM d HH:mm:ss yyyy']],
    [['Wed Feb 15 00:00:00 UTC 2023'], ['EEE MMM d HH:mm:ss X yyyy']],
    [['Wed, 15 Feb 2023 00:00:00 GMT'], ['EEE, d MMM yyyy HH:mm:ss X']],
    [['Wed, 15 Feb 2023 00:00:00 +0100'], ['EEE, d MMM yyyy HH:mm:ss X']],
    [['5 Feb 2023 06:07'], ['d MMM yyyy HH:mm']],
    [['February 5, 2023'], ['MMMM d, yyyy']],
    [['15.02.2023 01:30:00.5', '15.02.2023 01:30:00.25'], ['dd.MM.yyyy HH:mm:ss.S']],
    [
      ['01.04.2023 10:00', 'dd.MM.yyyy HH:mm:ss', '02.04.2023 10:00'],
      ['dd.MM.yyyy HH:mm', 'MM.dd.yyyy HH:mm'],
    ],
    [['13.04.2023 10:00', '# calibrated', '02.04.2023 10:00'], ['dd.MM.yyyy HH:mm']],
    [['TS', '2023-08-01 15:00:00.1', '2023-08-01 15:00:00.2'], ['iso']],
    [['1594512094', '1594512095', 'none'], ['epoch-s']],
    [['01.04.2023 10:00', '04/01/2023 10:00'], []],
    [['13.04.2023 10:00', '04.13.2023 10:00'], []],
    [['remark', 'other remark', '01.04.2023'], []],
    [['yesterday'], []],
    [['', ''], []],
    [[], []],
    [['x'.repeat(10_000)], []],
  ])('%j: %j', (samples, formats) => {
    expect(named(samples)).toEqual(formats);
  });

  it('show what they mean by the timestamp that tells them apart', () => {
    const fitting = formatsThatFit(['01/01/2023', '03/04/2023'], NOW);

    expect(fitting).toEqual([
      { format: 'dd/MM/yyyy', example: '03/04/2023', meaning: '2023-04-03T00:00:00.000' },
      { format: 'MM/dd/yyyy', example: '03/04/2023', meaning: '2023-03-04T00:00:00.000' },
    ]);
  });

  it('are named all, of every two that read a whole column', () => {
    const columns = fc.tuple(dates, times, fc.array(moments, { minLength: 1, maxLength: 6 }));
    fc.assert(
      fc.property(columns, ([date, time, all]) => {
        const samples = all.map((moment) => write(moment, date + time));
        const isIso = samples.every((sample) => readerOf('iso').read(sample, NOW).ok);
        const meanings = formatsThatFit(samples, NOW).map(({ format }) =>
          samples.map((sample) => readerOf(format).read(sample, NOW)),
        );
        const separator = /[./ -]/.exec(date)?.[0] ?? '';
        const orders = /yyyy/.test(date)
          ? [date.startsWith('yyyy') ? ['yyyy', 'M', 'd'] : ['d', 'M', 'yyyy'], ['M', 'd', 'yyyy']]
          : [
              ['d', 'M', 'yy'],
              ['M', 'd', 'yy'],
              ['yy', 'M', 'd'],
              ['yy', 'd', 'M'],
            ];

        const possible = orders.flatMap((order) => {
          const reader = readerOf(order.join(separator) + time);
          const read = samples.map((sample) => reader.read(sample, NOW));
          return !isIso && read.every(({ ok }) => ok) ? [read] : [];
        });

        expect(meanings).toEqual(expect.arrayContaining(possible));
      }),
      { numRuns: 250 },
    );
  });
});
