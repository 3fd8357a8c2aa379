import { gzipSync } from 'node:zlib';
import type { CsvOptions } from './csv-file.ts';
import {
  american,
  germanDate,
  inBerlin,
  iso,
  sheet,
  type WrittenReading,
} from './written-readings.ts';

/** One way in which files write readings, with the options that its import needs. */
export interface CsvDialect {
  readonly name: string;
  readonly options: CsvOptions;
  /** The lines in front of the rows. */
  readonly head: string;
  readonly readingOf: (index: number) => WrittenReading;
  readonly rowOf: (reading: WrittenReading) => string;
  readonly encode?: (text: string) => Buffer;
  readonly fileName?: string;
}

/** Minutes before clocks in Berlin are set back. */
const AUTUMN_EPOCH_MS = Date.parse('2022-10-30T00:55:00Z');
const SERIAL_OF_1970 = 25_569;
const DAY_MS = 86_400_000;
const MONTHS = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');

function first({ values }: WrittenReading): string {
  return Object.values(values)[0] ?? '';
}

const comma = (number: string): string => number.replace('.', ',');

const PLAIN_HEAD = 'equipmentId,timestamp,value\n';
/** With another way to write the timestamp. */
const timestamped =
  (write: (epochMs: number) => string) =>
  (reading: WrittenReading): string =>
    `${reading.equipmentId},${write(reading.epochMs)},${first(reading)}\n`;
const plainRow = timestamped(iso);

const PLAIN: CsvDialect = {
  name: 'plain',
  options: {},
  head: PLAIN_HEAD,
  readingOf: sheet(),
  rowOf: plainRow,
};

const WEATHER = ['temperature', 'pressure', 'humidity', 'flow', 'level'];
/** As many rows of one equipment in an hour as the others have. */
const WHOLE_SECONDS = sheet({ stepMs: 1000, equipment: 125 });

/** Text of one byte a character. */
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const utf16le = (text: string): Buffer => Buffer.from(text, 'utf16le');
const utf16be = (text: string): Buffer => utf16le(text).swap16();

/** With a column of text that is not ASCII, and left out. */
const PLACE: Pick<CsvDialect, 'head' | 'rowOf' | 'readingOf'> = {
  head: 'equipmentId,timestamp,Ort,Wärme °C\n',
  readingOf: sheet({ metrics: ['heat'] }),
  rowOf: (reading) =>
    `${reading.equipmentId},${iso(reading.epochMs)},Lüfter Süd,${first(reading)}\n`,
};
const PLACE_COLUMNS = { Ort: null, 'Wärme °C': 'heat' };

/** Those of SPEC's table of options, one after the other; the first is what the others are compared with. */
export const DIALECTS: readonly CsvDialect[] = [
  PLAIN,
  {
    ...PLAIN,
    name: 'semicolons, decimal comma',
    options: { decimal: ',' },
    head: 'equipmentId;timestamp;value\n',
    rowOf: (reading) => `${reading.equipmentId};${iso(reading.epochMs)};${comma(first(reading))}\n`,
  },
  {
    ...PLAIN,
    name: 'tabs, lines end with CR LF',
    head: 'equipmentId\ttimestamp\tvalue\r\n',
    rowOf: (reading) => `${reading.equipmentId}\t${iso(reading.epochMs)}\t${first(reading)}\r\n`,
  },
  {
    ...PLAIN,
    name: 'lines end with CR',
    head: 'equipmentId,timestamp,value\r',
    rowOf: (reading) => `${reading.equipmentId},${iso(reading.epochMs)},${first(reading)}\r`,
  },
  {
    ...PLAIN,
    name: 'every cell quoted, decimal comma',
    options: { decimal: ',' },
    head: '"equipmentId";"timestamp";"value"\n',
    rowOf: (reading) =>
      `"${reading.equipmentId}";"${iso(reading.epochMs)}";"${comma(first(reading))}"\n`,
  },
  {
    ...PLAIN,
    name: 'blanks around cells',
    head: 'equipmentId , timestamp , value\n',
    rowOf: (reading) => `${reading.equipmentId} , ${iso(reading.epochMs)} ,  ${first(reading)} \n`,
  },
  {
    ...PLAIN,
    ...PLACE,
    name: 'text beyond ASCII, UTF-8',
    options: { columns: PLACE_COLUMNS },
  },
  {
    ...PLAIN,
    ...PLACE,
    name: 'the same, windows-1252',
    options: { columns: PLACE_COLUMNS, encoding: 'windows-1252' },
    encode: latin1,
  },
  {
    ...PLAIN,
    ...PLACE,
    name: 'the same, iso-8859-1',
    options: { columns: PLACE_COLUMNS, encoding: 'iso-8859-1' },
    encode: latin1,
  },
  {
    ...PLAIN,
    ...PLACE,
    name: 'the same, UTF-16 with a mark',
    options: { columns: PLACE_COLUMNS },
    head: `\ufeff${PLACE.head}`,
    encode: utf16le,
  },
  {
    ...PLAIN,
    ...PLACE,
    name: 'the same, UTF-16BE',
    options: { columns: PLACE_COLUMNS, encoding: 'utf-16be' },
    encode: utf16be,
  },
  { ...PLAIN, name: 'gzip', encode: (text) => gzipSync(text), fileName: 'readings.csv.gz' },
  {
    ...PLAIN,
    name: 'equipment of the whole file',
    options: { equipmentId: 'EQ-10000' },
    head: 'timestamp,value\n',
    readingOf: sheet({ equipment: 1 }),
    rowOf: (reading) => `${iso(reading.epochMs)},${first(reading)}\n`,
  },
  {
    ...PLAIN,
    name: 'without a header line',
    options: { headerLine: 0, names: ['equipmentId', 'timestamp', 'value'] },
    head: '',
  },
  {
    ...PLAIN,
    name: 'columns by role and position, made names',
    options: {
      columns: { Gerät: 'equipmentId', Zeit: 'timestamp', 'Temp#1': 'heat', 'Temp#2': 'cold' },
    },
    head: 'Zeit,Temp,Gerät,Temp,Druck (bar)\n',
    readingOf: sheet({ metrics: ['heat', 'cold', 'Druck_bar'] }),
    rowOf: ({ equipmentId, epochMs, values }) =>
      `${iso(epochMs)},${values['heat']},${equipmentId},${values['cold']},${values['Druck_bar']}\n`,
  },
  {
    ...PLAIN,
    name: 'five metrics',
    head: `equipmentId,timestamp,${WEATHER.join()}\n`,
    readingOf: sheet({ metrics: WEATHER }),
    rowOf: ({ equipmentId, epochMs, values }) =>
      `${equipmentId},${iso(epochMs)},${Object.values(values).join()}\n`,
  },
  {
    ...PLAIN,
    name: 'a long file: metric and value',
    options: { columns: { metric: 'metric', value: 'value' } },
    head: 'equipmentId,timestamp,metric,value\n',
    readingOf: sheet({ metrics: WEATHER, isLong: true }),
    rowOf: (reading) =>
      `${reading.equipmentId},${iso(reading.epochMs)},${Object.keys(reading.values)[0]},${first(reading)}\n`,
  },
  {
    ...PLAIN,
    name: 'missing cells, some of them numbers',
    options: { missing: ['-200', 'n/a'] },
    head: 'equipmentId,timestamp,temperature,pressure,humidity\n',
    readingOf: sheet({ metrics: ['temperature'] }),
    rowOf: (reading) =>
      `${reading.equipmentId},${iso(reading.epochMs)},${first(reading)},-200,N/A\n`,
  },
  {
    ...PLAIN,
    name: 'ISO with blanks and offsets',
    rowOf: timestamped((ms) => `${inBerlin(ms)} +0100`),
  },
  {
    ...PLAIN,
    name: 'ISO in local time',
    options: { timezone: 'Europe/Berlin' },
    rowOf: timestamped(inBerlin),
  },
  {
    ...PLAIN,
    name: 'the same, over the repeated hour, in order',
    options: { timezone: 'Europe/Berlin', repeatedHour: 'in-order' },
    readingOf: sheet({ startEpochMs: AUTUMN_EPOCH_MS }),
    rowOf: timestamped(inBerlin),
  },
  {
    ...PLAIN,
    name: 'dd.MM.yyyy HH:mm:ss in local time',
    options: { timezone: 'Europe/Berlin', timestampFormat: 'dd.MM.yyyy HH:mm:ss' },
    readingOf: WHOLE_SECONDS,
    rowOf: timestamped((ms) => `${germanDate(inBerlin(ms))} ${inBerlin(ms).slice(11, 19)}`),
  },
  {
    ...PLAIN,
    name: 'date and time apart, in local time',
    options: {
      columns: { date: 'date', time: 'time' },
      timezone: 'Europe/Berlin',
      timestampFormat: 'dd.MM.yyyy HH:mm:ss',
      decimal: ',',
    },
    head: 'equipmentId;date;time;value\n',
    readingOf: WHOLE_SECONDS,
    rowOf: (reading) => {
      const local = inBerlin(reading.epochMs);
      const { equipmentId } = reading;
      return `${equipmentId};${germanDate(local)};${local.slice(11, 19)};${comma(first(reading))}\n`;
    },
  },
  {
    ...PLAIN,
    name: 'M/d/yyyy h:mm:ss a',
    options: { timezone: '+00:00', timestampFormat: 'M/d/yyyy h:mm:ss a' },
    readingOf: WHOLE_SECONDS,
    rowOf: timestamped((ms) => {
      const text = iso(ms);
      return american(
        ms,
        `${Number(text.slice(5, 7))}/${Number(text.slice(8, 10))}/${text.slice(0, 4)}`,
      );
    }),
  },
  {
    ...PLAIN,
    name: 'names of months, the delimiter in the timestamp',
    options: { timezone: '+00:00', timestampFormat: 'MMM d, yyyy h:mm:ss a' },
    readingOf: WHOLE_SECONDS,
    rowOf: timestamped((ms) => {
      const text = iso(ms);
      const month = MONTHS[Number(text.slice(5, 7)) - 1];
      return `"${american(ms, `${month} ${Number(text.slice(8, 10))}, ${text.slice(0, 4)}`)}"`;
    }),
  },
  {
    ...PLAIN,
    name: 'epoch in seconds, with a fraction',
    options: { timestampFormat: 'epoch-s' },
    rowOf: timestamped((ms) => (ms / 1000).toFixed(2)),
  },
  {
    ...PLAIN,
    name: 'epoch in milliseconds',
    options: { timestampFormat: 'epoch-ms' },
    rowOf: timestamped(String),
  },
  {
    ...PLAIN,
    name: 'epoch in nanoseconds',
    options: { timestampFormat: 'epoch-ns' },
    rowOf: timestamped((ms) => `${ms}000000`),
  },
  {
    ...PLAIN,
    name: 'days of Excel',
    options: { timestampFormat: 'excel', timezone: '+00:00' },
    readingOf: WHOLE_SECONDS,
    rowOf: timestamped((ms) => (ms / DAY_MS + SERIAL_OF_1970).toFixed(10)),
  },
  {
    ...PLAIN,
    name: 'numbers of 17 digits',
    readingOf: sheet({
      numbers: (index) => (20 + ((index * 7919) % 8000) / 97 + 1e-14).toPrecision(17),
    }),
  },
  {
    ...PLAIN,
    name: 'numbers with exponents',
    readingOf: sheet({ numbers: (index) => (1e-6 * (1 + (index % 8000))).toExponential(5) }),
  },
];
