import { describe, expect, it } from 'vitest';
import { gzipSync } from 'node:zlib';
import { ALL_THE_TIME, ImportWorkbench } from '../../../../test/support/import-workbench.js';
import { mortalPorts } from '../../../../test/support/mortal-ports.js';
import type { ImportOptions } from '../grammar/import-options.js';
import type { ImportRecord } from './import-record.js';

interface TortureCase {
  readonly name: string;
  readonly file: string | Buffer;
  readonly fileName?: string;
  readonly options?: Partial<ImportOptions>;
  /** How many rows are accepted; from and to where that hangs on how gzip cuts its blocks. */
  readonly accepted: number | readonly [number, number];
  /** Line and code of every rejected row. */
  readonly rejected?: readonly (readonly [number, string])[];
  readonly failure?: string;
  /** When it is not one reading a row. */
  readonly readings?: number;
  /** Reported rows that are accepted all the same. */
  readonly badCells?: number;
}

const T = (minute: number): string => `2023-02-15T00:${String(minute % 60).padStart(2, '0')}:00Z`;
const HEAD = 'equipmentId,timestamp,value\n';
const row = (minute: number, value = String(minute)): string => `EQ-1,${T(minute)},${value}\n`;
const ROWS = [1, 2, 3, 4, 5].map((minute) => row(minute)).join('');
const utf16be = (text: string): Buffer => Buffer.from(text, 'utf16le').swap16();
const bad = (line: number, code: string) => [line, code] as const;
const withByte = (text: string, byte: number): Buffer => {
  const [before = '', after = ''] = text.split('#');
  return Buffer.concat([Buffer.from(before), Buffer.from([byte]), Buffer.from(after)]);
};
const values = (...cells: string[]): string =>
  HEAD + cells.map((cell, index) => `EQ-1,${T(index)},${cell}\n`).join('');
const timestamps = (...cells: string[]): string =>
  HEAD + cells.map((cell, index) => `EQ-${index},${cell},1\n`).join('');
const allBad = (code: string, count: number) =>
  Array.from({ length: count }, (_, index) => bad(index + 2, code));

const STRUCTURE: readonly TortureCase[] = [
  { name: '1 empty file', file: '', accepted: 0, failure: 'file-empty' },
  { name: '2 only a byte order mark', file: '\ufeff', accepted: 0, failure: 'file-empty' },
  { name: '2b only blank lines', file: '\n\r\n  \n', accepted: 0, failure: 'file-empty' },
  { name: '3 header only', file: HEAD, accepted: 0 },
  { name: '3b header without line end', file: HEAD.trimEnd(), accepted: 0 },
  { name: '4 no final newline', file: HEAD + ROWS.trimEnd(), accepted: 5 },
  { name: '5 CR only', file: (HEAD + ROWS).replaceAll('\n', '\r'), accepted: 5 },
  { name: '6 CRLF', file: (HEAD + ROWS).replaceAll('\n', '\r\n'), accepted: 5 },
  {
    name: '7 mixed line ends',
    file: `equipmentId,timestamp,value\r${row(1).trimEnd()}\r\n${row(2)}${row(3).trimEnd()}\r${row(4, 'x')}`,
    accepted: 3,
    rejected: [bad(5, 'value-not-a-number')],
  },
  {
    name: '8 blank lines are skipped and not counted, but numbered',
    file: `\n${HEAD}\n   \n${row(1)}\r\n\n${row(2, 'x')}\n`,
    accepted: 1,
    rejected: [bad(8, 'value-not-a-number')],
  },
  { name: '9 blanks around fields', file: `${HEAD} EQ-1 ,\t${T(1)} , 5\t \n`, accepted: 1 },
  { name: '10 no header', file: ROWS, accepted: 0, failure: 'header-missing-column' },
  {
    name: '11 header in another order',
    file: `value,timestamp,equipmentId\n5,${T(1)},EQ-1\n`,
    accepted: 1,
  },
  {
    name: '12 header in another case, with blanks',
    file: ` EQUIPMENTID ,Timestamp, Value\n${ROWS}`,
    accepted: 5,
  },
  {
    name: '13 duplicate metric',
    file: `${HEAD.trimEnd()},value\n`,
    accepted: 0,
    failure: 'header-duplicate-column',
  },
  {
    name: '13b duplicate id',
    file: 'equipmentId,EquipmentID,timestamp,value\n',
    accepted: 0,
    failure: 'header-duplicate-column',
  },
  {
    name: '14 another column is a metric',
    file: `${HEAD.trimEnd()},pressure\n${row(1).trimEnd()},2\n`,
    accepted: 1,
  },
  {
    name: '14b columns whose names are made those of metrics',
    file: `${HEAD.trimEnd()},Druck (bar),PM2.5(µg/m³),1st\n${row(1).trimEnd()},2,3,4\n`,
    accepted: 1,
  },
  {
    name: '14d a column that cannot be one',
    file: `${HEAD.trimEnd()},温度\n`,
    accepted: 0,
    failure: 'header-invalid-column',
  },
  {
    name: '14f a column whose name would lose a letter: T is another one',
    file: `${HEAD.trimEnd()},θT\n`,
    accepted: 0,
    failure: 'header-invalid-column',
  },
  {
    name: '14g letters that have others for them',
    file: `${HEAD.trimEnd()},ΔT,∆U,T,Tørstof,tæthed,Głębokość,R (Ω)\n${row(1).trimEnd()},2,3,4,5,6,7,8\n`,
    accepted: 1,
  },
  {
    name: '14e columns that come to have one name',
    file: `${HEAD.trimEnd()},T (C),T [C]\n`,
    accepted: 0,
    failure: 'header-duplicate-column',
  },
  {
    name: '14c a column with _ is ignored',
    file: `_line,_x,_x,${HEAD}9,"a",,${row(1)}`,
    accepted: 1,
  },
  {
    name: '15 missing required column',
    file: `equipmentId,value\n`,
    accepted: 0,
    failure: 'header-missing-column',
  },
  {
    name: '15b no metric column',
    file: `equipmentId,timestamp\n`,
    accepted: 0,
    failure: 'header-no-metric',
  },
  {
    name: '16 too few fields',
    file: `${HEAD}EQ-1,${T(1)}\n${row(2)}`,
    accepted: 1,
    rejected: [bad(2, 'field-count')],
  },
  {
    name: '17 too many fields',
    file: `${HEAD}EQ-1,${T(1)},1,2\n${row(2)}`,
    accepted: 1,
    rejected: [bad(2, 'field-count')],
  },
  {
    name: '18 10,000 columns',
    file: `equipmentId,timestamp${Array.from({ length: 9998 }, (_, i) => `,m${i}`).join('')}\n`,
    accepted: 0,
    failure: 'too-many-columns',
  },
  {
    name: '18b 65 columns of metrics',
    file: `equipmentId,timestamp${Array.from({ length: 65 }, (_, i) => `,m${i}`).join('')}\nEQ-1,${T(1)}${',1'.repeat(65)}\n`,
    accepted: 0,
    failure: 'too-many-metrics',
  },
  {
    name: '18c 64 columns of metrics',
    file: `equipmentId,timestamp${Array.from({ length: 64 }, (_, i) => `,m${i}`).join('')}\nEQ-1,${T(1)}${',1'.repeat(64)}\n`,
    accepted: 1,
  },
  {
    name: '19 a row of 1 MB',
    file: `${HEAD}${row(1)}EQ-1,${T(2)},${'1'.repeat(1_000_000)}\n${row(3)}`,
    accepted: 2,
    rejected: [bad(3, 'row-too-long')],
  },
  {
    name: '19b at the end without line end',
    file: `${HEAD}${row(1)}${'1'.repeat(200_000)}`,
    accepted: 1,
    rejected: [bad(3, 'row-too-long')],
  },
  {
    name: '19c a header of 100 KB',
    file: `${'a'.repeat(100_000)}\n`,
    accepted: 0,
    failure: 'header-too-long',
  },
  {
    name: '19d the same with rows behind it',
    file: `${HEAD.trimEnd()},${'a'.repeat(70_000)}\nEQ-1,${T(1)},1,2\n`,
    accepted: 0,
    failure: 'header-too-long',
  },
  {
    name: '19e a header that ends within 64 KiB',
    file: `${HEAD.trimEnd()},${'a'.repeat(65_000)}\nEQ-1,${T(1)},1,2\n`,
    accepted: 1,
  },
  {
    name: '20 repeated header',
    file: HEAD + row(1) + HEAD + row(2),
    accepted: 2,
    rejected: [bad(3, 'header-repeated')],
  },
  {
    name: '20l comments where the first column is left out or a metric',
    file: `_n,value,timestamp,equipmentId\n1,5,${T(1)},EQ-1\n#2,5,${T(2)},EQ-1\n"#3",5,${T(3)},EQ-1\n #4,5,${T(4)},EQ-1\n`,
    accepted: 1,
    rejected: [3, 4, 5].map((line) => bad(line, 'comment')),
  },
  {
    name: '20l2 a metric that is no comment',
    file: `value,b,timestamp,equipmentId\n#5,1,${T(1)},EQ-1\n#N/A,1,${T(2)},EQ-1\n#DIV/0!,1,${T(3)},EQ-1\n`,
    accepted: 2,
    badCells: 1,
    rejected: [bad(2, 'comment'), bad(4, 'value-not-a-number')],
  },
  {
    name: '20k another header, until the first one stands there again',
    file: `${HEAD.trimEnd()},b\n${row(1).trimEnd()},1\n${HEAD.trimEnd()},c\n${row(2).trimEnd()},2\n${row(3).trimEnd()},2\n${HEAD.trimEnd()},b\n${row(4).trimEnd()},1\n`,
    accepted: 2,
    rejected: [...[3, 4, 5].map((line) => bad(line, 'header-changed')), bad(6, 'header-repeated')],
  },
  {
    name: '20k2 another header with fewer columns',
    file: `equipmentId,timestamp,a,value\nEQ-1,${T(1)},1,2\n${HEAD}${row(2)}`,
    accepted: 1,
    rejected: [3, 4].map((line) => bad(line, 'header-changed')),
  },
  {
    name: '20k3 the header with its delimiters behind it',
    file: `${HEAD}${row(1)}${HEAD.trimEnd()},,\n${row(2)}`,
    accepted: 2,
    rejected: [bad(3, 'header-repeated')],
  },
  {
    name: '20k4 a header in a file that is said to have none',
    file: `${HEAD}${row(1)}`,
    options: { headerLine: 0, names: ['equipmentId', 'timestamp', 'temperature'] },
    accepted: 1,
    rejected: [bad(1, 'timestamp-malformed')],
  },
  {
    name: '20b a preamble, comments and units',
    file: `Plot Title: cellar\n# made by a logger\n${HEAD},,°C\n${row(1)}# pause\n${row(2)}`,
    accepted: 2,
    rejected: [bad(4, 'units-row'), bad(6, 'comment')],
  },
  {
    name: '20c delimiters behind the rows, and behind the header too',
    file: `${HEAD.trimEnd()},,\n${row(1)}${row(2).trimEnd()},\n${row(3).trimEnd()},,\n${row(4).trimEnd()}, , ,\n${row(5).trimEnd()},x\n`,
    accepted: 4,
    rejected: [bad(6, 'column-unnamed')],
  },
  {
    name: '20c4 a decimal comma cuts a number, and the rest of it comes to stand where no name is',
    file: `${HEAD.trimEnd()},\nEQ-1,${T(1)},21,5,\nEQ-1,${T(2)},21,5\nEQ-1,${T(3)},21,\n`,
    accepted: 1,
    rejected: [bad(2, 'column-unnamed'), bad(3, 'column-unnamed')],
  },
  {
    name: '20c2 columns without a name are left out',
    file: `${HEAD.trimEnd()},,\nEQ-1,${T(1)},1,x,y\n${row(2)}`,
    options: { columns: new Map([['', null]]) },
    accepted: 2,
  },
  {
    name: '20c3 one column without a name is left out',
    file: `${HEAD.trimEnd()},,\nEQ-1,${T(1)},1,x,\nEQ-1,${T(2)},1,,y\n`,
    options: { columns: new Map([['#1', null]]) },
    accepted: 1,
    rejected: [bad(3, 'column-unnamed')],
  },
  {
    name: '20d a blank behind each comma',
    file: 'equipmentId, timestamp, value\n' + ROWS.replaceAll(',', ', ') + `EQ-1, "${T(6)}", "6"\n`,
    accepted: 6,
  },
  {
    name: '20e zero bytes between rows, within one and at the end',
    file: `${HEAD}${row(1)}${'\0'.repeat(512)}${row(2)}${'\0'.repeat(9)}\n${row(3)}EQ-1,20${'\0'.repeat(600)}${row(4)}${'\0'.repeat(4096)}`,
    accepted: 4,
    rejected: [3, 4, 6, 7].map((line) => bad(line, 'zero-bytes')),
  },
  {
    name: '20f the equipment of the whole file',
    file: `datetime,Volume Flow\n${T(1)},5\n${T(2)},OL\n`,
    options: { equipmentId: 'EQ-1' },
    accepted: 1,
    rejected: [bad(3, 'value-not-a-number')],
  },
  {
    name: '20g no header',
    file: `0,EQ-1,${T(1)},5,\n1,EQ-1,${T(2)},x,\n`,
    options: { headerLine: 0, names: ['_n', 'equipmentId', 'timestamp', 'value'] },
    accepted: 1,
    rejected: [bad(2, 'value-not-a-number')],
  },
  {
    name: '20h a header further down',
    file: `equipmentId,timestamp,x\nEQ-0,${T(1)},1\n${HEAD}${row(1)}`,
    options: { headerLine: 3 },
    accepted: 1,
  },
  {
    name: '20j a preamble that begins like a header',
    file: `Timestamp;01.02.2023 10:00\nDatetime;2023-02-15T00:00:00Z\ntimestamp;1;2\n${T(1)};5;6\n`,
    options: { equipmentId: 'EQ-1' },
    accepted: 1,
  },
  {
    name: '20i no such line',
    file: HEAD + row(1),
    options: { headerLine: 9 },
    accepted: 0,
    failure: 'header-missing',
  },
];

const LONG_COLUMNS = new Map([
  ['device', 'equipmentId'],
  ['time', 'timestamp'],
  ['metric', 'metric'],
]);
const CELLS: readonly TortureCase[] = [
  {
    name: '61 bad and missing cells beside good ones',
    file: `${HEAD.trimEnd()},b\n${row(1).trimEnd()},NaN\n${row(2).trimEnd()},OL\n${row(3, '--').trimEnd()},x\n${row(4, '').trimEnd()},n/a\n${row(5, '<0.5').trimEnd()},7\n`,
    accepted: 4,
    readings: 3,
    badCells: 2,
    rejected: [
      bad(3, 'value-not-a-number'),
      bad(4, 'value-not-a-number'),
      bad(6, 'value-not-a-number'),
    ],
  },
  {
    name: '62 a long file',
    file: `time,device,metric,value,quality\n${T(1)},EQ-1,temperature,20,good\n${T(1)},EQ-1,humidity,55,good\n${T(2)},EQ-1,$RT_OFF$,0,\n${T(3)},EQ-1,temperature,,\n${T(4)},EQ-1,temperature,on,\n`,
    options: { columns: LONG_COLUMNS },
    accepted: 3,
    readings: 1,
    rejected: [bad(4, 'metric-name-invalid'), bad(5 + 1, 'value-not-a-number')],
  },
  {
    name: '62b a long file of which nobody says so',
    file: `timestamp,equipmentId,metric,value\n${T(1)},EQ-1,temperature,20\n`,
    accepted: 0,
    failure: 'header-role-unsaid',
  },
  {
    name: '62c date and time apart',
    file: `Date,Time,equipmentId,value\n2023-02-15,01:30:00Z,EQ-1,1\n2023-02-15,,EQ-1,1\n`,
    options: {
      columns: new Map([
        ['Date', 'date'],
        ['Time', 'time'],
      ]),
    },
    accepted: 1,
    rejected: [bad(3, '*')],
  },
  {
    name: '62d columns of one name',
    file: `#,equipmentId,timestamp,T,T,\n1,EQ-1,${T(1)},1,2,\n`,
    options: {
      columns: new Map([
        ['#', null],
        ['T#1', 'inside'],
        ['T#2', 'outside'],
      ]),
    },
    accepted: 1,
  },
  {
    name: '62e numbers that mean no value',
    file: values('-200', '-200.0', '-200.5', 'NaN'),
    options: { missing: ['-200'] },
    accepted: 3,
    readings: 1,
    rejected: [bad(5, 'value-not-a-number')],
  },
];

const QUOTING: readonly TortureCase[] = [
  {
    name: '21 all quoted',
    file: `"equipmentId","timestamp","value"\n"EQ-1","${T(1)}","5"\n"EQ-1","${T(2)}","6" \n`,
    accepted: 2,
  },
  {
    name: '22 escaped quotes',
    file: `${HEAD.trimEnd()},_note\n${row(1).trimEnd()},"he said ""no"", twice"\n`,
    accepted: 1,
  },
  {
    name: '23 embedded newline',
    file: `${HEAD.trimEnd()},_note\n${row(1).trimEnd()},"two\r\nlines"\n${row(2).trimEnd()},x\n${row(3).trimEnd()},"a\n\nb\n"\n${row(4, 'x').trimEnd()},\n`,
    accepted: 1,
    rejected: [
      bad(2, 'embedded-newline'),
      bad(5, 'embedded-newline'),
      bad(9, 'value-not-a-number'),
    ],
  },
  {
    name: '24 unclosed quote at the end',
    file: `${HEAD}${row(1)}"EQ-1,${T(2)},3`,
    accepted: 1,
    rejected: [bad(3, 'unclosed-quote')],
  },
  {
    name: '24b unclosed quote amid the file',
    file: `${HEAD}"EQ-1,${T(1)},1\n${row(2)}${row(3)}`,
    accepted: 2,
    rejected: [bad(2, 'unclosed-quote')],
  },
  {
    name: '24c unclosed before quoted rows',
    file: `${HEAD}"EQ-1,${T(1)},1\n"EQ-1","${T(2)}",3\n`,
    accepted: 1,
    rejected: [bad(2, 'unclosed-quote')],
  },
  {
    name: '24d unclosed with the next quote far away',
    file: `${HEAD}"EQ-1,${T(1)},1\n${Array.from({ length: 3000 }, (_, i) => `EQ-${i},${T(1)},1\n`).join('')}"EQ-z",${T(2)},3\n`,
    accepted: 3001,
    rejected: [bad(2, 'unclosed-quote')],
  },
  {
    name: '25 quote inside an unquoted field',
    file: `${HEAD}EQ"1,${T(1)},1\n${row(2)}`,
    accepted: 1,
    rejected: [bad(2, 'equipment-id-invalid')],
  },
  {
    name: '26 text behind a closing quote',
    file: `${HEAD}"EQ-1"x,${T(1)},1\n${row(2)}`,
    accepted: 1,
    rejected: [bad(2, 'quote-malformed')],
  },
  {
    name: '27 single quotes',
    file: `${HEAD}'EQ-1','${T(1)}','1'\n${row(2)}`,
    accepted: 1,
    rejected: [bad(2, 'equipment-id-invalid')],
  },
];

const ENCODING: readonly TortureCase[] = [
  { name: '28 UTF-8 with a byte order mark', file: `\ufeff${HEAD}${ROWS}`, accepted: 5 },
  {
    name: '28b a mark in front of a quoted header',
    file: `\ufeff"equipmentId",timestamp,value\n${ROWS}`,
    accepted: 5,
  },
  {
    name: '28c a mark amid the file',
    file: `${HEAD}${row(1)}\ufeff${row(2)}`,
    accepted: 1,
    rejected: [bad(3, 'equipment-id-invalid')],
  },
  { name: '29 UTF-16LE', file: Buffer.from(`\ufeff${HEAD}${ROWS}`, 'utf16le'), accepted: 5 },
  { name: '30 UTF-16BE', file: utf16be(`\ufeff${HEAD}${ROWS}`), accepted: 5 },
  {
    name: '30b UTF-16 with half a character',
    file: Buffer.from(
      `\ufeff${HEAD.trimEnd()},_n\n${row(1).trimEnd()},\ud83d\n${row(2).trimEnd()},\ud83d\ude00\n`,
      'utf16le',
    ),
    accepted: 1,
    rejected: [bad(2, 'encoding-invalid')],
  },
  {
    name: '30c UTF-16 with half a character between letters',
    file: Buffer.from(
      `\ufeff${HEAD.trimEnd()},_n\n${row(1).trimEnd()},a\ud83db\n${row(2).trimEnd()},\n`,
      'utf16le',
    ),
    accepted: 1,
    rejected: [bad(2, 'encoding-invalid')],
  },
  {
    name: '31 UTF-16 without a mark',
    file: Buffer.from(HEAD + ROWS, 'utf16le'),
    accepted: 0,
    failure: 'encoding-unsupported',
  },
  {
    name: '32 UTF-32',
    file: Buffer.concat([Buffer.from([0xff, 0xfe, 0, 0]), Buffer.from(HEAD, 'utf16le')]),
    accepted: 0,
    failure: 'encoding-unsupported',
  },
  {
    name: '32b UTF-32BE',
    file: Buffer.from([0, 0, 0xfe, 0xff, 0, 0, 0, 65]),
    accepted: 0,
    failure: 'encoding-unsupported',
  },
  {
    name: '33 a Latin-1 byte',
    file: withByte(`${HEAD}M#,${T(1)},1\n${row(2)}`, 0xfc),
    accepted: 1,
    rejected: [bad(2, 'encoding-invalid')],
  },
  {
    name: '33c text of another encoding',
    file: withByte(`${HEAD.trimEnd()},_n\n${row(1).trimEnd()},L#fter\n`, 0xfc),
    accepted: 0,
    failure: 'encoding-unsupported',
  },
  {
    name: '33d the same when it is said',
    file: withByte(`${HEAD.trimEnd()},L#fter\n${row(1).trimEnd()},2\n`, 0xfc),
    options: { encoding: 'windows-1252' },
    accepted: 1,
  },
  {
    name: '33e the same when it is said to be UTF-8',
    file: withByte(
      `${HEAD.trimEnd()},_n\n${row(1).trimEnd()},L#fter\n${row(2).trimEnd()},\n`,
      0xfc,
    ),
    options: { encoding: 'utf-8' },
    accepted: 1,
    rejected: [bad(2, 'encoding-invalid')],
  },
  {
    name: '33f a mark knows better than the option',
    file: `\ufeff${HEAD}${ROWS}`,
    options: { encoding: 'iso-8859-1' },
    accepted: 5,
  },
  {
    name: '31b UTF-16 without a mark, as said',
    file: Buffer.from(HEAD + ROWS, 'utf16le'),
    options: { encoding: 'utf-16le' },
    accepted: 5,
  },
  {
    name: '31c UTF-8 that is said to be UTF-16',
    file: HEAD + ROWS,
    options: { encoding: 'utf-16le' },
    accepted: 0,
    failure: 'encoding-unsupported',
  },
  {
    name: '31d UTF-16 the other way round',
    file: utf16be(HEAD + ROWS),
    options: { encoding: 'utf-16le' },
    accepted: 0,
    failure: 'encoding-unsupported',
  },
  {
    name: '31e UTF-16 that is said to be Windows-1252',
    file: Buffer.from(HEAD + ROWS, 'utf16le'),
    options: { encoding: 'windows-1252' },
    accepted: 0,
    failure: 'encoding-unsupported',
  },
  {
    name: '33b in the header',
    file: withByte(`${HEAD.trimEnd()},M#\n`, 0xfc),
    accepted: 0,
    failure: 'encoding-unsupported',
  },
  {
    name: '34 overlong form and surrogate',
    file: Buffer.concat([
      Buffer.from(HEAD),
      Buffer.from([0xc0, 0xaf]),
      Buffer.from(`,${T(1)},1\n`),
      Buffer.from([0xed, 0xa0, 0x80]),
      Buffer.from(`,${T(1)},1\n${row(3)}`),
    ]),
    accepted: 1,
    rejected: [bad(2, 'encoding-invalid'), bad(3, 'encoding-invalid')],
  },
  {
    name: '35 a NUL byte',
    file: withByte(`${HEAD}EQ#,${T(1)},1\n${row(2)}`, 0),
    accepted: 1,
    rejected: [bad(2, 'encoding-invalid')],
  },
  {
    name: '36 characters cut between chunks',
    file: `${HEAD.trimEnd()},_note\n${[1, 2, 3].map((m) => `${row(m).trimEnd()},äöü€😀\n`).join('')}`,
    accepted: 3,
  },
  {
    name: '37 other blanks around a number',
    file: values('1', '\u00a02', '3\u200b'),
    accepted: 1,
    rejected: [bad(3, 'value-not-a-number'), bad(4, 'value-not-a-number')],
  },
  {
    name: '38 fullwidth and Arabic digits',
    file: values('１', '٣', '4'),
    accepted: 1,
    rejected: [bad(2, 'value-not-a-number'), bad(3, 'value-not-a-number')],
  },
];

const semicolons = (text: string): string => text.replaceAll(',', ';');
const DIALECT: readonly TortureCase[] = [
  { name: '39 semicolons', file: semicolons(HEAD + ROWS), accepted: 5 },
  { name: '40 tabs', file: (HEAD + ROWS).replaceAll(',', '\t'), accepted: 5 },
  { name: '41 bars', file: (HEAD + ROWS).replaceAll(',', '|'), accepted: 5 },
  {
    name: '42 decimal comma as said',
    file: `${semicolons(HEAD)}EQ-1;${T(1)};1,5\nEQ-1;${T(2)};1.234,5\n`,
    options: { decimal: ',' },
    accepted: 1,
    rejected: [bad(3, 'value-not-a-number')],
  },
  {
    name: '42b decimal commas in quotes, between commas',
    file: `"equipmentId","timestamp","a","b"\n"EQ-1","${T(1)}","1,5","2"\nEQ-1,${T(2)},1,"2,5"\nEQ-1,${T(3)},1,5\nEQ-1,${T(4)},1,5,2\nEQ-1,${T(5)},"1,5",\n`,
    options: { decimal: ',' },
    accepted: 3,
    rejected: [bad(4, 'decimal-ambiguous'), bad(5, 'decimal-ambiguous')],
  },
  {
    name: '42c the same with the delimiter said',
    file: `equipmentId,timestamp,value\nEQ-1,${T(1)},"1,5"\nEQ-1,${T(2)},1,5\n`,
    options: { decimal: ',', delimiter: ',' },
    accepted: 1,
    rejected: [bad(3, 'decimal-ambiguous')],
  },
  {
    name: '43 decimal comma unsaid',
    file: `${semicolons(HEAD)}EQ-1;${T(1)};1,5\nEQ-1;${T(2)};1\n`,
    accepted: 1,
    rejected: [bad(2, 'value-not-a-number')],
  },
  {
    name: '44 sep=; in front',
    file: `sep=;\r\n${semicolons(HEAD + row(1) + row(2, 'x'))}`,
    accepted: 1,
    rejected: [bad(4, 'value-not-a-number')],
  },
  {
    name: '45 ambiguous delimiter',
    file: 'equipmentId,timestamp;value\n',
    accepted: 0,
    failure: 'delimiter-ambiguous',
  },
  {
    name: '45b the same with the delimiter said',
    file: 'equipmentId,timestamp;value\n',
    options: { delimiter: ';' },
    accepted: 0,
    failure: 'header-missing-column',
  },
  {
    name: '45c another delimiter within a quoted name',
    file: `"a;b",${HEAD}1,${row(1)}`,
    options: { columns: new Map([['a;b', 'temperature']]) },
    accepted: 1,
  },
  {
    name: '45d renamed and left out',
    file: `Sensor;Zeit;Temp °C;Bemerkung\nEQ-1;${T(1)};5;x\n`,
    options: {
      columns: new Map([
        ['Sensor', 'equipmentId'],
        ['Zeit', 'timestamp'],
        ['Temp °C', 'temperature'],
        ['Bemerkung', null],
      ]),
    },
    accepted: 1,
  },
  {
    name: '45e renames a column that is not there',
    file: HEAD + ROWS,
    options: { columns: new Map([['Temp', 'temperature']]) },
    accepted: 0,
    failure: 'header-missing-column',
  },
];

/** Rows of two devices, every quarter of an hour: clocks are set back from three to two. */
function octoberNight(before: string, behind: string): string {
  const times = ['01:45', '02:15', '02:45', '02:15', '02:30', '02:45', '03:00', '03:15'];
  const rows = times.map((time, n) =>
    ['EQ-1', 'EQ-2'].map((id) => `${id},${before}${time}${behind},${id === 'EQ-1' ? n + 1 : n}\n`),
  );
  return rows.flat().join('');
}

const GOOD_NUMBERS = [
  '+23.5',
  '.427',
  '5.',
  '00123.9629',
  '-0',
  '0.1',
  '1e3',
  '1E-5',
  '9007199254740993',
  '123456789012345678901234567890123456789',
  '-12.5',
];
const BAD_NUMBERS = [
  'inf',
  'Infinity',
  '.',
  '+',
  '0x10',
  '1_000',
  '"1,234"',
  '1 234',
  '−1',
  '--1',
  'abc',
  'true',
];
const BAD_TIMES = [
  '2026-01-01T00:00:00',
  '2022-01-01',
  '2022',
  '1',
  '2022-02-29T00:00:00Z',
  '2022-13-01T00:00:00Z',
  '2022-01-01T24:00:00Z',
  '2022-01-01T23:59:60Z',
  '2022-01-01T00:00:00+24:00',
  '1969-12-31T23:59:59Z',
  '2022-01-01T00:00:00.1234567890Z',
  '9999-12-31T00:00:00Z',
  '٢٠٢٢-01-01T00:00:00Z',
  '',
];
const VALUES: readonly TortureCase[] = [
  { name: '46 good numbers', file: values(...GOOD_NUMBERS), accepted: GOOD_NUMBERS.length },
  {
    name: '46b numbers out of range',
    file: values('1', '1e400', '-1e400', '1e-131', '1e101', '1e-400'),
    accepted: 1,
    rejected: allBad('value-out-of-range', 6).slice(1),
  },
  {
    name: '46c not numbers',
    file: values(...BAD_NUMBERS, '1'),
    accepted: 1,
    rejected: allBad('value-not-a-number', BAD_NUMBERS.length),
  },
  {
    name: '47 no value',
    file: values('', '  ', '""', 'NaN', 'null', '1'),
    accepted: 6,
    readings: 1,
  },
  {
    name: '48 thousands separators',
    file: values('"1,234.5"', '1 234', "1'234", '1'),
    accepted: 1,
    rejected: allBad('value-not-a-number', 3),
  },
  {
    name: '49 good timestamps',
    file: timestamps(
      '2022-01-01T00:00:00Z',
      '2022-01-01t00:00:00z',
      '2022-01-01T00:00:00+14:00',
      '2022-01-01T00:00:00-12:00',
      '2022-01-01T00:00:00-00:00',
      '2024-02-29T23:59:59.999999999+00:00'.replace('2024', '2020'),
    ),
    accepted: 6,
  },
  {
    name: '49b bad timestamps',
    file: timestamps(...BAD_TIMES, '2022-01-01T00:00:00Z'),
    accepted: 1,
    rejected: BAD_TIMES.map((_, index) => bad(index + 2, '*')),
  },
  {
    name: '50 no offset and no time zone',
    file: timestamps('2022-01-01T00:00:00', '2022-01-01T00:00:00Z'),
    accepted: 1,
    rejected: [bad(2, 'timestamp-offset-missing')],
  },
  {
    name: '51 local times',
    file: timestamps(
      '2022-10-30T02:30:00',
      '2022-03-27T02:30:00',
      '2022-07-01 12:00:00',
      '2022-07-01T12:00:00Z',
      '2022-02-30T12:00:00',
      '2022-07-01T12:00:60',
    ),
    options: { timezone: 'Europe/Berlin' },
    accepted: 2,
    rejected: [
      bad(2, 'timestamp-ambiguous'),
      bad(3, 'timestamp-nonexistent'),
      bad(6, 'timestamp-not-a-date'),
      bad(7, 'timestamp-leap-second'),
    ],
  },
  {
    name: '51b two devices through an October night, in order',
    file: HEAD + octoberNight('2022-10-30 ', ':00'),
    options: { timezone: 'Europe/Berlin', repeatedHour: 'in-order' },
    accepted: 16,
  },
  {
    name: '51c the same with date and time apart, and a bad cell amid the hour',
    file: 'equipmentId,d,t,value\n' + octoberNight('30.10.2022,', '').replace('02:45,3', '02:45,x'),
    options: {
      columns: new Map([
        ['d', 'date'],
        ['t', 'time'],
      ]),
      timestampFormat: 'dd.MM.yyyy HH:mm',
      timezone: 'Europe/Berlin',
      repeatedHour: 'in-order',
    },
    accepted: 15,
    rejected: [bad(6, 'value-not-a-number')],
  },
  {
    name: '52 formulas as ids',
    file: `${HEAD}${['=cmd()', '+1+1', '@SUM', '-2+3', '"\tx"', '＝1'].map((id) => `${id},${T(1)},1\n`).join('')}EQ,${T(1)},1\n`,
    accepted: 2,
    readings: 2,
    rejected: [2, 3, 4, 5, 7].map((line) => bad(line, 'equipment-id-invalid')),
  },
  {
    name: '53 __proto__ as id, constructor as metric',
    file: `${HEAD.trimEnd()},constructor,__proto__\n__proto__,${T(1)},1,2,3\nEQ-1,${T(2)},1,2,3\n`,
    accepted: 1,
    rejected: [bad(2, 'equipment-id-invalid')],
  },
  {
    name: '53b a reserved word as id',
    file: `${HEAD}batch,${T(1)},1\n${row(2)}`,
    accepted: 1,
    rejected: [bad(2, 'equipment-id-reserved')],
  },
];

const inflated =
  HEAD +
  Array.from({ length: 2000 }, (_, i) => `EQ-${i * 7919},${T(i)},${(i * 7919) % 1013}\n`).join('');
const zipped = gzipSync(inflated);
const WIDE_ZEROS =
  `equipmentId,timestamp,${Array.from({ length: 60 }, (_, at) => `m${at}`).join(',')}\n` +
  Array.from({ length: 400 }, (_, i) => `EQ-${i},${T(1)}${',0.000'.repeat(60)}\n`).join('');
const SEMANTICS: readonly TortureCase[] = [
  { name: '54 the same row twice', file: HEAD + row(1) + row(1), accepted: 2, readings: 1 },
  {
    name: '55 the same key with another value',
    file: HEAD + row(1, '1') + row(2) + row(1, '3'),
    accepted: 3,
    readings: 2,
  },
  { name: '56 descending', file: HEAD + row(3) + row(2) + row(1), accepted: 3 },
  {
    name: '58 all rows bad',
    file: values('x', 'y'),
    accepted: 0,
    rejected: allBad('value-not-a-number', 2),
    failure: 'no-valid-row',
  },
  { name: '59 gzip', file: zipped, fileName: 'a.csv.gz', accepted: 2000 },
  {
    name: '59b several members and padding',
    file: Buffer.concat([gzipSync(HEAD + row(1)), gzipSync(row(2)), Buffer.alloc(64)]),
    fileName: 'a.CSV.GZ',
    accepted: 2,
  },
  {
    name: '59c an honest wide file that gzip makes 100 times smaller',
    file: gzipSync(WIDE_ZEROS),
    fileName: 'a.csv.gz',
    accepted: 400,
  },
  {
    name: '59d truncated',
    file: zipped.subarray(0, zipped.length - 300),
    fileName: 'a.csv.gz',
    accepted: [1500, 1999],
    failure: 'gzip-corrupt',
  },
  {
    name: '59e damaged',
    file: Buffer.concat([zipped.subarray(0, 4000), Buffer.alloc(40, 0xff), zipped.subarray(4040)]),
    fileName: 'a.csv.gz',
    accepted: [1, 1000],
    failure: 'gzip-corrupt',
  },
  {
    name: '59f junk behind',
    file: Buffer.concat([zipped, Buffer.from('junk')]),
    fileName: 'a.csv.gz',
    accepted: [1500, 2000],
    failure: 'gzip-corrupt',
  },
  {
    name: '59g not gzip',
    file: HEAD + ROWS,
    fileName: 'a.csv.gz',
    accepted: 0,
    failure: 'gzip-corrupt',
  },
  { name: '59h gzip under the name of .csv', file: zipped, accepted: 0, failure: 'file-not-csv' },
  {
    name: '59i zip under the name of .csv',
    file: Buffer.from('PK\u0003\u0004 and so on'),
    accepted: 0,
    failure: 'file-not-csv',
  },
  {
    name: '59j UTF-16 in gzip',
    file: gzipSync(Buffer.from(`\ufeff${HEAD}${ROWS}`, 'utf16le')),
    fileName: 'a.csv.gz',
    accepted: 5,
  },
];

const CORPUS = [
  ...STRUCTURE,
  ...CELLS,
  ...QUOTING,
  ...ENCODING,
  ...DIALECT,
  ...VALUES,
  ...SEMANTICS,
];
/** Blocks and rows so small that every row meets every boundary; 19 and 24d need real row limits. */
const SMALL = { pieceBytes: 48, maxBlockRows: 2, maxBatchRows: 2, checkpointMs: 0 };

interface Ending {
  readonly status: string;
  readonly failure: string | undefined;
  readonly rows: ImportRecord['checkpoint']['rows'];
  readonly cells: ImportRecord['checkpoint']['cells'];
  readonly bytes: number;
  readonly report: string | undefined;
  readonly readings: readonly string[];
}

async function endingOf(bench: ImportWorkbench, uploadId: string): Promise<Ending> {
  const record = await bench.record(uploadId);
  return {
    status: record.status,
    failure: record.failure?.code,
    rows: record.checkpoint.rows,
    cells: record.checkpoint.cells,
    bytes: record.failure ? 0 : record.checkpoint.bytesProcessed,
    report: bench.storage.reports.get(uploadId),
    readings: await bench.readings(),
  };
}

async function importWhole(torture: TortureCase): Promise<{ bench: ImportWorkbench; id: string }> {
  const bench = new ImportWorkbench();
  const { uploadId: id } = await bench.importFile(torture.file, torture);
  return { bench, id };
}

function expectedStatus({ failure, rejected = [] }: TortureCase): string {
  if (failure !== undefined) return 'failed';
  return rejected.length > 0 ? 'completed-with-errors' : 'completed';
}

/** Two hundred runs over a file, on a machine that may be busy. */
const PATIENCE_MS = 120_000;

describe('the torture corpus', () => {
  it.each(CORPUS)('$name', async (torture) => {
    const { bench, id } = await importWhole(torture);

    const ending = await endingOf(bench, id);

    const codes = bench
      .reportRows(id, (await bench.record(id)).checkpoint.dialect?.delimiter)
      .map(([line, code]) => [Number(line), code]);
    const rejected = torture.rejected ?? [];
    expect(codes).toEqual(
      rejected.map(([line, code], index) => [line, code === '*' ? codes[index]?.[1] : code]),
    );
    expect(ending).toMatchObject({ status: expectedStatus(torture), failure: torture.failure });
    const { total, accepted } = ending.rows;
    expect(ending.rows.rejected).toBe(rejected.length - (torture.badCells ?? 0));
    expect(total).toBe(accepted + ending.rows.rejected);
    const [from, to] = [torture.accepted].flat();
    expect(accepted).toBeGreaterThanOrEqual(from ?? 0);
    expect(accepted).toBeLessThanOrEqual(to ?? from ?? 0);
    expect(ending.readings).toHaveLength(torture.readings ?? accepted);
  });

  it.each(CORPUS)('comes out the same in other chunks and blocks: $name', async (torture) => {
    const whole = await importWhole(torture);
    const bench = new ImportWorkbench();
    bench.storage.chunkSizes = [1, 3, 7, 500, 2, 64];
    const request = await bench.upload(torture.file, torture);

    await bench.run(request, SMALL);

    expect(await endingOf(bench, request.uploadId)).toEqual(await endingOf(whole.bench, whole.id));
  });

  it.each(CORPUS)(
    'survives being killed anywhere: $name',
    async (torture) => {
      const whole = await importWhole(torture);
      const expected = await endingOf(whole.bench, whole.id);

      for (const [run, step] of [3, 5, 8, 13, 21].entries()) {
        const bench = new ImportWorkbench();
        bench.storage.chunkSizes = [997, 61];
        const request = await bench.upload(torture.file, torture);
        const limits = { ...SMALL, pieceBytes: 48 + 200 * run };
        for (let life = 1; life <= 40; life += 1) {
          const ports = mortalPorts(bench.ports, step * life + run);
          await bench
            .importer(limits, ports)
            .run(request, ALL_THE_TIME)
            .catch(() => 'killed');
        }
        await bench.run(request);
        expect(await endingOf(bench, request.uploadId)).toEqual(expected);
      }
    },
    PATIENCE_MS,
  );
});
