import { Retention } from '@sensorflow/sensor-data';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_SERIES } from './repeated-hours.js';
import { ISO_FORMAT } from './timestamp-format.js';
import { timestampReader, type TimestampReader } from './timestamp-reader.js';
import { parseTimezone } from './timezone.js';

const NOW = Date.UTC(2026, 0, 1);
type Row = readonly [series: string, localTime: string];

function readerOf(state?: string, zone = 'Europe/Berlin'): TimestampReader {
  const timezone = parseTimezone(zone);
  if (!timezone.ok) throw new Error(zone);
  return timestampReader(
    { format: ISO_FORMAT, timezone: timezone.value, repeatedHour: 'in-order' },
    Retention.FOREVER,
    state,
  );
}

/** The time of UTC, or `?` for what is ambiguous. */
function readIn(reader: TimestampReader, [series, time]: Row): string {
  const read = reader.read(`2023-10-29 ${time}`, NOW, series);
  if (read.ok) return read.value.slice(11, read.value.endsWith('00.000000000Z') ? 16 : 19);
  expect(read.fault.code).toBe('timestamp-ambiguous');
  return '?';
}

function readAll(rows: readonly Row[]): readonly string[] {
  const reader = readerOf();
  return rows.map((row) => readIn(reader, row));
}

const ofOne = (times: string): readonly Row[] => times.split(' ').map((time) => ['EQ-1', time]);

describe('the repeated hour of a file in order', () => {
  it.each([
    [
      'quarters of an hour',
      '01:45 02:00 02:15 02:30 02:45 02:00 02:15 02:30 02:45 03:00',
      '23:45 00:00 00:15 00:30 00:45 01:00 01:15 01:30 01:45 02:00',
    ],
    ['whole hours', '01:30 02:30 02:30 03:30', '23:30 00:30 01:30 02:30'],
    ['a file that begins within it', '02:15 02:45 02:15', '00:15 00:45 01:15'],
    ['repeated rows', '02:00:01 02:00:02 02:00:02 02:00:03', '00:00:01 00:00:02 00:00:02 00:00:03'],
    [
      'repeated rows of the second pass',
      '01:50 02:50 02:00 02:00 02:01',
      '23:50 00:50 01:00 01:00 01:01',
    ],
    ['one time twice, of which nothing tells', '02:30 02:30 02:31', '00:30 ? 00:31'],
    ['a third pass', '02:00 02:30 02:00 02:30 02:00 02:45', '00:00 00:30 01:00 01:30 ? 01:45'],
    [
      'rows out of order, until the second pass has certainly begun',
      '01:59 02:10:05 02:10:04 02:10:06 02:50 02:00 02:10:05',
      '23:59 00:10:05 ? ? ? 01:00 01:10:05',
    ],
    [
      'rows out of order, and no second pass',
      '01:59 02:10 02:09 02:11 03:00',
      '23:59 00:10 ? ? 02:00',
    ],
    [
      'rows out of order in the second pass',
      '02:00 02:50 02:00 01:59 02:50 02:49 02:51',
      '00:00 00:50 01:00 23:59 00:50 ? ?',
    ],
    ['steps of forty minutes', '01:40 02:20 02:00 02:40 03:20', '23:40 00:20 ? ? 02:20'],
    [
      'the newest row first, from within the hour',
      '02:30 02:00 02:30 02:00 01:30',
      '00:30 ? ? ? 23:30',
    ],
    ['minutes, the newest first', '02:02 02:01 02:00 02:59 02:58', '00:02 ? ? ? ?'],
    ['a row from behind the hour', '02:30 03:00 02:59 03:01', '00:30 02:00 ? 02:01'],
    ['the same night once more', '02:30 03:00 01:00 02:30', '00:30 02:00 23:00 00:30'],
    ['a second time three times', '01:30 02:30 02:30 02:30', '23:30 00:30 01:30 01:30'],
    ['the newest row first', '03:30 03:00 02:45 02:15 01:30', '02:30 02:00 ? ? 23:30'],
    ['two passes, the newest first', '03:00 02:30 02:00 02:30 02:00', '02:00 ? ? ? ?'],
  ])('%s', (_, times, utc) => {
    expect(readAll(ofOne(times)).join(' ')).toBe(utc);
  });

  it('has two passes for each equipment, in turns or one behind the other', () => {
    const times = ['02:00', '02:30', '02:00', '02:30'];
    const turns = times.flatMap((time) => [['A', time] as const, ['B', time] as const]);
    const blocks = ['A', 'B'].flatMap((series) => times.map((time) => [series, time] as const));

    expect(readAll(turns).join(' ')).toBe('00:00 00:00 00:30 00:30 01:00 01:00 01:30 01:30');
    expect(readAll(blocks).join(' ')).toBe('00:00 00:30 01:00 01:30 00:00 00:30 01:00 01:30');
  });

  it('may be half an hour', () => {
    const reader = readerOf(undefined, 'Australia/Lord_Howe');
    const times = ['01:15', '01:30', '01:45', '01:30', '01:45', '02:00'];

    const utc = times.map((time) => {
      const read = reader.read(`2023-04-02 ${time}`, NOW, 'A');
      return read.ok ? read.value.slice(11, 16) : read.fault.code;
    });

    expect(utc).toEqual(['14:15', '14:30', '14:45', '15:00', '15:15', '15:30']);
  });

  it('is read alike by another run that goes on anywhere', () => {
    const minutes = fc.oneof(fc.constantFrom(90, 150, 210), fc.integer({ min: 30, max: 200 }));
    const rows = fc.array(fc.tuple(fc.constantFrom('A', 'B'), minutes), { maxLength: 10 });
    fc.assert(
      fc.property(rows, fc.nat(8), (written, cut) => {
        const all = written.map(([series, minute]): Row => {
          const [hour, rest] = [Math.floor(minute / 60), minute % 60];
          return [series, `0${hour}:${String(rest).padStart(2, '0')}`];
        });
        const first = readerOf();
        const before = all.slice(0, cut).map((row) => readIn(first, row));
        const second = readerOf(first.state);
        const after = all.slice(cut).map((row) => readIn(second, row));

        expect([...before, ...after]).toEqual(readAll(all));
      }),
      { numRuns: 1000 },
    );
  });

  it('is refused to more equipment than the checkpoint of an import can hold', () => {
    const reader = readerOf();
    const names = Array.from({ length: MAX_SERIES + 1 }, (_, at) => `${'E'.repeat(120)}${at}`);

    const first = names.map((name) => readIn(reader, [name, '02:30']));

    expect(first.indexOf('?')).toBe(MAX_SERIES);
    expect(Buffer.byteLength(reader.state)).toBeLessThan(50_000);
    // One that has left the night behind makes room.
    readIn(reader, ['EQ-0', '03:00']);
    readIn(reader, [names[0] ?? '', '03:00']);
    expect(readIn(reader, [names.at(-1) ?? '', '02:30'])).toBe('00:30');
  });

  it('leaves nothing to remember elsewhere', () => {
    const reader = readerOf();

    readIn(reader, ['A', '12:00']);

    expect(reader.state).toBe('');
  });
});
