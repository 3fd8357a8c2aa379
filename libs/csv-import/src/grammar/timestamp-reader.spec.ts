import { Retention } from '@sensorflow/sensor-data';
import { describe, expect, it } from 'vitest';
import { parseTimestampFormat } from './timestamp-format.js';
import type { RepeatedHour } from './import-options.js';
import { timestampReader, type TimestampReader } from './timestamp-reader.js';
import { parseTimezone } from './timezone.js';

const NOW = Date.UTC(2026, 0, 1);

interface Written {
  readonly format?: string;
  readonly timezone?: string;
  readonly repeatedHour?: RepeatedHour;
  readonly decimal?: '.' | ',';
  readonly state?: string;
}

function readerOf(written: Written): TimestampReader {
  const { format = 'iso', timezone, repeatedHour = 'reject', decimal = '.', state } = written;
  const parsed = parseTimestampFormat(format);
  const zone = timezone === undefined ? undefined : parseTimezone(timezone);
  if (!parsed.ok) throw new Error(parsed.fault.detail);
  if (zone?.ok === false) throw new Error(zone.fault.detail);
  return timestampReader(
    { format: parsed.value, timezone: zone?.value, repeatedHour, decimal },
    Retention.FOREVER,
    state,
  );
}

/** The instant in short, or the code of the fault. */
function readAs(written: Written, text: string): string {
  return inShort(readerOf(written), text);
}

function inShort(reader: TimestampReader, text: string, series?: string): string {
  const parsed = reader.read(text, NOW, series);
  return parsed.ok ? parsed.value.replace(/\.?0*Z$/, 'Z') : parsed.fault.code;
}

describe('a timestamp of a file', () => {
  it.each([
    ['dd.MM.yyyy HH:mm', '01.04.2023 00:00', '2023-04-01T00:00:00Z'],
    ['d.M.yyyy H:mm', '1.4.2023 9:05', '2023-04-01T09:05:00Z'],
    ['dd.MM.yyyy HH:mm', '1.4.2023 9:05', '2023-04-01T09:05:00Z'],
    ['M/d/yyyy h:mm:ss a', '2/15/2023 1:30:00 PM', '2023-02-15T13:30:00Z'],
    ['M/d/yyyy h:mm:ss a', '2/15/2023 12:30:00 am', '2023-02-15T00:30:00Z'],
    ['M/d/yyyy h:mm a', '2/15/2023 12:30\u202fp.m.', '2023-02-15T12:30:00Z'],
    ['M/d/yy h:mm:ss a', '2/15/23 1:30:00 PM', '2023-02-15T13:30:00Z'],
    ['dd-MM-yyyy HH:mm', '15-05-2020 00:00', '2020-05-15T00:00:00Z'],
    ['dd/MM/yy HH:mm:ss', '24/07/20 21:00:00', '2020-07-24T21:00:00Z'],
    ['yy.MM.dd HH:mm:ss', '14.05.08 10:00:00', '2014-05-08T10:00:00Z'],
    ['yy.MM.dd', '70.01.01', '1970-01-01T00:00:00Z'],
    ['yy.MM.dd', '69.01.01', 'timestamp-in-future'],
    ['dd/MM/yyyy HH.mm.ss', '10/03/2004 18.00.00', '2004-03-10T18:00:00Z'],
    ['dd.MM.yyyy HH:mm:ss,SSS', '01.04.2023 11:02:52,045', '2023-04-01T11:02:52.045Z'],
    ['dd.MM.yyyy HH:mm:ss.S', '01.04.2023 11:02:52.123456789', '2023-04-01T11:02:52.123456789Z'],
    ['yyyyMMddHHmmssSSS', '20230401110252045', '2023-04-01T11:02:52.045Z'],
    ["yyyyMMdd'T'HHmmss", '20230401T110252', '2023-04-01T11:02:52Z'],
    ['d MMM yyyy HH:mm', '5 Feb 2023 06:07', '2023-02-05T06:07:00Z'],
    ['MMMM d, yyyy', 'february 5, 2023', '2023-02-05T00:00:00Z'],
    ['EEE MMM d HH:mm:ss yyyy', 'Wed Feb  8 06:07:00 2023', '2023-02-08T06:07:00Z'],
    ['EEE MMM d HH:mm:ss yyyy', 'Tue Feb  8 06:07:00 2023', 'timestamp-not-a-date'],
    ['dd/MMM/yyyy:HH:mm:ss Z', '15/Feb/2023:01:30:00 +0100', '2023-02-15T00:30:00Z'],
    ['dd.MM.yyyy HH:mm XXX', '15.02.2023 01:30 UTC', '2023-02-15T01:30:00Z'],
    ['dd.MM.yyyy HH:mmX', '15.02.2023 01:30+15', 'timestamp-offset-invalid'],
    ["yyyy'年'MM'月'dd'日' HH:mm", '2023年02月15日 01:30', '2023-02-15T01:30:00Z'],
    ["d 'o''clock' MM yyyy HH", "5 o'clock 02 2023 06", '2023-02-05T06:00:00Z'],
    ['dd.MM.yyyy HH:mm', '31.04.2023 00:00', 'timestamp-not-a-date'],
    ['dd.MM.yyyy HH:mm', '30.04.2023 24:00', '2023-05-01T00:00:00Z'],
    ['yyyy-MM-dd HH:mm:ss.S', '2022-12-31 24:00:00.0', '2023-01-01T00:00:00Z'],
    ['EEE d MMM yyyy HH:mm XXX', 'Sun 30 Apr 2023 24:00 +02:00', '2023-04-30T22:00:00Z'],
    ['dd.MM.yyyy HH:mm', '30.04.2023 24:01', 'timestamp-not-a-date'],
    ['dd.MM.yyyy HH:mm:ss', '30.04.2023 24:00:01', 'timestamp-not-a-date'],
    ['dd.MM.yyyy HH:mm:ss.S', '30.04.2023 24:00:00.1', 'timestamp-not-a-date'],
    ['dd.MM.yyyy HH', '30.04.2023 24', 'timestamp-not-a-date'],
    ['dd.MM.yyyy HH:mm', '30.04.2023 25:00', 'timestamp-not-a-date'],
    ['dd.MM.yyyy HH:mm', '2023-02-15 01:30', 'timestamp-malformed'],
    ['dd.MM.yyyy HH:mm', '15.02.2023 01:30:00', 'timestamp-malformed'],
    ['dd.MM.yyyy HH:mm', '15.02.2023', 'timestamp-malformed'],
    ['dd.MM.yyyy HH:mm', '', 'timestamp-missing'],
    ['dd.MM.yyyy HH:mm', '15.02.1969 01:30', 'timestamp-out-of-range'],
    ['dd.MM.yyyy HH:mm', '15.02.2099 01:30', 'timestamp-in-future'],
    ['M/d/yyyy h:mm a', '2/15/2023 13:30 PM', 'timestamp-not-a-date'],
    ['M/d/yyyy h:mm a', '2/15/2023 0:30 PM', 'timestamp-not-a-date'],
    ['epoch-s', '1594512094.385', '2020-07-12T00:01:34.385Z'],
    ['epoch-ms', '1594512094385', '2020-07-12T00:01:34.385Z'],
    ['epoch-us', '1594512094385001', '2020-07-12T00:01:34.385001Z'],
    ['epoch-ns', '1594512094385000001', '2020-07-12T00:01:34.385000001Z'],
    ['epoch-s', '1.594512094E+09', 'timestamp-malformed'],
    ['epoch-s', '2020-07-12T00:01:34Z', 'timestamp-malformed'],
    ['epoch-s', '1594512094,385', '2020-07-12T00:01:34.385Z'],
    ['epoch-s', '159,385', 'timestamp-malformed'],
    ['epoch-s', '1,594,512,094', 'timestamp-malformed'],
    ['epoch-s', '1594512,094.385', 'timestamp-malformed'],
    ['excel', '44972.0625', '2023-02-15T01:30:00Z'],
    ['excel', '25569', '1970-01-01T00:00:00Z'],
    ['excel', '44972.062511574076', '2023-02-15T01:30:01Z'],
    ['excel', '44972.9999999999', '2023-02-16T00:00:00Z'],
    ['excel', '60', 'timestamp-out-of-range'],
    ['excel', '44972,0625', '2023-02-15T01:30:00Z'],
    ['excel', '44,972', 'timestamp-malformed'],
    ['iso', '2023-02-15 24:00', 'timestamp-not-a-date'],
    ['iso', '2023-02-15 01:30', '2023-02-15T01:30:00Z'],
    ['iso', '2023-02-15 01:30:00 UTC', '2023-02-15T01:30:00Z'],
    ['iso', '2023-02-15 01:30:00+01', '2023-02-15T00:30:00Z'],
    ['iso', '15.02.2023 01:30', 'timestamp-malformed'],
  ])('written as %s: %s is %s', (format, text, instant) => {
    expect(readAs({ format, timezone: 'UTC' }, text)).toBe(instant);
  });

  it.each([
    ['EEE MMM d HH:mm:ss X yyyy', 'Wed Feb 15 01:30:00 UTC 2023'],
    ["EEE MMM d HH:mm:ss 'UTC' yyyy", 'Wed Feb 15 01:30:00 UTC 2023'],
    ["dd.MM.yyyy 'UTC' HH:mm", '15.02.2023 UTC 01:30'],
    ["EEE, d MMM yyyy HH:mm:ss 'GMT'", 'Wed, 15 Feb 2023 01:30:00 GMT'],
    ["yyyy/MM/dd'T'HH:mm:ss'Z'", '2023/02/15T01:30:00Z'],
    ["yyyy/MM/dd HH:mm' UTC'", '2023/02/15 01:30 UTC'],
    ["M/d/yyyy h:mm a 'gmt'", '2/15/2023 1:30 AM GMT'],
    ["yyyy/MM/dd HH:mm'+0000'", '2023/02/15 01:30+0000'],
    ['yyyy/MM/dd HH:mm+00:00', '2023/02/15 01:30+00:00'],
  ])('says that it is UTC, whatever the zone of the rest: %s, %s', (format, text) => {
    expect(readAs({ format, timezone: 'Europe/Berlin' }, text)).toBe('2023-02-15T01:30:00Z');
  });

  it.each([
    ['epoch-s', '1594512094,385', '2020-07-12T00:01:34.385Z'],
    ['excel', '44972,0625', '2023-02-15T01:30:00Z'],
    ['excel', '44972.0625', '2023-02-15T01:30:00Z'],
    ['epoch-s', '1594512094.385', '2020-07-12T00:01:34.385Z'],
    ['excel', '44.972', 'timestamp-malformed'],
    ['epoch-s', '1.594.512.094', 'timestamp-malformed'],
  ])(
    'has the decimal sign of the file, or another one that separates no thousands: %s, %s is %s',
    (format, text, instant) => {
      expect(readAs({ format, timezone: 'UTC', decimal: ',' }, text)).toBe(instant);
    },
  );

  it.each([
    ['dd.MM.yyyy HH:mm', '15.02.2023 01:30', 'timezone'],
    ['excel', '44972.0625', 'timezone'],
    ['iso', '2023-02-15 01:30', 'timezone'],
    ['iso', '15.02.2023 01:30', 'timestampFormat'],
    ['iso', '1676440800', 'timestampFormat'],
    ['M/d/yyyy', '15.02.2023', 'timestampFormat'],
    ['iso', '2023-02-15T24:00:00Z', 'timestampFormat'],
    ['iso', '2023-02-15T24:00:00Z', '00:00 of the next day'],
  ])('that is refused names the option that helps: %s, %s: %s', (format, text, option) => {
    const read = readerOf({ format }).read(text, NOW);

    expect(read).toMatchObject({ ok: false, fault: { detail: expect.stringContaining(option) } });
  });
});

describe('a local time', () => {
  it.each([
    ['Europe/Berlin', '2023-02-15 01:30', '2023-02-15T00:30:00Z'],
    ['Europe/Berlin', '2023-07-15 01:30', '2023-07-14T23:30:00Z'],
    ['Europe/Berlin', '2023-03-26 02:30', 'timestamp-nonexistent'],
    ['Europe/Berlin', '2023-10-29 02:30', 'timestamp-ambiguous'],
    ['Australia/Lord_Howe', '2023-04-02 01:29:59', '2023-04-01T14:29:59Z'],
    ['Australia/Lord_Howe', '2023-04-02 01:30', 'timestamp-ambiguous'],
    ['Asia/Kathmandu', '2023-02-15 01:30', '2023-02-14T19:45:00Z'],
    ['+01:00', '2023-10-29 02:30', '2023-10-29T01:30:00Z'],
    ['+0100', '2023-02-15 01:30', '2023-02-15T00:30:00Z'],
    ['UTC+1', '2023-02-15 01:30', '2023-02-15T00:30:00Z'],
    ['GMT+2', '2023-02-15 01:30', '2023-02-14T23:30:00Z'],
    ['GMT+02:00', '2023-02-15 01:30', '2023-02-14T23:30:00Z'],
    ['Etc/GMT+2', '2023-02-15 01:30', '2023-02-15T03:30:00Z'],
    ['-0330', '2023-02-15 01:30', '2023-02-15T05:00:00Z'],
    ['utc-11', '2023-02-15 01:30', '2023-02-15T12:30:00Z'],
  ])('in %s: %s is %s', (timezone, text, instant) => {
    expect(readAs({ timezone }, text)).toBe(instant);
  });

  it.each(['+15:00', '-13:00', '+01:60', '+1:0', 'Berlin', 'UTC+', '', '+', '+123456'])(
    'has no zone %s',
    (timezone) => {
      expect(parseTimezone(timezone)).toMatchObject({ fault: { code: 'timezone-invalid' } });
    },
  );

  it.each([
    ['summer', '2023-10-29T00:30:00Z'],
    ['winter', '2023-10-29T01:30:00Z'],
  ] as const)('that was shown twice is of %s where the file says so', (repeatedHour, instant) => {
    const berlin = { timezone: 'Europe/Berlin', repeatedHour };

    expect(readAs(berlin, '2023-10-29 02:30')).toBe(instant);
    expect(readAs({ ...berlin, format: 'dd.MM.yyyy HH:mm' }, '29.10.2023 02:30')).toBe(instant);
    expect(readAs(berlin, '2023-03-26 02:30')).toBe('timestamp-nonexistent');
  });

  it('that was shown twice says which option helps', () => {
    const read = readerOf({ timezone: 'Europe/Berlin' }).read('2023-10-29 02:30', NOW);

    expect(read).toMatchObject({ fault: { detail: expect.stringContaining('repeatedHour') } });
  });
});

describe('a format', () => {
  it.each([
    ['DD.MM.YYYY', 'write d and y'],
    ['dd.MM.YYYY', 'write d and y'],
    ['DD.MM.yyyy', 'write d and y'],
    ['%d.%m.%Y', 'dd.MM.yyyy'],
    ['dd.mm.yyyy', 'the month is MM'],
    ['dd.mm.yyyy HH:mm', 'twice'],
    ['MM.yyyy', 'no day'],
    ['dd.MM.yyyy hh:mm', 'needs a'],
    ['dd.MM.yyyy HH:mm a', 'a needs h'],
    ['dd.MM.yyyy mm:ss', 'without the hour'],
    ['dMyyyy', 'in front of another'],
    ['dd.MM.yyy', 'too many or too few'],
    ['dd.MM.yyyy HH:mm zzz', 'timezone'],
    ['dd.MM.yyyy kk:mm', 'single quotes'],
    ["dd.MM.yyyy 'at HH:mm", 'not closed'],
    ['dd.MM.yyyy "HH"', 'double quotes'],
    ['unix', 'epoch-s'],
    ['', 'epoch-s'],
    [`dd.MM.yyyy${'.'.repeat(60)}`, '64 characters'],
  ])('%s is refused and told why: %s', (format, reason) => {
    expect(parseTimestampFormat(format)).toMatchObject({
      ok: false,
      fault: { code: 'timestamp-format-invalid', detail: expect.stringContaining(reason) },
    });
  });
});
