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
  readonly zone: keyof typeof ZONES;
  readonly header: 'first' | 'behind a preamble' | 'none';
  readonly isLong: boolean;
  readonly isOneMachine: boolean;
  readonly isQuoted: boolean;
  readonly hasBlanks: boolean;
  readonly hasTrailingDelimiter: boolean;
  readonly lineEnd: '\n' | '\r\n';
  readonly isZipped: boolean;
}

interface Measured {
  readonly minute: number;
  readonly thousandths: number;
  readonly others: number;
}

const pad = (value: number): string => String(value).padStart(2, '0');
interface Local {
  readonly y: string;
  readonly m: string;
  readonly d: string;
  readonly time: string;
  readonly epochMs: number;
}

/** Date and time of day as they are written, and the option that says so. */
const TIMES = {
  iso: { date: ({ y, m, d }: Local) => `${y}-${m}-${d}`, joint: 'T', end: 'Z', format: undefined },
  'iso, local': {
    date: ({ y, m, d }: Local) => `${y}-${m}-${d}`,
    joint: ' ',
    end: '',
    format: undefined,
  },
  German: {
    date: ({ y, m, d }: Local) => `${d}.${m}.${y}`,
    joint: ' ',
    end: '',
    format: 'dd.MM.yyyy HH:mm:ss',
  },
  American: {
    date: ({ y, m, d }: Local) => `${m}/${d}/${y}`,
    joint: ' ',
    end: '',
    format: 'MM/dd/yyyy HH:mm:ss',
  },
  seconds: { date: undefined, joint: '', end: '', format: 'epoch-s' },
  milliseconds: { date: undefined, joint: '', end: '', format: 'epoch-ms' },
} as const;
/** In winter, as far as the measurements go. */
const ZONES = { 'Europe/Berlin': 60, '+05:30': 330, 'UTC-3': -180 } as const;

const dialects = record({
  delimiter: constantFrom(',', ';', '\t', '|'),
  decimal: constantFrom('.', ','),
  encoding: constantFrom('utf-8', 'utf-16le', 'utf-16be', 'windows-1252', 'iso-8859-1'),
  hasMark: boolean(),
  time: constantFrom('iso', 'iso, local', 'German', 'American', 'seconds', 'milliseconds'),
  isApart: boolean(),
  zone: constantFrom('Europe/Berlin', '+05:30', 'UTC-3'),
  header: constantFrom('first', 'behind a preamble', 'none'),
  isLong: boolean(),
  isOneMachine: boolean(),
  isQuoted: boolean(),
  hasBlanks: boolean(),
  hasTrailingDelimiter: boolean(),
  lineEnd: constantFrom('\n', '\r\n'),
  isZipped: boolean(),
}).map(possible);

/** Without what contradicts the rest. */
function possible(dialect: Dialect): Dialect {
  return {
    ...dialect,
    decimal: dialect.delimiter === ',' ? '.' : dialect.decimal,
    isApart: dialect.isApart && TIMES[dialect.time].date !== undefined,
    // A blank in front of quotes is not part of any dialect that is known.
    hasBlanks: dialect.hasBlanks && !dialect.isQuoted,
  };
}
const measurements = uniqueArray(
  record({
    minute: integer({ min: 0, max: 50_000 }),
    thousandths: integer({ min: -99_999, max: 99_999 }),
    others: integer({ min: 0, max: 9 }),
  }),
  { selector: ({ minute }) => minute, minLength: 1, maxLength: 6 },
);
/** Hundreds of imports, on a machine that may be busy. */
const PATIENCE_MS = 120_000;
const START = Date.parse('2023-01-10T00:00:00Z');

function timeCells({ minute }: Measured, { time, zone, isApart }: Dialect): readonly string[] {
  const epochMs = START + minute * 60_000;
  if (time === 'seconds') return [String(epochMs / 1000)];
  if (time === 'milliseconds') return [String(epochMs)];
  const shown = time === 'iso' ? epochMs : epochMs + ZONES[zone] * 60_000;
  const date = new Date(shown);
  const local = {
    y: String(date.getUTCFullYear()),
    m: pad(date.getUTCMonth() + 1),
    d: pad(date.getUTCDate()),
    time: `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:00`,
    epochMs,
  };
  const { date: dateText, joint, end } = TIMES[time];
  const cells = [dateText(local), local.time + end];
  return isApart ? cells : [cells.join(joint)];
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
  const { header, encoding, hasMark, isZipped, lineEnd } = dialect;
  const lines = measured.flatMap((one) => rowsOf(one, dialect)).map((row) => lineOf(row, dialect));
  const head = header === 'none' ? '' : lineOf(columnsOf(dialect), dialect);
  const preamble = header === 'behind a preamble' ? `Export of the cellar${lineEnd}${lineEnd}` : '';
  const text = preamble + head + lines.join('');
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
  const { time, zone, decimal, encoding, hasMark, header, isApart, isOneMachine, isLong } = dialect;
  const columns = new Map<string, string>();
  if (isApart) columns.set('Tag', 'date').set('Uhrzeit', 'time');
  else columns.set('Zeit', 'timestamp');
  if (!isOneMachine) columns.set('Gerät', 'equipmentId');
  if (isLong) columns.set('Größe', 'metric').set('Wert', 'value');
  else columns.set('Lüfter (°C)', 'fan');
  const isMarked = hasMark && encoding.startsWith('utf-');
  const { format } = TIMES[time];
  return {
    columns,
    ...(format !== undefined && { timestampFormat: format }),
    ...(['iso, local', 'German', 'American'].includes(time) && { timezone: zone }),
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

describe('whatever a dialect writes', () => {
  it(
    'is read back exactly with the options that it needs',
    async () => {
      await assert(
        asyncProperty(dialects, measurements, async (dialect, measured) => {
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
    'is read back exactly, or refused with the option that is missing',
    async () => {
      const dropped = array(integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 1 });

      await assert(
        asyncProperty(dialects, measurements, dropped, async (dialect, measured, [choice = 0]) => {
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
