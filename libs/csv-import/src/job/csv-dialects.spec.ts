import {
  array,
  assert,
  asyncProperty,
  boolean,
  constantFrom,
  integer,
  record,
  uniqueArray,
} from 'fast-check';
import { isDeepStrictEqual } from 'node:util';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { write } from '../../../../test/support/written-times.js';
import type { Delimiter, ImportOptions } from '../grammar/import-options.js';
import type { TextEncoding } from '../text/text-encoding.js';

/** How somebody's software writes a file. */
interface Dialect {
  readonly delimiter: Delimiter;
  readonly decimal: '.' | ',';
  readonly encoding: TextEncoding;
  readonly hasMark: boolean;
  readonly time: keyof typeof TIMES;
  readonly isApart: boolean;
  readonly zone: (typeof ZONES)[number];
  readonly header: 'first' | 'behind a preamble' | 'behind sep=' | 'none';
  readonly isLong: boolean;
  readonly isOneMachine: boolean;
  readonly isQuoted: boolean;
  readonly hasBlanks: boolean;
  readonly hasTrailingDelimiter: boolean;
  readonly lineEnd: '\n' | '\r\n' | '\r';
  readonly isZipped: boolean;
}

interface Measured {
  readonly minute: number;
  readonly thousandths: number;
  readonly others: number;
}

/** How times are written: by a pattern for the date and one for the time of day, or as a number of what passed. */
interface TimeForm {
  readonly date?: string;
  readonly joint?: string;
  readonly time?: string;
  /** Of numbers, from the instant, or from what clocks show. */
  readonly number?: (epochMs: number) => string;
  /** Whether its distance from UTC stands behind it. */
  readonly hasOffset?: boolean;
  /** Whether it says itself where it stands to UTC. */
  readonly isZoned?: boolean;
  /** What the option has to say; undefined for ISO. */
  readonly format?: string;
}

const ISO = { date: 'yyyy-MM-dd', time: 'HH:mm:ss' };
const TIMES = {
  iso: { ...ISO, joint: 'T', time: "HH:mm:ss'Z'", isZoned: true },
  'iso, with an offset': { ...ISO, joint: ' ', time: "HH:mm:ss'+0000'", isZoned: true },
  'iso, local': { ...ISO, joint: ' ' },
  German: pattern('dd.MM.yyyy', ' ', 'HH:mm:ss'),
  'German, short': pattern('d.M.yy', ' ', 'H:mm'),
  American: pattern('MM/dd/yyyy', ' ', 'HH:mm:ss'),
  'American, with halves of the day': pattern('M/d/yy', ' ', 'h:mm:ss a'),
  'with names of months': pattern('d MMM yyyy', ' ', 'HH.mm.ss'),
  compact: pattern('yyyyMMdd', '', 'HHmmss'),
  'German, with an offset': withOffset('dd.MM.yyyy', ' ', 'HH:mm:ss'),
  'American, with an offset': withOffset('M/d/yyyy', ' ', 'h:mm a'),
  'days of a spreadsheet': {
    number: (shown) => String(shown / 86_400_000 + 25_569),
    format: 'excel',
  },
  'seconds with a fraction': {
    number: (epochMs) => `${epochMs / 1000}.000`,
    isZoned: true,
    format: 'epoch-s',
  },
  seconds: { number: (epochMs) => String(epochMs / 1000), isZoned: true, format: 'epoch-s' },
  milliseconds: { number: String, isZoned: true, format: 'epoch-ms' },
  microseconds: { number: (epochMs) => `${epochMs}000`, isZoned: true, format: 'epoch-us' },
  nanoseconds: { number: (epochMs) => `${epochMs}000000`, isZoned: true, format: 'epoch-ns' },
} satisfies Readonly<Record<string, TimeForm>>;

function pattern(date: string, joint: string, time: string): TimeForm {
  return { date, joint, time, format: `${date}${joint}${time}` };
}

function withOffset(date: string, joint: string, time: string): TimeForm {
  return { date, joint, time, hasOffset: true, format: `${date}${joint}${time} XXX` };
}

/** Whether it says itself where it stands to UTC. */
function isZoned({ isZoned: said = false, hasOffset = false }: TimeForm): boolean {
  return said || hasOffset;
}

function formOf({ time }: Pick<Dialect, 'time'>): TimeForm {
  return TIMES[time];
}

const ZONES = [
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'UTC',
  '+05:30',
  'UTC-3',
] as const;
const OFFSETS: Readonly<Record<string, number>> = { '+05:30': 330, 'UTC-3': -180 };

/** What clocks show in a zone, as if they showed UTC. */
function shownMs(zone: string, epochMs: number): number {
  const minutes = OFFSETS[zone];
  if (minutes !== undefined) return epochMs + minutes * 60_000;
  const shown = new Date(epochMs).toLocaleString('sv-SE', { timeZone: zone });
  return Date.parse(`${shown.replace(' ', 'T')}Z`);
}

function offsetText(zone: string, epochMs: number): string {
  const minutes = (shownMs(zone, epochMs) - epochMs) / 60_000;
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60];
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${minutes < 0 ? '-' : '+'}${two(hours)}:${two(rest)}`;
}

/** Whether clocks show the time twice: of such an hour only the option repeatedHour says which it is. */
function isShownTwice(zone: string, epochMs: number): boolean {
  const shown = shownMs(zone, epochMs);
  return [-60, -30, 30, 60].some((minutes) => shownMs(zone, epochMs + minutes * 60_000) === shown);
}

const TIME_NAMES = Object.keys(TIMES).filter((name): name is keyof typeof TIMES => name in TIMES);
const dialects = record({
  delimiter: constantFrom(',', ';', '\t', '|'),
  decimal: constantFrom('.', ','),
  encoding: constantFrom('utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1'),
  hasMark: boolean(),
  time: constantFrom(...TIME_NAMES),
  isApart: boolean(),
  zone: constantFrom(...ZONES),
  header: constantFrom('first', 'behind a preamble', 'behind sep=', 'none'),
  isLong: boolean(),
  isOneMachine: boolean(),
  isQuoted: boolean(),
  hasBlanks: boolean(),
  hasTrailingDelimiter: boolean(),
  lineEnd: constantFrom('\n', '\r\n', '\r'),
  isZipped: boolean(),
}).map(possible);

/** Without what contradicts the rest. */
function possible(dialect: Dialect): Dialect {
  return {
    ...dialect,
    // Between commas, numbers with a decimal comma stand in quotes.
    decimal: dialect.delimiter === ',' && !dialect.isQuoted ? '.' : dialect.decimal,
    isApart: dialect.isApart && (formOf(dialect).joint ?? '') !== '',
    // A blank in front of quotes is not part of any dialect that is known.
    hasBlanks: dialect.hasBlanks && !dialect.isQuoted,
  };
}
const measurements = uniqueArray(
  record({
    minute: integer({ min: 0, max: 500_000 }),
    thousandths: integer({ min: -99_999, max: 99_999 }),
    others: integer({ min: 0, max: 9 }),
  }),
  { selector: ({ minute }) => minute, minLength: 1, maxLength: 6 },
);
/** Without what the clocks of the zone show twice; at least one. */
function measuredOnce(all: readonly Measured[], { zone }: Dialect): readonly Measured[] {
  const once = all.filter(({ minute }) => !isShownTwice(zone, START + minute * 60_000));
  return once.length > 0 ? once : [{ minute: 0, thousandths: 1500, others: 7 }];
}

/** Hundreds of imports, on a machine that may be busy. */
const PATIENCE_MS = 120_000;
const START = Date.parse('2022-06-20T00:00:00Z');

function timeCells({ minute }: Measured, dialect: Dialect): readonly string[] {
  const epochMs = START + minute * 60_000;
  const form = formOf(dialect);
  const { date = '', joint = '', time = '', number, hasOffset } = form;
  const shown = form.isZoned === true ? epochMs : shownMs(dialect.zone, epochMs);
  if (number) return [number(shown).replace('.', dialect.decimal)];
  const written = (letters: string): string => write({ epochMs: shown, nanos: 0 }, letters);
  const end = hasOffset === true ? ` ${offsetText(dialect.zone, epochMs)}` : '';
  return dialect.isApart
    ? [written(date), written(time) + end]
    : [written(date + joint + time) + end];
}

function numberText(value: number, { decimal }: Dialect): string {
  return String(value).replace('.', decimal);
}

const WIDE = ['Lüfter (°C)', 'flow'];
const LONG = ['Größe', 'Wert'];

function columnsOf({ isApart, isOneMachine, isLong }: Dialect): readonly string[] {
  return [
    ...(isApart ? ['Tag', 'Uhrzeit'] : ['Zeit']),
    ...(isOneMachine ? [] : ['Gerät']),
    ...(isLong ? LONG : WIDE),
  ];
}

function rowsOf(measured: Measured, dialect: Dialect): readonly (readonly string[])[] {
  const keys = [...timeCells(measured, dialect), ...(dialect.isOneMachine ? [] : ['EQ-1'])];
  const values = [measured.thousandths / 1000, measured.others].map((value) =>
    numberText(value, dialect),
  );
  return dialect.isLong
    ? values.map((value, n) => [...keys, n === 0 ? 'fan' : 'flow', value])
    : [[...keys, ...values]];
}

function lineOf(cells: readonly string[], dialect: Dialect): string {
  const { delimiter, isQuoted, hasBlanks, hasTrailingDelimiter, lineEnd } = dialect;
  const dressed = cells.map((cell) => (isQuoted ? `"${cell}"` : cell));
  const end = hasTrailingDelimiter ? delimiter : '';
  return dressed.join(delimiter + (hasBlanks && delimiter !== '\t' ? ' ' : '')) + end + lineEnd;
}

function fileOf(measured: readonly Measured[], dialect: Dialect): Buffer {
  const { header, encoding, hasMark, isZipped, delimiter, lineEnd } = dialect;
  const lines = measured.flatMap((one) => rowsOf(one, dialect)).map((row) => lineOf(row, dialect));
  const head = header === 'none' ? '' : lineOf(columnsOf(dialect), dialect);
  const preambles = {
    'behind a preamble': `Export of the cellar${lineEnd}${lineEnd}`,
    'behind sep=': `sep=${delimiter}${lineEnd}`,
    first: '',
    none: '',
  };
  const text = preambles[header] + head + lines.join('');
  const bytes = encoded(text, encoding, hasMark);
  return isZipped ? gzipSync(bytes) : bytes;
}

function encoded(text: string, encoding: TextEncoding, hasMark: boolean): Buffer {
  if (encoding === 'windows-1252' || encoding === 'iso-8859-1') return Buffer.from(text, 'latin1');
  const marked = hasMark ? `\ufeff${text}` : text;
  if (encoding === 'utf-8') return Buffer.from(marked);
  const bytes = Buffer.from(marked, 'utf16le');
  return encoding === 'utf-16le' ? bytes : bytes.swap16();
}

/** What has to be said of such a file, and nothing else. */
function optionsOf(dialect: Dialect): Partial<ImportOptions> {
  const { zone, decimal, encoding, hasMark, header, isApart, isOneMachine, isLong } = dialect;
  const columns = new Map<string, string>();
  if (isApart) columns.set('Tag', 'date').set('Uhrzeit', 'time');
  else columns.set('Zeit', 'timestamp');
  if (!isOneMachine) columns.set('Gerät', 'equipmentId');
  if (isLong) columns.set('Größe', 'metric').set('Wert', 'value');
  else columns.set('Lüfter (°C)', 'fan');
  const isMarked = hasMark && encoding.startsWith('utf-');
  const form = formOf(dialect);
  const { format } = form;
  return {
    columns,
    ...(format !== undefined && { timestampFormat: format }),
    ...(!isZoned(form) && { timezone: zone }),
    ...(decimal === ',' && { decimal }),
    ...(encoding !== 'utf-8' && !isMarked && { encoding }),
    ...(isOneMachine && { equipmentId: 'EQ-1' }),
    ...(header === 'none' && { headerLine: 0, names: columnsOf(dialect) }),
  };
}

async function imported(file: Buffer, { isZipped }: Dialect, options: Partial<ImportOptions>) {
  const bench = new ImportWorkbench();
  const fileName = `export.txt${isZipped ? '.gz' : ''}`;
  const { uploadId, status, failure, checkpoint } = await bench.importFile(file, {
    fileName,
    options,
  });
  const report = bench.storage.reports.get(uploadId) ?? '';
  const said = `${failure?.detail ?? ''} ${report}`;
  return { status, said, cells: checkpoint.cells, readings: await bench.readings() };
}

function expectedReadings(measured: readonly Measured[]): readonly string[] {
  return measured
    .toSorted((a, b) => a.minute - b.minute)
    .map(({ minute, thousandths, others }) => {
      const instant = new Date(START + minute * 60_000).toISOString().replace('Z', '000000Z');
      return `EQ-1 ${instant} fan=${thousandths / 1000} flow=${others}`;
    });
}

/** When clocks are set back, by zone. */
const SET_BACK = {
  'Europe/Berlin': Date.parse('2022-10-30T01:00:00Z'),
  'America/New_York': Date.parse('2022-11-06T06:00:00Z'),
  'Australia/Lord_Howe': Date.parse('2023-04-01T15:00:00Z'),
} as const;
const NIGHT_HOURS = 2;

const nights = record({
  zone: constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe'),
  stepMinutes: constantFrom(5, 7, 10, 15),
  shiftMinutes: integer({ min: 0, max: 14 }),
}).map(({ zone, stepMinutes, shiftMinutes }) => {
  const first = (SET_BACK[zone] - START) / 60_000 - NIGHT_HOURS * 60 + shiftMinutes;
  const rows = Math.floor((2 * NIGHT_HOURS * 60) / stepMinutes);
  const measured = Array.from({ length: rows }, (_, n): Measured => {
    return { minute: first + n * stepMinutes, thousandths: n * 500 + 1, others: n };
  });
  return { zone, measured };
});

describe('whatever a dialect writes', () => {
  it(
    'is read back exactly with the options that it needs',
    async () => {
      await assert(
        asyncProperty(dialects, measurements, async (dialect, all) => {
          const measured = measuredOnce(all, dialect);
          const { status, said, readings, cells } = await imported(
            fileOf(measured, dialect),
            dialect,
            optionsOf(dialect),
          );

          expect([status, said]).toEqual(['completed', ' ']);
          expect(readings).toEqual(expectedReadings(measured));
          expect(cells).toEqual({ accepted: 2 * measured.length, rejected: 0, missing: 0 });
        }),
        { numRuns: 200 },
      );
    },
    PATIENCE_MS,
  );

  it(
    'is read back exactly through a night in which clocks are set back',
    async () => {
      await assert(
        asyncProperty(dialects, nights, async (anyDialect, { zone, measured }) => {
          const dialect = { ...anyDialect, zone };
          const options = { ...optionsOf(dialect), repeatedHour: 'in-order' } as const;

          const { status, said, readings } = await imported(
            fileOf(measured, dialect),
            dialect,
            options,
          );

          expect([status, said]).toEqual(['completed', ' ']);
          expect(readings).toEqual(expectedReadings(measured));
        }),
        { numRuns: 60 },
      );
    },
    PATIENCE_MS,
  );

  it(
    'is read back exactly, or refused with the option that is missing',
    async () => {
      const dropped = array(integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 1 });

      await assert(
        asyncProperty(dialects, measurements, dropped, async (dialect, all, [choice = 0]) => {
          const measured = measuredOnce(all, dialect);
          const options = optionsOf(dialect);
          const names = Object.keys(options);
          const missing = names[choice % names.length] ?? '';
          const left = Object.fromEntries(
            Object.entries(options).filter(
              ([name]) => name !== missing && (missing !== 'headerLine' || name !== 'names'),
            ),
          );

          const { status, said, readings } = await imported(
            fileOf(measured, dialect),
            dialect,
            missing === 'names' ? options : left,
          );

          const isExact = isDeepStrictEqual(readings, expectedReadings(measured));
          expect(status === 'completed' ? isExact : said.includes(missing)).toBe(true);
        }),
        { numRuns: 200 },
      );
    },
    PATIENCE_MS,
  );
});
