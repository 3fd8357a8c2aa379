import { gzipSync } from 'node:zlib';
import type { CsvOptions } from '../../bench/csv/csv-file.ts';

/** A file as loggers, PLCs, spreadsheets and data sets write them, of our own making, and what is right. */
export interface FieldFile {
  readonly name: string;
  readonly file: string | Buffer;
  readonly fileName?: string;
  readonly options?: CsvOptions;
  /** Accepted and rejected rows. */
  readonly rows: readonly [number, number];
  /** Accepted rows whose instant and metric an earlier one had; none unless said. */
  readonly repeated?: number;
  /** Equipment → instant → metrics. */
  readonly readings?: Readonly<Record<string, Readonly<Record<string, object>>>>;
  /** Codes of the report, in order. */
  readonly codes?: readonly string[];
}

export const HOUR = '2023-02-15T00:00:00.000Z';
export const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const LOGGER_COLUMNS = {
  '#': null,
  'Date Time, GMT+02:00': 'timestamp',
  'Temp, °C (SN: 1)': 'inside',
  'Temp, °C (SN: 1)#2': 'outside',
};
const NIGHT = ['01:30', '02:15', '02:45', '02:15', '02:45', '03:15'];

export const FIELD_FILES: readonly FieldFile[] = [
  {
    name: '2 a stamp of whole seconds twice: the later value stands',
    file: 'equipmentId,timestamp,value\nFC-2,2023-02-15T00:00:00Z,1\nFC-2,2023-02-15T00:00:00Z,2\n',
    rows: [2, 0],
    repeated: 1,
    readings: { 'FC-2': { [HOUR]: { value: 2 } } },
  },
  {
    name: '3 a long file',
    file: 'time,device,metric,value\n2023-02-15T00:00:00Z,FC-3,temperature,20\n2023-02-15T00:00:00Z,FC-3,humidity,55\n',
    options: {
      columns: { time: 'timestamp', device: 'equipmentId', metric: 'metric', value: 'value' },
    },
    rows: [2, 0],
    readings: { 'FC-3': { [HOUR]: { temperature: 20, humidity: 55 } } },
  },
  {
    name: '3b a long file by other words, of one machine, with columns beside',
    file: 'Tag;Wert;Zeit;Qualität\nDruck;1,5;15.02.2023 01:00:00;gut\nTemperatur;20,25;15.02.2023 01:00:00;gut\n',
    options: {
      equipmentId: 'FC-3b',
      columns: { Tag: 'metric', Wert: 'value', Zeit: 'timestamp' },
      timestampFormat: 'dd.MM.yyyy HH:mm:ss',
      timezone: 'Europe/Berlin',
      decimal: ',',
    },
    rows: [2, 0],
    readings: { 'FC-3b': { [HOUR]: { Druck: 1.5, Temperatur: 20.25 } } },
  },
  {
    name: '3c a long file with missing and bad cells',
    file: 'metric,timestamp,equipmentId,value\nflow,2023-02-15T00:00:00Z,FC-3c,NaN\nflow,2023-02-15T00:01:00Z,FC-3c,on\nflow,2023-02-15T00:02:00Z,FC-3c,"7"\n',
    options: { columns: { metric: 'metric', value: 'value' } },
    rows: [2, 1],
    readings: { 'FC-3c': { '2023-02-15T00:02:00.000Z': { flow: 7 } } },
    codes: ['value-not-a-number'],
  },
  {
    name: '3d a long file whose metrics people named',
    file: 'timestamp;Kanal;Wert\n2023-02-15T00:00:00Z;Outside Temp (°C);20,5\n2023-02-15T00:00:00Z;flow;1\n2023-02-15T00:00:00Z;Outside Temp [°C];7\n',
    options: {
      equipmentId: 'FC-3d',
      columns: { Kanal: 'metric', Wert: 'value' },
      decimal: ',',
    },
    rows: [2, 1],
    readings: { 'FC-3d': { [HOUR]: { Outside_Temp_C: 20.5, flow: 1 } } },
    codes: ['metric-name-taken'],
  },
  {
    name: '4 local time without seconds',
    file: 'equipmentId,timestamp,value\nFC-4,2023-02-15 01:30,1.5\n',
    options: { timezone: 'Europe/Berlin' },
    rows: [1, 0],
    readings: { 'FC-4': { '2023-02-15T00:30:00.000Z': { value: 1.5 } } },
  },
  {
    name: '6 rows and then zero bytes',
    file: `equipmentId,timestamp,value\n${minutes(100, 'FC-6')}${'\0'.repeat(4096)}`,
    rows: [100, 1],
    codes: ['zero-bytes'],
  },
  {
    name: '6b zero bytes between rows',
    file: `equipmentId,timestamp,value\nFC-6b,2023-02-15T00:00:00Z,1\n${'\0'.repeat(512)}FC-6b,2023-02-15T00:01:00Z,2\n`,
    rows: [2, 1],
    readings: {
      'FC-6b': { [HOUR]: { value: 1 }, '2023-02-15T00:01:00.000Z': { value: 2 } },
    },
    codes: ['zero-bytes'],
  },
  {
    name: '6c a row that zero bytes cut off',
    file: `equipmentId,timestamp,value\nFC-6c,2023-02-15T00:00:00Z,1\nFC-6c,2023-02-15T0${'\0'.repeat(600)}\nFC-6c,2023-02-15T00:02:00Z,3\n`,
    rows: [2, 1],
    codes: ['zero-bytes'],
  },
  {
    name: '7 one machine, one file',
    file: 'datetime;Volume Flow RateRMS\n2020-03-09 10:14:33;31.5\n',
    options: { equipmentId: 'FC-7', timezone: 'UTC' },
    rows: [1, 0],
    readings: { 'FC-7': { '2020-03-09T10:14:33.000Z': { Volume_Flow_RateRMS: 31.5 } } },
  },
  {
    name: '8 a logger: title line, yy.MM.dd, two columns of one name',
    file: 'Plot Title: cellar\n"#","Date Time, GMT+02:00","Temp, °C (SN: 1)","Temp, °C (SN: 1)"\n1,14.05.08 10:00:00,12.3,12.9\n',
    options: {
      equipmentId: 'FC-8',
      columns: LOGGER_COLUMNS,
      timestampFormat: 'yy.MM.dd HH:mm:ss',
      timezone: '+02:00',
    },
    rows: [1, 0],
    readings: { 'FC-8': { '2014-05-08T08:00:00.000Z': { inside: 12.3, outside: 12.9 } } },
  },
  {
    name: '9 four header lines',
    file: '"TOA5","Site","CR1000"\n"TIMESTAMP","RECORD","Temp"\n"TS","RN","Deg C"\n"","","Avg"\n"2023-08-01 15:00:00.1",0,21.5\n"2023-08-01 15:00:00.2",1,"NAN"\n',
    options: { equipmentId: 'FC-9', timezone: 'UTC' },
    rows: [2, 2],
    readings: {
      'FC-9': {
        '2023-08-01T15:00:00.100Z': { RECORD: 0, Temp: 21.5 },
        '2023-08-01T15:00:00.200Z': { RECORD: 1 },
      },
    },
    codes: ['units-row', 'units-row'],
  },
  {
    name: '10 no header, a delimiter behind each row, decimal commas',
    file: '0;01.04.2023 00:00;4;17,5;18,1; \n1;01.04.2023 00:10;4;17,25;18,2; \n',
    options: {
      equipmentId: 'FC-10',
      headerLine: 0,
      names: ['_n', 'timestamp', 'state', 'inlet', 'outlet'],
      timestampFormat: 'dd.MM.yyyy HH:mm',
      timezone: 'UTC',
      decimal: ',',
    },
    rows: [2, 0],
    readings: {
      'FC-10': {
        '2023-04-01T00:00:00.000Z': { state: 4, inlet: 17.5, outlet: 18.1 },
        '2023-04-01T00:10:00.000Z': { state: 4, inlet: 17.25, outlet: 18.2 },
      },
    },
  },
  {
    name: '11 date and time apart, a number for what is missing',
    file: 'Date;Time;CO\n10/03/2004;18.00.00;2,6\n10/03/2004;19.00.00;-200\n',
    options: {
      equipmentId: 'FC-11',
      columns: { Date: 'date', Time: 'time' },
      timestampFormat: 'dd/MM/yyyy HH.mm.ss',
      timezone: 'UTC',
      decimal: ',',
      missing: ['-200'],
    },
    rows: [2, 0],
    readings: { 'FC-11': { '2004-03-10T18:00:00.000Z': { CO: 2.6 } } },
  },
  {
    name: '12 a variable for each row, all quoted',
    file: '"VarName";"TimeString";"VarValue"\n"FC-12";"01.04.2023 11:02:52";66,00\n"$RT_OFF$";"01.04.2023 11:03:10";0\n',
    options: {
      columns: { VarName: 'equipmentId', TimeString: 'timestamp', VarValue: 'value' },
      timestampFormat: 'dd.MM.yyyy HH:mm:ss',
      timezone: 'UTC',
      decimal: ',',
    },
    rows: [1, 1],
    readings: { 'FC-12': { '2023-04-01T11:02:52.000Z': { value: 66 } } },
    codes: ['equipment-id-invalid'],
  },
  {
    name: '13 epoch seconds with a fraction',
    file: 'ts,device,temp\n1594512094.385,FC-13:27:eb,22.7\n',
    options: {
      columns: { ts: 'timestamp', device: 'equipmentId' },
      timestampFormat: 'epoch-s',
    },
    rows: [1, 0],
    readings: { 'FC-13:27:eb': { '2020-07-12T00:01:34.385Z': { temp: 22.7 } } },
  },
  {
    name: '13b epoch milliseconds',
    file: 'ts,device,temp\n1594512094385,FC-13b,22.7\n',
    options: { columns: { ts: 'timestamp', device: 'equipmentId' }, timestampFormat: 'epoch-ms' },
    rows: [1, 0],
    readings: { 'FC-13b': { '2020-07-12T00:01:34.385Z': { temp: 22.7 } } },
  },
  {
    name: '14 the days of a spreadsheet',
    file: 'timestamp,equipmentId,value\n44972.0625,FC-14,5\n',
    options: { timestampFormat: 'excel', timezone: 'UTC' },
    rows: [1, 0],
    readings: { 'FC-14': { '2023-02-15T01:30:00.000Z': { value: 5 } } },
  },
  {
    name: '14b the days of a spreadsheet with a point, between decimal commas',
    file: 'timestamp;value\n44972.0625;5,5\n',
    options: { equipmentId: 'FC-14b', timestampFormat: 'excel', timezone: 'UTC', decimal: ',' },
    rows: [1, 0],
    readings: { 'FC-14b': { '2023-02-15T01:30:00.000Z': { value: 5.5 } } },
  },
  {
    name: '15b the end of a day',
    file: 'timestamp;value\n14.02.2023 23:45;1\n14.02.2023 24:00;2\n',
    options: {
      equipmentId: 'FC-15b',
      timestampFormat: 'dd.MM.yyyy HH:mm',
      timezone: 'Europe/Berlin',
    },
    rows: [2, 0],
    readings: {
      'FC-15b': {
        '2023-02-14T22:45:00.000Z': { value: 1 },
        '2023-02-14T23:00:00.000Z': { value: 2 },
      },
    },
  },
  {
    name: '15 a pattern of the United States',
    file: 'equipmentId,timestamp,value\nFC-15,2/15/2023 1:30:00 PM,1\n',
    options: { timestampFormat: 'M/d/yyyy h:mm:ss a', timezone: 'UTC' },
    rows: [1, 0],
    readings: { 'FC-15': { '2023-02-15T13:30:00.000Z': { value: 1 } } },
  },
  {
    name: '16 unambiguous forms of RFC 3339',
    file: 'equipmentId,timestamp,value\nFC-16,2023-02-15 01:30:00+00:00,1\nFC-16,2023-02-15 01:31:00+0100,2\nFC-16,2023-02-15 01:32:00+01,3\nFC-16,2021-02-18 21:46:23 UTC,4\n',
    rows: [4, 0],
    readings: {
      'FC-16': {
        '2021-02-18T21:46:23.000Z': { value: 4 },
        '2023-02-15T00:31:00.000Z': { value: 2 },
        '2023-02-15T00:32:00.000Z': { value: 3 },
        '2023-02-15T01:30:00.000Z': { value: 1 },
      },
    },
  },
  {
    name: '17 missing and bad cells beside a good one',
    file: `equipmentId,timestamp,a,b\n${['NaN', '#N/A', '--', 'OL', '<0.5'].map((cell, n) => `FC-17,2023-02-15T00:0${n}:00Z,21.5,${cell}\n`).join('')}`,
    rows: [5, 0],
    readings: {
      'FC-17': Object.fromEntries(
        [0, 1, 2, 3, 4].map((n) => [`2023-02-15T00:0${n}:00.000Z`, { a: 21.5 }]),
      ),
    },
    codes: ['value-not-a-number', 'value-not-a-number'],
  },
  {
    name: '18 headers of people',
    file: 'equipmentId,timestamp,Temperature (°C),Carbon dioxide(ppm),PM2.5(µg/m³),1st stage\nFC-18,2023-02-15T00:00:00Z,1,2,3,4\n',
    rows: [1, 0],
    readings: {
      'FC-18': {
        [HOUR]: { Temperature_C: 1, Carbon_dioxide_ppm: 2, 'PM2.5_ug_m3': 3, m_1st_stage: 4 },
      },
    },
  },
  {
    name: '19 numbers as they are written',
    file: 'equipmentId,timestamp,a,b,c,d\nFC-19,2023-02-15T00:00:00Z,+23.5,.427,5.,00123.9629\n',
    rows: [1, 0],
    readings: { 'FC-19': { [HOUR]: { a: 23.5, b: 0.427, c: 5, d: 123.9629 } } },
  },
  {
    name: '20 Windows-1252 in the header',
    file: latin1('equipmentId;timestamp;L\xfcfter\nFC-20;2023-02-15T00:00:00Z;7\n'),
    options: { encoding: 'windows-1252' },
    rows: [1, 0],
    readings: { 'FC-20': { [HOUR]: { Lufter: 7 } } },
  },
  {
    name: '20b Windows-1252 in a column left out',
    file: latin1('equipmentId;timestamp;value;Teil\nFC-20b;2023-02-15T00:00:00Z;7;L\xfcfter\n'),
    options: { encoding: 'windows-1252', columns: { Teil: null } },
    rows: [1, 0],
    readings: { 'FC-20b': { [HOUR]: { value: 7 } } },
  },
  {
    name: '20c UTF-16 of a spreadsheet, with tabs',
    file: Buffer.from(
      '\ufeffequipmentId\ttimestamp\tvalue\r\nFC-20c\t2023-02-15T00:00:00Z\t7\r\n',
      'utf16le',
    ),
    fileName: 'export.txt',
    rows: [1, 0],
    readings: { 'FC-20c': { [HOUR]: { value: 7 } } },
  },
  {
    name: '21 a delimiter behind each row, but not in the header',
    file: 'equipmentId;timestamp;value\nFC-21;2023-02-15T00:00:00Z;1;\n',
    rows: [1, 0],
    readings: { 'FC-21': { [HOUR]: { value: 1 } } },
  },
  {
    name: '21b and in the header too',
    file: 'equipmentId;timestamp;value;;\nFC-21b;2023-02-15T00:00:00Z;1;;\nFC-21b;2023-02-15T00:01:00Z;2\n',
    rows: [2, 0],
  },
  {
    name: '24 a fixed offset',
    file: 'equipmentId,timestamp,value\nFC-24,2023-02-15 01:00:00,1\n',
    options: { timezone: '+01:00' },
    rows: [1, 0],
    readings: { 'FC-24': { [HOUR]: { value: 1 } } },
  },
  {
    name: '24b a fixed offset by the name of UTC',
    file: 'equipmentId,timestamp,value\nFC-24b,2023-02-15 01:00:00,1\n',
    options: { timezone: 'UTC+1' },
    rows: [1, 0],
    readings: { 'FC-24b': { [HOUR]: { value: 1 } } },
  },
  {
    name: '24c a fixed offset by the name of GMT',
    file: 'equipmentId,timestamp,value\nFC-24c,2023-02-15 02:00:00,1\n',
    options: { timezone: 'GMT+2' },
    rows: [1, 0],
    readings: { 'FC-24c': { [HOUR]: { value: 1 } } },
  },
  {
    name: '25 an October night in order',
    file: `equipmentId,timestamp,value\n${NIGHT.map((time, n) => `FC-25,2022-10-30 ${time}:00,${n}\n`).join('')}`,
    options: { timezone: 'Europe/Berlin', repeatedHour: 'in-order' },
    rows: [6, 0],
    readings: {
      'FC-25': Object.fromEntries(
        [
          '2022-10-29T23:30',
          '2022-10-30T00:15',
          '2022-10-30T00:45',
          '2022-10-30T01:15',
          '2022-10-30T01:45',
          '2022-10-30T02:15',
        ].map((time, n) => [`${time}:00.000Z`, { value: n }]),
      ),
    },
  },
  {
    name: '26 comments, a header again, sep=; and blanks',
    file: 'sep=;\n# made today\nequipmentId; timestamp; value\nFC-26; 2023-02-15T00:00:00Z; 1\n# pause\nequipmentId; timestamp; value\nFC-26; 2023-02-15T00:01:00Z; 2\n',
    rows: [2, 2],
    codes: ['comment', 'header-repeated'],
  },
  {
    name: '28 the history of a home',
    file: 'entity_id,state,last_changed\nsensor.fc_28,20.5,2023-02-15T00:00:00.000Z\nsensor.fc_28,unavailable,2023-02-15T00:01:00.000Z\nsensor.fc_28,on,2023-02-15T00:02:00.000Z\n',
    options: {
      columns: { entity_id: 'equipmentId', state: 'value', last_changed: 'timestamp' },
    },
    rows: [2, 1],
    readings: { 'sensor.fc_28': { [HOUR]: { value: 20.5 } } },
    codes: ['value-not-a-number'],
  },
  {
    name: '29 gzip of a .dat file',
    file: gzipSync('equipmentId|timestamp|value\nFC-29|2023-02-15T00:00:00Z|3\n'),
    fileName: 'logger.dat.gz',
    rows: [1, 0],
    readings: { 'FC-29': { [HOUR]: { value: 3 } } },
  },
];

function minutes(count: number, equipmentId: string): string {
  const start = Date.parse(HOUR);
  return Array.from(
    { length: count },
    (_, n) => `${equipmentId},${new Date(start + n * 60_000).toISOString()},${n}\n`,
  ).join('');
}
