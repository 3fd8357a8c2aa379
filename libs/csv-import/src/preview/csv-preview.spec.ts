import { EquipmentRestriction } from '@sensorflow/auth';
import { Retention } from '@sensorflow/sensor-data';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FixedClock } from '../../../../test/support/fixed-clock.js';
import { parseColumns } from '../grammar/column-mapping.js';
import { DEFAULT_OPTIONS, type ImportOptions } from '../grammar/import-options.js';
import { CsvPreviews } from './csv-preview.js';

async function previewOf(
  head: string | Buffer,
  options: Partial<ImportOptions> = {},
  fileName = 'a.csv',
  restriction?: EquipmentRestriction,
  pause?: () => Promise<unknown>,
) {
  const previews = new CsvPreviews(new FixedClock(), Retention.FOREVER, pause);
  const preview = await previews.preview({
    fileName,
    head: Buffer.from(head),
    options: { ...DEFAULT_OPTIONS, ...options },
    restriction,
  });
  return {
    ...preview,
    roles: preview.columns.map(({ key, role, proposal }) => [key, role, proposal]),
    codes: preview.faults.map(({ code, line, rows, option }) => [code, line, rows, option]),
    formats: preview.timestampFormats.map(({ format }) => format),
    shown: preview.readings.map(({ line, reading }) => [
      line,
      reading.equipmentId,
      reading.timestamp.slice(0, 19),
      Object.fromEntries(reading.values),
    ]),
  };
}

/** Thousands of timestamps, all different. */
const WRITTEN_DAYS = Array.from(
  { length: 2900 },
  (_, n) => `${(n % 12) + 1}/${(n % 28) + 1}/2022 ${n % 24}:${10 + (n % 50)},1\n`,
).join('');

describe('a preview', () => {
  it('shows a plain file as it will be read', async () => {
    const preview = await previewOf(
      'equipmentId,timestamp,Temp (°C)\nEQ-1,2023-02-15T00:00:00Z,20\nEQ-1,2023-02-15T00:01:00Z,x\n',
    );

    expect(preview).toMatchObject({ encoding: 'utf-8', delimiter: ',', headerLine: 1 });
    expect(preview.roles).toEqual([
      ['equipmentId', 'equipmentId', 'equipmentId'],
      ['timestamp', 'timestamp', 'timestamp'],
      ['Temp (°C)', 'Temp_C', 'Temp_C'],
    ]);
    expect(preview.formats).toEqual(['iso']);
    expect(preview.shown).toEqual([[2, 'EQ-1', '2023-02-15T00:00:00', { Temp_C: 20 }]]);
    expect(preview.codes).toEqual([['value-not-a-number', 3, 1, undefined]]);
  });

  it('shows the line that it took for the header, or its beginning', async () => {
    const short = await previewOf('Cellar\n\nequipmentId,timestamp,T\n');
    const long = await previewOf(`equipmentId,timestamp,${'T'.repeat(300)}\n`);

    expect([short.headerLine, short.headerText]).toEqual([3, 'equipmentId,timestamp,T']);
    expect(long.headerText).toHaveLength(201);
    expect(long.headerText).toMatch(/^equipmentId,timestamp,T+…$/);
  });

  it('shows under which metrics a long file is stored, and which names fall together', async () => {
    const rows = ['Outside Temp (°C)', 'flow', 'Outside Temp [°C]'].map(
      (name, n) => `EQ-1,2023-02-15T00:00:00Z,${name},${n}\n`,
    );
    const columns = new Map([
      ['metric', 'metric'],
      ['value', 'value'],
    ]);

    const preview = await previewOf(`equipmentId,timestamp,metric,value\n${rows.join('')}`, {
      columns,
    });

    expect(preview.madeMetrics).toEqual([{ name: 'Outside Temp (°C)', metric: 'Outside_Temp_C' }]);
    expect(preview.shown.map(([, , , values]) => values)).toEqual([
      { Outside_Temp_C: 0 },
      { flow: 1 },
    ]);
    expect(preview.codes).toEqual([['metric-name-taken', 4, 1, undefined]]);
  });

  it('takes no title line of a logger for its header, and says what is missing', async () => {
    const file =
      '"TOA5","Site","CR1000"\n"TIMESTAMP","RECORD","Temp"\n"TS","RN","Deg C"\n"","","Avg"\n"2023-08-01 15:00:00.1",0,21.5\n';

    const preview = await previewOf(file);
    const said = await previewOf(file, { ...preview.options, equipmentId: 'E', timezone: 'UTC' });

    expect([preview.headerLine, preview.headerText]).toEqual([2, '"TIMESTAMP","RECORD","Temp"']);
    expect(preview.codes).toEqual([
      ['header-missing-column', undefined, 0, 'equipmentId'],
      ['timestamp-offset-missing', 5, 1, 'timezone'],
      ['units-row', 3, 2, undefined],
    ]);
    expect([said.shown, said.codes]).toEqual([
      [[5, 'E', '2023-08-01T15:00:00', { RECORD: 0, Temp: 21.5 }]],
      [['units-row', 3, 2, undefined]],
    ]);
  });

  it.each([
    [
      'of a PLC',
      '0;13.04.2023 00:00;4;17,5;18,1; \n1;13.04.2023 00:10;4;17,25;18,2; \n',
      {
        delimiter: ';',
        decimal: ',',
        timestampFormat: 'dd.MM.yyyy HH:mm',
        names: ['column_1', 'column_2', 'column_3', 'column_4', 'column_5'],
      },
      ['column_1', 'timestamp', 'column_3', 'column_4', 'column_5'],
      { column_1: 0, column_3: 4, column_4: 17.5, column_5: 18.1 },
    ],
    [
      'with the names of equipment and a word',
      'EQ-1,2023-04-13T00:00:00Z,on,5\nEQ-2,2023-04-13T00:01:00Z,off,6\n',
      { delimiter: ',', decimal: '.', timestampFormat: undefined },
      ['equipmentId', 'timestamp', null, 'column_4'],
      { column_4: 5 },
    ],
    [
      'whose fields are all words',
      'EQ-1|2023-04-13T00:00:00Z|on\nEQ-2|2023-04-13T00:01:00Z|5\n',
      { delimiter: '|', decimal: '.' },
      ['equipmentId', 'timestamp', 'column_3'],
      { column_3: 5 },
    ],
    [
      'with date and time apart',
      '13/04/2023\t00.00.00\t2.5\n14/04/2023\t00.10.00\t3.5\n',
      { delimiter: '\t', timestampFormat: 'dd/MM/yyyy HH.mm.ss' },
      ['date', 'time', 'column_3'],
      { column_3: 2.5 },
    ],
    [
      'with seconds since 1970',
      '7,1681344000,2\n8,1681344060,3\n',
      { delimiter: ',', timestampFormat: 'epoch-s' },
      ['column_1', 'timestamp', 'column_3'],
      { column_1: 7, column_3: 2 },
    ],
  ] as const)(
    'proposes all that a file without a header needs: %s',
    async (_, file, options, proposals, values) => {
      const preview = await previewOf(file);
      const missing = {
        ...(!proposals.includes('equipmentId' as never) && { equipmentId: 'EQ-1' }),
        timezone: 'UTC',
      };
      const again = await previewOf(file, { ...preview.options, ...missing });

      expect(preview.options).toMatchObject({ headerLine: 0, ...options });
      expect([preview.headerLine, preview.columns]).toEqual([undefined, []]);
      expect([...preview.options.columns.values()]).toEqual(proposals);
      expect([preview.isAsProposed, preview.codes[0]]).toEqual([
        true,
        ['header-missing-column', undefined, 0, 'headerLine'],
      ]);
      expect(again.faults.filter(({ line }) => line === undefined)).toEqual([]);
      expect(again.shown[0]?.[3]).toEqual(values);
    },
  );

  it.each([
    'device,time,,Temp\nEQ-1,2023-02-15T00:00:00Z,,20\nEQ-1,2023-02-15T00:01:00Z,,21\n',
    'Datum;101;102;103\n15.02.2023 00:00;1;2;3\n15.02.2023 00:01;1;2;3\n',
    'Zeit;-;Temp\n15.02.2023 00:00;x;3\n15.02.2023 00:01;x;3\n',
    'Datum;Zeit;;T\n15.02.2023;00:00;;3\n15.02.2023;00:01;;3\n',
    ';101;102\n15.02.2023 00:00;1;2\n15.02.2023 00:01;1;2\n',
  ])('proposes no file without a header where its first line may be one: %j', async (file) => {
    const { options, isAsProposed, codes, readings } = await previewOf(file);

    expect(options).toEqual(DEFAULT_OPTIONS);
    expect([isAsProposed, readings]).toEqual([false, []]);
    expect(codes).toEqual([['header-missing-column', undefined, 0, 'columns']]);
  });

  it('takes a file for one without a header behind the line that names its delimiter', async () => {
    const { options, shown } = await previewOf(
      'sep=;\n2023-02-15T00:00:00Z;EQ-1;2\n2023-02-15T00:01:00Z;EQ-1;3\n',
    );

    expect(options).toMatchObject({ headerLine: 0, delimiter: ';' });
    expect(shown).toHaveLength(2);
  });

  it('takes a file for one without a header behind a title', async () => {
    const rows = '15.02.2023 00:00;1;2\n'.repeat(6);

    const { options } = await previewOf(`Cellar\n${rows}`);

    expect(options).toMatchObject({ headerLine: 0, timestampFormat: 'dd.MM.yyyy HH:mm' });
  });

  it.each(['time,device,quantity,reading\n', 'timestamp,equipmentId,quantity,reading\n', ''])(
    'proposes no metric whose values would overwrite each other: %j',
    async (header) => {
      const rows = ['temperature,20', 'humidity,55'].map(
        (row) => `2023-02-15T00:00:00Z,EQ-1,${row}\n`,
      );
      const file = header + rows.join('');

      const { options } = await previewOf(file);
      const { shown, codes } = await previewOf(file, options);

      expect([...options.columns.values()]).toEqual([
        'timestamp',
        'equipmentId',
        'metric',
        'value',
      ]);
      expect(codes).toEqual([]);
      expect(shown.map(([, , , values]) => values)).toEqual([
        { temperature: 20 },
        { humidity: 55 },
      ]);
    },
  );

  it('takes words that may be those of equipment for no metrics', async () => {
    const rows = ['Kitchen,20', 'Hall,19'].map((row) => `2023-02-15T00:00:00Z,${row}\n`);

    const { columns } = await previewOf(`timestamp,room,T\n${rows.join('')}`);

    expect(columns.map(({ proposal }) => proposal)).toEqual(['timestamp', null, 'T']);
  });

  it('takes a state beside a metric for none, where each instant has one row', async () => {
    const { options } = await previewOf(
      'timestamp,equipmentId,state,T\n2023-02-15T00:00:00Z,E,on,1\n2023-02-15T00:01:00Z,E,off,2\n',
    );

    expect([...options.columns.values()]).toEqual(['timestamp', 'equipmentId', null, 'T']);
  });

  it('proposes options that say what was said, and more only where nothing else can be meant', async () => {
    const open = 'Zeit;Gerät;T\n02.03.2023 10:00;EQ-1;1,500\n';
    const decided = 'Zeit;Gerät;T\n13.03.2023 10:00;EQ-1;1,5\n';

    const of = async (file: string, said = {}) => (await previewOf(file, said)).options;

    const columns = new Map([
      ['Zeit', 'timestamp'],
      ['Gerät', 'equipmentId'],
      ['T', 'T'],
    ]);
    expect(await of(open)).toEqual({ ...DEFAULT_OPTIONS, columns });
    expect(await of(decided)).toEqual({
      ...DEFAULT_OPTIONS,
      columns,
      timestampFormat: 'dd.MM.yyyy HH:mm',
      decimal: ',',
    });
    const said = { timestampFormat: 'MM.dd.yyyy HH:mm', timezone: 'UTC', missing: ['x'] };
    expect(await of(open, said)).toEqual({ ...DEFAULT_OPTIONS, ...said, columns });
  });

  it.each([
    ['equipmentId,date,time,T', 'E,2023-02-15,10:00:00Z,20'],
    ['equipmentId,Date,Time,T', 'E,2023-02-15,10:00:00Z,20'],
    ['equipmentId,timestamp,metric,value', 'E,2023-02-15T10:00:00Z,Temp (C),20'],
    ['timestamp;#;equipmentId;T', '2023-02-15T10:00:00Z;1;E;20'],
    ['equipmentId,timestamp,,Temp', 'E,2023-02-15T10:00:00Z,,20'],
    ['equipmentId,timestamp,,Temp', 'E,2023-02-15T10:00:00Z,5,20'],
    ['equipmentId,timestamp,T,T', 'E,2023-02-15T10:00:00Z,5,20'],
    ['Zeit;Gerät;_n;T', '2023-02-15T10:00:00Z;E-1;5;20'],
    [',equipmentId,T', '2023-02-15T10:00:00Z,E,20'],
    ['ts,device,θ', '2023-02-15T10:00:00Z,E,20'],
  ])('shows of %j what its options bring', async (header, row) => {
    const file = `${header}\n${row}\n${row.replace('-15', '-16')}\n`;

    const preview = await previewOf(file);
    const again = await previewOf(file, preview.options);

    expect(preview).toMatchObject({ isAsProposed: true });
    expect(parseColumns(Object.fromEntries(preview.options.columns)).ok).toBe(true);
    expect([again.isAsProposed, again.faults]).toEqual([false, []]);
    expect(again.shown).toEqual(preview.shown);
    expect(preview.shown).toHaveLength(2);
  });

  it('lets others in between its steps, whatever the width of the file', async () => {
    const words = Array.from({ length: 1000 }, (_, n) => `w${n}`);
    const bad = `E,2023-02-15T00:00:00Z${',x'.repeat(60)}\n`;
    const files: readonly (readonly [string, string, number])[] = [
      ['a header of 1,000 columns', `${words.join()}\n${words.map(() => 'x').join()}\n`, 60],
      ['all delimiters in each line', `${words.join(',;|\t')}\n`.repeat(15), 20],
      ['many lines of many names', `${words.slice(0, 100).join()}\n`.repeat(100), 200],
      [
        'many bad cells',
        `equipmentId,timestamp,${words.slice(0, 60).join()}\n${bad.repeat(400)}`,
        10,
      ],
      ['many timestamps', `timestamp,value\n${WRITTEN_DAYS}`, 100],
    ];
    for (const [name, file, least] of files) {
      let pauses = 0;
      const pause = async () => {
        pauses += 1;
      };

      await previewOf(file.slice(0, 65_536), {}, 'a.csv', undefined, pause);

      expect(pauses, name).toBeGreaterThanOrEqual(least);
    }
  });

  it('shows where another header begins', async () => {
    const header = 'equipmentId,timestamp,';
    const preview = await previewOf(
      `${header}a\nE,2023-02-15T00:00:00Z,1\n${header}b\nE,2023-02-15T00:01:00Z,2\n`,
    );

    expect(preview.codes).toEqual([['header-changed', 3, 2, undefined]]);
    expect(preview.shown).toEqual([[2, 'E', '2023-02-15T00:00:00', { a: 1 }]]);
  });

  it('finds the header of a logger, and proposes what it needs', async () => {
    const preview = await previewOf(
      'Plot Title: cellar\n"#","Date Time, GMT+02:00","Temp, °C (SN: 1)","Temp, °C (SN: 1)"\n1,14.05.08 10:00:00,12.3,12.9\n2,14.05.08 10:10:00,12.4,12.8\n',
    );

    expect(preview).toMatchObject({ delimiter: ',', headerLine: 2, readings: [] });
    expect(preview.roles.map(([key, , proposal]) => [key, proposal])).toEqual([
      ['#', null],
      ['Date Time, GMT+02:00', 'timestamp'],
      ['Temp, °C (SN: 1)#1', 'Temp_C_SN_1'],
      ['Temp, °C (SN: 1)#2', 'Temp_C_SN_1_2'],
    ]);
    expect(preview.formats).toContain('dd.MM.yy HH:mm:ss');
    expect(preview.formats).toContain('yy.MM.dd HH:mm:ss');
    expect(preview.codes.map(([code]) => code)).toEqual([
      'header-invalid-column',
      'header-missing-column',
      'header-missing-column',
      'header-duplicate-column',
      'timestamp-format-unsaid',
      'timestamp-offset-missing',
      'timestamp-malformed',
    ]);
  });

  it.each([
    ['of an unknown column', 'Zeit;t\n2023-02-15 10:00;1\n', [2, 1, 'timezone']],
    ['of an unknown format', 'timestamp;t\n15.02.2023 10:00;1\n', [undefined, 0, 'timezone']],
    ['of rows that can be read', 'timestamp;t\n2023-02-15 10:00;1\n', [2, 1, 'timezone']],
    ['with an offset', 'Zeit;t\n2023-02-15 10:00Z;1\n', undefined],
  ])('asks for the zone of timestamps %s at once', async (_, file, fault) => {
    const options = { equipmentId: 'EQ-1' };
    const zoneFault = async (more: Partial<ImportOptions>) => {
      const { codes } = await previewOf(file, { ...options, ...more });
      return codes.find(([code]) => code === 'timestamp-offset-missing')?.slice(1);
    };

    expect(await zoneFault({})).toEqual(fault);
    expect(await zoneFault({ timezone: 'UTC' })).toBeUndefined();
  });

  it('names every format that fits, and chooses none', async () => {
    const preview = await previewOf(
      'equipmentId,timestamp,value\nEQ-1,02/03/2023 10:00,1\nEQ-1,04/03/2023 10:00,1\n',
      { timezone: 'UTC' },
    );

    expect(preview.formats).toEqual(['dd/MM/yyyy HH:mm', 'MM/dd/yyyy HH:mm']);
    expect(preview.readings).toEqual([]);
    expect(preview.codes).toEqual([
      ['timestamp-format-unsaid', undefined, 0, 'timestampFormat'],
      ['timestamp-malformed', 2, 2, 'timestampFormat'],
    ]);
  });

  it('shows the rows as the proposals make them while the header has faults, and all faults at once', async () => {
    const preview = await previewOf(
      'Zeit;Gerät;T;T;\n2023-02-15 10:00;EQ-1;1;2;\n2023-02-15 10:01;EQ-1;;3;\n2023-02-15 25:00;EQ 2;x;3;\n"broken\n',
      { timezone: 'UTC' },
    );

    expect(preview.isAsProposed).toBe(true);
    expect(preview.roles).toEqual([
      ['Zeit', 'Zeit', 'timestamp'],
      ['Gerät', 'Gerat', 'equipmentId'],
      ['T#1', 'T', 'T'],
      ['T#2', 'T', 'T_2'],
      ['', null, null],
    ]);
    expect(preview.shown).toEqual([
      [2, 'EQ-1', '2023-02-15T10:00:00', { T: 1, T_2: 2 }],
      [3, 'EQ-1', '2023-02-15T10:01:00', { T_2: 3 }],
    ]);
    expect(preview.codes).toEqual([
      ['header-missing-column', undefined, 0, 'columns'],
      ['header-missing-column', undefined, 0, 'columns'],
      ['header-duplicate-column', undefined, 0, 'columns'],
      ['equipment-id-invalid', 4, 1, undefined],
      ['timestamp-not-a-date', 4, 1, undefined],
      ['value-not-a-number', 4, 1, undefined],
      ['unclosed-quote', 5, 1, undefined],
    ]);
  });

  it('shows readings without equipment while nothing names it', async () => {
    const file = 'datetime;Flow\n2020-03-09 10:14:33;31.5\n';

    const open = await previewOf(file, { timezone: 'UTC' });
    const named = await previewOf(file, { timezone: 'UTC', equipmentId: 'EQ-1' });

    expect(open.shown).toEqual([[2, '', '2020-03-09T10:14:33', { Flow: 31.5 }]]);
    expect([open.isAsProposed, named.isAsProposed]).toEqual([true, false]);
    expect(named.shown).toEqual([[2, 'EQ-1', '2020-03-09T10:14:33', { Flow: 31.5 }]]);
  });

  it('names what is wrong with rows whose time no column has', async () => {
    const { codes, shown, isAsProposed } = await previewOf('equipmentId;T\nEQ-1;1\n"broken\n');

    expect([shown, isAsProposed]).toEqual([[], false]);
    expect(codes).toEqual([
      ['header-missing-column', undefined, 0, 'columns'],
      ['unclosed-quote', 3, 1, undefined],
    ]);
  });

  it('names the other faults of a file of another encoding too', async () => {
    const file = 'equipmentId;Zeit;L\xfcfter\nEQ-1;15.02.2023 10:00;1,5\n';

    const { encoding, codes, roles } = await previewOf(Buffer.from(file, 'latin1'));

    expect([encoding, roles[2]]).toEqual([undefined, ['Lüfter', 'Lufter', 'Lufter']]);
    expect(codes.map(([code, , , option]) => [code, option])).toEqual([
      ['encoding-unsupported', 'encoding'],
      ['header-missing-column', 'columns'],
      ['timestamp-format-unsaid', 'timestampFormat'],
      ['timestamp-offset-missing', 'timezone'],
      ['timestamp-malformed', 'timestampFormat'],
      ['value-not-a-number', 'decimal'],
    ]);
  });

  it('shows that a key for some equipment brings no rows of other equipment', async () => {
    const restriction = new EquipmentRestriction(['EQ-1']);
    const file = `equipmentId,timestamp,value\n${['EQ-1', 'EQ-2', 'EQ-2', 'EQ-3'].map((id) => `${id},2023-02-15T00:00:00Z,1\n`).join('')}`;

    const { shown, codes } = await previewOf(file, {}, 'a.csv', restriction);
    const ofFile = await previewOf(
      'timestamp,value\n2023-02-15T00:00:00Z,1\n',
      { equipmentId: 'EQ-2' },
      'a.csv',
      restriction,
    );

    expect(shown.map(([, equipmentId]) => equipmentId)).toEqual(['EQ-1']);
    expect(codes).toEqual([
      ['equipment-forbidden', 3, 2, undefined],
      ['equipment-forbidden', 5, 1, undefined],
    ]);
    expect([ofFile.shown, ofFile.codes]).toEqual([[], [['equipment-forbidden', 2, 1, undefined]]]);
  });

  it.each([
    ['timestamp\n2023-02-15T00:00:00Z\n', 'header-no-metric', /only column is "timestamp".*blanks/],
    ['value\n21.5\n22.5\n', 'header-missing-column', /single column.*blanks/],
    ['Date Time Temp\n2023-02-15 00:00 21.5\n', 'header-missing-column', /single column.*blanks/],
  ])('says of a file of one column what cuts columns: %j', async (file, code, said) => {
    const { faults } = await previewOf(file, { equipmentId: 'EQ-1' });

    expect(faults[0]?.code).toBe(code);
    expect(faults[0]?.detail).toMatch(said);
  });

  it('proposes the columns of a long file, and date and time that stand apart', async () => {
    const long = await previewOf(
      'time,device,metric,value\n2023-02-15T00:00:00Z,EQ-2,temperature,20\n',
    );
    const apart = await previewOf('Date;Time;CO\n10/03/2004;18.00.00;2,6\n', {
      equipmentId: 'EQ-1',
      decimal: ',',
    });

    expect(long.columns.map(({ proposal }) => proposal)).toEqual([
      'timestamp',
      'equipmentId',
      'metric',
      'value',
    ]);
    expect(apart.columns.map(({ proposal }) => proposal)).toEqual(['date', 'time', 'CO']);
    expect(apart.formats).toEqual(['dd/MM/yyyy HH.mm.ss', 'MM/dd/yyyy HH.mm.ss']);
  });

  it('shows five readings, and leaves out a last line that is cut', async () => {
    const rows = Array.from({ length: 9 }, (_, n) => `EQ-1,2023-02-15T00:0${n}:00Z,${n}\n`).join(
      '',
    );

    const preview = await previewOf(`equipmentId,timestamp,value\n${rows}EQ-1,2023-0`);

    expect(preview.shown.map(([line]) => line)).toEqual([2, 3, 4, 5, 6]);
    expect(preview.faults).toEqual([]);
  });

  it('reads the beginning of a gzip file, whose end is not there', async () => {
    const rows = Array.from(
      { length: 9000 },
      (_, n) => `EQ-${n * 7919},2023-02-15T00:00:00Z,${n}\n`,
    );
    const file = gzipSync(`equipmentId,timestamp,value\n${rows.join('')}`);

    const preview = await previewOf(file.subarray(0, file.length - 100), {}, 'a.csv.gz');

    expect(preview.shown).toHaveLength(5);
    expect(preview.faults).toEqual([]);
  });

  it.each([
    ['PK\u0003\u0004...xl/workbook.xml', 'a.csv', 'file-not-csv', 'Excel'],
    ['PK\u0003\u0004...readings.csv', 'a.csv', 'file-not-csv', 'ZIP'],
    ['<!DOCTYPE html>\n<html>', 'a.csv', 'file-not-csv', 'HTML'],
    ['a,b\n1,2\n', 'a.csv.gz', 'gzip-corrupt', 'not compressed'],
    [gzipSync('a,b\n'), 'a.csv', 'file-not-csv', 'ends in .gz'],
    [gzipSync(gzipSync('a,b\n')), 'a.csv.gz', 'file-not-csv', 'once more'],
    ['{"equipmentId": 1}', 'a.txt', 'file-not-csv', 'batch'],
    ['{\\rtf1\\ansi}', 'a.txt', 'file-not-csv', 'Rich Text'],
    [Buffer.from('\x89PNG\r\n', 'latin1'), 'a.csv', 'file-not-csv', 'an image'],
    ['TDSm\u0000', 'a.dat', 'file-not-csv', 'TDMS'],
    ['version https://git-lfs.github.com/spec/v1\n', 'a.csv', 'file-not-csv', 'Git LFS'],
    ['<table><tr><td>1</td></tr></table>', 'a.csv', 'file-not-csv', 'HTML'],
    ['"equipmentId,timestamp,v"\n"EQ-1,x,1"\n', 'a.csv', 'header-missing-column', 'in quotes'],
    [
      Buffer.from('\xc2\xf0\xe5\xec\xff;\xd2\xe5\xec\xef\n1;2\n', 'latin1'),
      'a.csv',
      'encoding-unsupported',
      'UTF-8',
    ],
    ['', 'a.csv', 'file-empty', 'no header'],
    [
      Buffer.from('equipmentId,timestamp,L\xfcfter\n', 'latin1'),
      'a.csv',
      'encoding-unsupported',
      'encoding',
    ],
    ['equipmentId,timestamp;value\n', 'a.csv', 'delimiter-ambiguous', 'delimiter'],
  ])('says what %j named %s is', async (head, fileName, code, said) => {
    const { faults, readings } = await previewOf(head, {}, fileName);

    expect(faults[0]?.code).toBe(code);
    expect(faults[0]?.detail).toContain(said);
    expect(readings).toEqual([]);
  });

  it('refuses the header that an import refuses: one that is too long', async () => {
    const file = `equipmentId,timestamp,value,${'a'.repeat(70_000)}\nEQ-1,2023-02-15T00:00:00Z,1,2\n`;

    const preview = await previewOf(gzipSync(file), {}, 'a.csv.gz');

    expect(preview.faults.map(({ code }) => code)).toEqual(['header-too-long']);
  });

  it('names what its faults are about, for whoever says it in other words', async () => {
    const preview = await previewOf(
      'equipmentId,timestamp,t\nE,2023-02-15T00:00:00Z,warm\nE,2023-02-15T00:01:00Z\n',
    );

    expect(preview.faults.map(({ code, parameters }) => [code, parameters])).toEqual([
      ['value-not-a-number', { column: 't' }],
      ['field-count', { fields: 2, expected: 3 }],
    ]);
  });

  it('keeps a column with decimal commas, and names the option', async () => {
    const preview = await previewOf(
      'equipmentId;timestamp;CO\nEQ-1;2023-02-15T00:00:00Z;2,6\nEQ-1;2023-02-15T00:01:00Z;1,5\n',
    );

    expect(preview.columns[2]).toMatchObject({
      proposal: 'CO',
      reason: 'decimal-commas',
    });
    expect(preview.codes).toEqual([['value-not-a-number', 2, 2, 'decimal']]);
  });

  it('proposes the time for a first column without a name, as tables with an index have it', async () => {
    const file = ',temp\n2023-02-15 00:00:00,20\n2023-02-15 00:01:00,21\n';
    const options = { equipmentId: 'E', timezone: 'UTC' };

    const unsaid = await previewOf(file, options);
    const said = await previewOf(file, { ...options, columns: new Map([['', 'timestamp']]) });

    expect([unsaid.headerLine, unsaid.isAsProposed]).toEqual([1, true]);
    expect(unsaid.roles).toEqual([
      ['', null, 'timestamp'],
      ['temp', 'temp', 'temp'],
    ]);
    expect(said.codes).toEqual([]);
    expect(said.shown).toEqual([
      [2, 'E', '2023-02-15T00:00:00', { temp: 20 }],
      [3, 'E', '2023-02-15T00:01:00', { temp: 21 }],
    ]);
  });

  it('reads decimal commas in quotes between commas, and no others', async () => {
    const preview = await previewOf(
      '"equipmentId","timestamp","T"\n"E","2023-02-15T00:00:00Z","2,6"\nE,2023-02-15T00:01:00Z,2,6\n',
      { decimal: ',' },
    );

    expect(preview.shown).toEqual([[2, 'E', '2023-02-15T00:00:00', { T: 2.6 }]]);
    expect(preview.codes).toEqual([['decimal-ambiguous', 3, 1, undefined]]);
  });

  it.each(['windows-1252', 'iso-8859-1'] as const)('says that UTF-8 is no %s', async (encoding) => {
    const file = 'equipmentId;timestamp;Lüfter\nEQ-1;2023-02-15T00:00:00Z;1\n';

    const { faults, readings } = await previewOf(file, { encoding });

    expect(faults.map(({ code, option }) => [code, option])).toEqual([
      ['encoding-unsupported', 'encoding'],
    ]);
    expect(faults[0]?.detail).toContain('UTF-8');
    expect(readings).toEqual([]);
  });
});
