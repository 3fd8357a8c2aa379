import { gzipSync } from 'node:zlib';

/** A file of a kind that was met in the field, and what becomes of it. */
export interface FieldFile {
  readonly name: string;
  readonly file: string | Buffer;
  /** Options, as a request says them. */
  readonly said: Readonly<Record<string, unknown>>;
  /** `equipment minute metric=value …`, the minute from START, the metrics sorted; or the code of a refusal. */
  readonly expected: readonly string[] | string;
  /** Rows whose instant and metric an earlier one had. */
  readonly repeated: number;
}

interface Kind {
  readonly kind: string;
  readonly files: readonly (readonly [
    file: FieldFile['file'],
    said: FieldFile['said'],
    expected: FieldFile['expected'],
    repeated?: number,
  ])[];
}

const T0 = '2023-02-15T00:00:00Z';
const START = Date.parse(T0);
const T1 = '2023-02-15T00:01:00Z';
const HEAD = 'equipmentId,timestamp,value\n';
const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const columnsOf = (count: number): string =>
  Array.from({ length: count }, (_, n) => `m${n}`).join();

/**
 * More files of the kinds that were met in the field, beside the first of each in test/e2e/field-cases. They name
 * their equipment `e`, and `eF` where there is another one; `expected` calls it E and F.
 */
export function moreFieldFiles(e: string): readonly FieldFile[] {
  return kindsFor(e).flatMap(({ kind, files }) =>
    files.map(([file, said, expected, repeated = 0], n) => {
      return { name: `${kind}, ${n + 1}`, file, said, expected, repeated };
    }),
  );
}

function minuteOf(timestamp: string): number {
  return (Date.parse(timestamp) - START) / 60_000;
}

/** A reading in the words of `expected`. */
export function inWords(
  e: string,
  equipmentId: string,
  timestamp: string,
  values: Iterable<readonly [string, number]>,
): string {
  const minute = minuteOf(timestamp);
  const metrics = Array.from(values, ([name, value]) => `${name}=${value}`).sort();
  return [equipmentId === e ? 'E' : equipmentId.slice(e.length), minute, ...metrics].join(' ');
}

function kindsFor(e: string): readonly Kind[] {
  return [
    {
      kind: 'two values of one instant',
      files: [
        [
          `${HEAD}${e},${T0},1\n${e},${T1},5\n${e},${T0},3\n`,
          {},
          ['E 0 value=3', 'E 1 value=5'],
          1,
        ],
        [
          `equipmentId,timestamp,a,b\n${e},${T0},1,\n${e},${T0},,2\n${e},${T0},4,\n`,
          {},
          ['E 0 a=4 b=2'],
          1,
        ],
      ],
    },
    {
      kind: 'long files',
      files: [
        [
          `ts|tag|reading|unit\n${T0}|p.1|1.5|bar\n${T0}|T-2|20|C\n${T1}|p.1|1.6|bar\n`,
          { equipmentId: e, columns: { ts: 'timestamp', tag: 'metric', reading: 'value' } },
          ['E 0 T-2=20 p.1=1.5', 'E 1 p.1=1.6'],
        ],
        [
          `value;Metric;timestamp;equipmentId\n"1";a;${T0};${e}\n2;a;${T0};${e}F\n;b;${T0};${e}\n`,
          { columns: { Metric: 'metric' } },
          ['E 0 a=1', 'F 0 a=2'],
        ],
      ],
    },
    {
      kind: 'local times without seconds',
      files: [
        [`${HEAD}${e},2023-02-15T05:30,1\n`, { timezone: 'Asia/Kolkata' }, ['E 0 value=1']],
        [`${HEAD}${e},2023-02-14 19:00,1\n`, { timezone: 'America/New_York' }, ['E 0 value=1']],
      ],
    },
    {
      kind: 'zero bytes',
      files: [
        [`${HEAD}${e},${T0},1\n${'\0'.repeat(70_000)}`, {}, ['E 0 value=1']],
        [
          `${HEAD}${'\0'.repeat(64)}\n${e},${T0},1\n\0\0\0\0\0\0${e},${T1},2`,
          {},
          ['E 0 value=1', 'E 1 value=2'],
        ],
      ],
    },
    {
      kind: 'one machine, one file',
      files: [
        [`Time Stamp,Motor Current [A]\n${T0},5\n`, { equipmentId: e }, ['E 0 Motor_Current_A=5']],
        [`TIMESTAMP\tx y\n${T0}\t5\n`, { equipmentId: e }, ['E 0 x_y=5']],
      ],
    },
    {
      kind: 'exports of loggers',
      files: [
        [
          `Serial: 7\nStarted: 1\n\nNo.;Date Time;Ch1;Ch1\n1;${T0};1;2\n`,
          {
            equipmentId: e,
            columns: { 'No.': null, 'Date Time': 'timestamp', 'Ch1#1': 'in', 'Ch1#2': 'out' },
          },
          ['E 0 in=1 out=2'],
        ],
        [
          `"Logger 3"\n"t","T","T"\n"${T0}","1","2"\n`,
          { equipmentId: e, columns: { t: 'timestamp', T: null, 'T#2': 'T' }, headerLine: 2 },
          ['E 0 T=2'],
        ],
      ],
    },
    {
      kind: 'several header lines',
      files: [
        [`equipmentId,timestamp,T\n,,degC\n,,Avg\n${e},${T0},1\n`, {}, ['E 0 T=1']],
        [`made by,x\nequipmentId,timestamp,T\n-,UTC,C\n${e},${T0},1\n`, {}, ['E 0 T=1']],
      ],
    },
    {
      kind: 'no header',
      files: [
        [
          `${e},${T0},1\n${e},${T1},2\n`,
          { headerLine: 0, names: ['equipmentId', 'timestamp', 'value'] },
          ['E 0 value=1', 'E 1 value=2'],
        ],
        [
          `${T0}\t7\t\t\n`,
          { equipmentId: e, headerLine: 0, names: ['timestamp', 'flow'] },
          ['E 0 flow=7'],
        ],
      ],
    },
    {
      kind: 'date and time apart, and numbers for what is missing',
      files: [
        [
          `Uhrzeit;Datum;T\n00:00;15.02.2023;1,5\n00:01;15.02.2023;9999,0\n`,
          {
            equipmentId: e,
            columns: { Datum: 'date', Uhrzeit: 'time' },
            timestampFormat: 'dd.MM.yyyy HH:mm',
            timezone: 'UTC',
            decimal: ',',
            missing: ['9999'],
          },
          ['E 0 T=1.5'],
        ],
        [
          `d,t,equipmentId,a,b\n2023-02-15,00:00:00Z,${e},-99.9,4\n`,
          { columns: { d: 'date', t: 'time' }, missing: ['-99.90', 'x'] },
          ['E 0 b=4'],
        ],
      ],
    },
    {
      kind: 'a variable for each row',
      files: [
        [
          `"Tag";"Time";"Val"\n"${e}";"15.02.2023 00:00:00";1,5\n"#bad";"15.02.2023 00:00:00";1\n`,
          {
            columns: { Tag: 'equipmentId', Time: 'timestamp', Val: 'value' },
            timestampFormat: 'dd.MM.yyyy HH:mm:ss',
            timezone: 'UTC',
            decimal: ',',
          },
          ['E 0 value=1.5'],
        ],
        [
          `"VarName";"TimeString";"VarValue"\n"a";"${T0}";"1"\n"$RT_OFF$";"${T1}";"0"\n`,
          {
            equipmentId: e,
            columns: { VarName: 'metric', TimeString: 'timestamp', VarValue: 'value' },
          },
          ['E 0 a=1'],
        ],
      ],
    },
    {
      kind: 'epochs and days of spreadsheets',
      files: [
        [`${HEAD}${e},1676419200000000000,1\n`, { timestampFormat: 'epoch-ns' }, ['E 0 value=1']],
        [`${HEAD}${e},1676419200000000,1\n`, { timestampFormat: 'epoch-us' }, ['E 0 value=1']],
        [
          `${HEAD}${e},44972,1\n`,
          { timestampFormat: 'excel', timezone: '+00:00' },
          ['E 0 value=1'],
        ],
        [
          `equipmentId;timestamp;value\n${e};44972,0416666667;1\n`,
          { timestampFormat: 'excel', timezone: '+01:00', decimal: ',' },
          ['E 0 value=1'],
        ],
      ],
    },
    {
      kind: 'patterns',
      files: [
        [
          `${HEAD}${e},15-02-2023 00:00,1\n`,
          { timestampFormat: 'dd-MM-yyyy HH:mm', timezone: 'UTC' },
          ['E 0 value=1'],
        ],
        [
          `${HEAD}${e},23/02/15 00:00:00,1\n`,
          { timestampFormat: 'yy/MM/dd HH:mm:ss', timezone: 'UTC' },
          ['E 0 value=1'],
        ],
        [`${HEAD}${e},15-02-2023 00:00,1\n`, { timezone: 'UTC' }, 'no-valid-row'],
      ],
    },
    {
      kind: 'variants of RFC 3339',
      files: [
        [`${HEAD}${e},2023-02-15 05:30+0530,1\n`, {}, ['E 0 value=1']],
        [`${HEAD}${e},2023-02-15T00:00:00 GMT,1\n`, {}, ['E 0 value=1']],
      ],
    },
    {
      kind: 'bad cells',
      files: [
        [`equipmentId,timestamp,a,b\n${e},${T0},1,ERR\n${e},${T1},Err,Err\n`, {}, ['E 0 a=1']],
        [
          `equipmentId,timestamp,a,b\n${e},${T0},>5,"1,5"\n${e},${T1},unavailable,2\n`,
          {},
          ['E 1 b=2'],
        ],
      ],
    },
    {
      kind: 'headers of people',
      files: [
        [
          `equipmentId,timestamp,Feuchte (%),2. Stufe,Größe\n${e},${T0},1,2,3\n`,
          {},
          ['E 0 Feuchte=1 Grosse=3 m_2._Stufe=2'],
        ],
        [`equipmentId,timestamp,a/b,a b\n${e},${T0},1,2\n`, {}, 'header-duplicate-column'],
      ],
    },
    {
      kind: 'numbers as they are written',
      files: [
        [`${HEAD}${e},${T0},-.5\n${e},${T1},+0010.\n`, {}, ['E 0 value=-0.5', 'E 1 value=10']],
        [
          `equipmentId;timestamp;value\n${e};${T0};+1,50\n${e};${T1};,5\n`,
          { decimal: ',' },
          ['E 0 value=1.5', 'E 1 value=0.5'],
        ],
      ],
    },
    {
      kind: 'other encodings',
      files: [
        [
          latin1(`equipmentId;timestamp;T \xb0C\n${e};${T0};1\n`),
          { encoding: 'iso-8859-1' },
          ['E 0 T_C=1'],
        ],
        [latin1(`equipmentId;timestamp;T \xb0C\n${e};${T0};1\n`), {}, 'encoding-unsupported'],
        [`equipmentId;timestamp;T °C\n`, { encoding: 'windows-1252' }, 'encoding-unsupported'],
        [
          latin1(`equipmentId;timestamp;v;_n\n${e};${T0};1;\xb5g/m\xb3\n`),
          {},
          'encoding-unsupported',
        ],
        [
          latin1(`equipmentId;timestamp;v;_n\n${e};${T0};1;caf\xe9 \x80\n`),
          { encoding: 'windows-1252' },
          ['E 0 v=1'],
        ],
      ],
    },
    {
      kind: 'delimiters behind the rows',
      files: [
        [`equipmentId,timestamp,value,\n${e},${T0},1,\n`, {}, ['E 0 value=1']],
        [`equipmentId;timestamp;value\n${e};${T0};1;;;\n`, {}, ['E 0 value=1']],
      ],
    },
    {
      kind: 'other kinds of files',
      files: [
        [Buffer.from([0xd0, 0xcf, 0x11, 0xe0, 0xa1]), {}, 'file-not-csv'],
        ['<?xml version="1.0"?><a/>', {}, 'file-not-csv'],
        ['%PDF-1.7', {}, 'file-not-csv'],
        [gzipSync(HEAD), {}, 'file-not-csv'],
      ],
    },
    {
      kind: 'one column',
      files: [
        [`timestamp\n${T0}\n`, { equipmentId: e }, 'header-no-metric'],
        [`Date Time Temp\n2023-02-15 00:00 1\n`, { equipmentId: e }, 'header-missing-column'],
      ],
    },
    {
      kind: 'many columns',
      files: [
        [`equipmentId,timestamp,${columnsOf(65)}\n`, {}, 'too-many-metrics'],
        [`equipmentId,timestamp,${columnsOf(1000)}\n`, {}, 'too-many-columns'],
        [
          `equipmentId,timestamp,${columnsOf(66)}\n${e},${T0}${',1'.repeat(66)}\n`,
          { columns: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`m${n}`, null])) },
          ['E 0 m65=1'],
        ],
      ],
    },
    {
      kind: 'fixed offsets',
      files: [
        [`${HEAD}${e},2023-02-14 21:00:00,1\n`, { timezone: '-0300' }, ['E 0 value=1']],
        [`${HEAD}${e},2023-02-15 05:45:00,1\n`, { timezone: 'UTC+5:45' }, ['E 0 value=1']],
      ],
    },
    {
      kind: 'nights in autumn',
      files: [
        [
          `${HEAD}${e},2022-11-06 00:30,0\n${e},2022-11-06 01:30,1\n${e},2022-11-06 01:30,2\n${e},2022-11-06 02:30,3\n`,
          { timezone: 'America/New_York', repeatedHour: 'in-order' },
          ['04:30', '05:30', '06:30', '07:30'].map(
            (time, n) => `E ${minuteOf(`2022-11-06T${time}:00Z`)} value=${n}`,
          ),
        ],
        [
          `${HEAD}${e},2022-10-30 02:30,1\n`,
          { timezone: 'Europe/Berlin', repeatedHour: 'summer' },
          [`E ${minuteOf('2022-10-30T00:30:00Z')} value=1`],
        ],
        [
          `${HEAD}${e},2022-10-30 02:30,1\n`,
          { timezone: 'Europe/Berlin', repeatedHour: 'winter' },
          [`E ${minuteOf('2022-10-30T01:30:00Z')} value=1`],
        ],
        [`${HEAD}${e},2022-10-30 02:30,1\n`, { timezone: 'Europe/Berlin' }, 'no-valid-row'],
      ],
    },
    {
      kind: 'comments, headers again, blanks',
      files: [
        [`# a\n${HEAD}${HEAD}${e} ,\t${T0} , 1\n#${e},${T1},2\n`, {}, ['E 0 value=1']],
        [
          `"sep=|"\nequipmentId|timestamp|value\n${e}|${T0}|1\n\ufeffequipmentId|timestamp|value\n${e}|${T1}|2\n`,
          {},
          ['E 0 value=1', 'E 1 value=2'],
        ],
      ],
    },
    {
      kind: 'states that are no numbers',
      files: [
        [`${HEAD}${e},${T0},off\n${e},${T1},21\n`, {}, ['E 1 value=21']],
        [`${HEAD}${e},${T0},off\n${e},${T1},21\n`, { missing: ['OFF'] }, ['E 1 value=21']],
      ],
    },
  ];
}
