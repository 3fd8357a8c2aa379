import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, machineToken } from '../support/api-client.js';
import { FIELD_FILES, HOUR, latin1 } from '../support/field-files.js';
import { inWords, moreFieldFiles } from '../support/more-field-files.js';
import {
  aggregatedHours,
  allReadings,
  importEnd,
  importFile,
  undoneImport,
} from '../support/sensorflow.js';

/** Files of different callers are imported at the same time. */
const CALLERS = 4;

let anyone: ApiClient;
let api: ApiClient;
let callers: readonly ApiClient[];

beforeAll(async () => {
  const stack = inject('stack');
  anyone = await ApiClient.connect(stack.baseUrl);
  api = anyone.withToken(await machineToken(stack));
  const scopes = ['sensorflow/import', 'sensorflow/read'];
  const wishes = Array.from({ length: CALLERS }, (_, n) => ({
    name: `field ${n}`,
    scopes,
    ratePerMinute: 6000,
  }));
  const keys = await Promise.all(wishes.map((wish) => api.post('/api-keys', wish)));
  callers = keys.map(({ body }) => anyone.withToken(body.key));
});

async function readingsOf(equipmentId: string) {
  const items = await allReadings(api, equipmentId);
  return Object.fromEntries(items.map(({ timestamp, values }) => [timestamp, values]));
}

async function reportCodes(url: string | null): Promise<readonly string[]> {
  if (url === null) return [];
  const report = await (await fetch(url)).text();
  const lines = report.trimEnd().split('\r\n').slice(1);
  return lines.map((line) => line.split(/"[,;\t|]"/)[1] ?? '');
}

const REFUSED = (
  [
    [
      '15 a pattern that is not said',
      'equipmentId,timestamp,value\nX,15-05-2020 00:00,1\n',
      'a.csv',
      {},
      'no-valid-row',
      /Line 2: timestamp-malformed.*dd-MM-yyyy HH:mm: timestampFormat.*timezone/,
    ],
    [
      '15 a pattern that is one of two',
      'equipmentId,timestamp,value\nX,05-04-2020 00:00,1\n',
      'a.csv',
      { timezone: 'UTC' },
      'no-valid-row',
      /dd-MM-yyyy HH:mm or MM-dd-yyyy HH:mm: only timestampFormat/,
    ],
    [
      '20 Windows-1252 in the header',
      latin1('equipmentId;timestamp;L\xfcfter\n'),
      'a.csv',
      {},
      'encoding-unsupported',
      /option encoding/,
    ],
    [
      '20 Windows-1252 in a column left out',
      latin1('equipmentId;timestamp;v;t\nX;2023-02-15T00:00:00Z;1;L\xfcfter\n'),
      'a.csv',
      { columns: { t: null } },
      'encoding-unsupported',
      /option encoding/,
    ],
    [
      '22 a workbook',
      'PK\u0003\u0004-[Content_Types].xml',
      'a.csv',
      {},
      'file-not-csv',
      /Excel workbook \(.xlsx\)/,
    ],
    ['22 a ZIP archive', 'PK\u0003\u0004-a.csv', 'a.csv', {}, 'file-not-csv', /ZIP archive/],
    ['22 a login page', '<!DOCTYPE html><html><form>', 'a.csv', {}, 'file-not-csv', /HTML/],
    [
      '22 text named .gz',
      'equipmentId,timestamp,value\n',
      'a.csv.gz',
      {},
      'gzip-corrupt',
      /not compressed/,
    ],
    [
      '22 gzip named .csv',
      gzipSync('equipmentId,timestamp,value\n'),
      'a.csv',
      {},
      'file-not-csv',
      /ends in \.gz/,
    ],
    [
      '23 a hundred metrics',
      `equipmentId,timestamp,${Array.from({ length: 100 }, (_, n) => `m${n}`).join()}\n`,
      'a.csv',
      {},
      'too-many-metrics',
      /100 columns.*64.*columns/,
    ],
    [
      '18 names that cannot be told apart',
      'equipmentId,timestamp,T (C),T [C],p (a),p [a]\n',
      'a.csv',
      {},
      'header-duplicate-column',
      /"T_C".*"p_a"/,
    ],
  ] as const
).map(([name, file, fileName, options, code, said]) => ({
  name,
  file,
  fileName,
  options,
  code,
  said,
}));

/** By whom a test imports its file. */
function callerOf(at: number): ApiClient {
  return callers[at % CALLERS] ?? api;
}

const MORE = moreFieldFiles('').map(({ name }, at) => ({ name, at }));

describe('a file from the field', () => {
  it.concurrent.each(MORE)('as many of its kind: $name', async ({ name, at }) => {
    const equipment = `FM-${at}`;
    const field = moreFieldFiles(equipment)[at];
    if (field?.name !== name) throw new Error('every file has its place');

    const done = await importFile(callerOf(at), 'field.csv', field.file, field.said);

    const stored = await Promise.all(
      [equipment, `${equipment}F`].map(async (id) => {
        const { body } = await api.get(`/sensor-data/${id}`);
        return (body.items ?? []).map((item: { timestamp: string; values: object }) =>
          inWords(equipment, id, item.timestamp, Object.entries(item.values)),
        );
      }),
    );
    expect(done.failure?.code ?? stored.flat()).toEqual(field.expected);
    expect(done.rows.repeated).toBe(field.repeated);
  });

  it.concurrent.each(FIELD_FILES.map((field, at) => [field.name, at, field] as const))(
    '%s',
    async (_, at, field) => {
      const name = field.fileName ?? 'field.csv';

      const done = await importFile(callerOf(at), name, field.file, { ...field.options });

      const [accepted, rejected] = field.rows;
      const { rows, failure } = done;
      expect([failure, rows.accepted, rows.rejected, rows.repeated]).toEqual([
        null,
        accepted,
        rejected,
        field.repeated ?? 0,
      ]);
      const codes = await reportCodes(done.errorReportUrl);
      expect(codes).toEqual(field.codes ?? codes);
      for (const [equipmentId, expected] of Object.entries(field.readings ?? {})) {
        expect(await readingsOf(equipmentId)).toEqual(expected);
      }
    },
  );

  it.concurrent.each(REFUSED)('is refused once: $name', async (refused) => {
    const { status, failure } = await importFile(
      callerOf(refused.name.length),
      refused.fileName,
      refused.file,
      refused.options,
    );

    expect([status, failure.code]).toEqual(['failed', refused.code]);
    expect(failure.detail).toMatch(refused.said);
  });

  it('17 is corrected cell by cell: the error report is uploaded with the options of its import', async () => {
    const file = latin1('Ort;datetime;T (\xb0C);p\n-;2023-02-15 00:00:00;21,5;OL\n-;bald;1,5;2\n');
    const options = {
      equipmentId: 'FC-17c',
      columns: { Ort: null },
      encoding: 'windows-1252',
      timezone: 'UTC',
      decimal: ',',
      headerLine: 1,
    };
    const { rows, errorReportUrl } = await importFile(api, 'a.csv', file, options);
    expect(rows).toMatchObject({ accepted: 1, rejected: 1 });
    const report = await (await fetch(errorReportUrl)).text();

    const corrected = report.replace('OL', '2,25').replace('bald', '2023-02-15 00:01:00');
    const again = await importFile(api, 'b.csv', corrected, options);

    expect(again).toMatchObject({ status: 'completed', rows: { accepted: 2, rejected: 0 } });
    expect(await readingsOf('FC-17c')).toEqual({
      [HOUR]: { T_C: 21.5, p: 2.25 },
      '2023-02-15T00:01:00.000Z': { T_C: 1.5, p: 2 },
    });
  });
});

/** Ways for two metrics of one instant to come apart from each other. */
const APART: readonly (readonly [string, (id: string) => Promise<void>])[] = [
  [
    'in two files',
    async (id) => {
      await importFile(api, 'a.csv', fileWith(id, 'temperature', 20));
      await importFile(api, 'b.csv', fileWith(id, 'humidity', 55));
    },
  ],
  [
    'in two requests',
    async (id) => {
      await api.post('/sensor-data', readingWith(id, { temperature: 20 }));
      await api.post('/sensor-data', readingWith(id, { humidity: 55 }));
    },
  ],
  [
    'within one batch',
    async (id) => {
      const readings = [{ temperature: 20 }, { humidity: 55 }];
      await api.post(
        '/sensor-data/batch',
        readings.map((values) => readingWith(id, values)),
      );
    },
  ],
  [
    'in a request behind a file',
    async (id) => {
      await importFile(api, 'a.csv', fileWith(id, 'temperature', 20));
      await api.post('/sensor-data', readingWith(id, { humidity: 55 }));
    },
  ],
  [
    'in two rows of one file',
    async (id) => {
      const rows = `${id},${HOUR},20,\n${id},${HOUR},,55\n`;
      await importFile(api, 'a.csv', `equipmentId,timestamp,temperature,humidity\n${rows}`);
    },
  ],
];

function fileWith(id: string, metric: string, value: number): string {
  return `equipmentId,timestamp,${metric}\n${id},${HOUR},${value}\n`;
}

function readingWith(equipmentId: string, values: object) {
  return { equipmentId, timestamp: HOUR, values };
}

describe('1 metrics of one instant', () => {
  it.each(APART)('stand beside each other that come %s', async (way, send) => {
    const id = `FC-1-${APART.findIndex(([name]) => name === way)}`;

    await send(id);

    expect(await readingsOf(id)).toEqual({ [HOUR]: { temperature: 20, humidity: 55 } });
  });
});

describe('5 a range of aggregates', () => {
  it.each([
    ['+05:30', '2023-06-13T19:00:00Z', '2023-06-14T19:00:00Z', 'EAST'],
    ['+05:45', '2023-06-13T19:00:00Z', '2023-06-14T19:00:00Z', 'NEPAL'],
    ['-03:30', '2023-06-14T04:00:00Z', '2023-06-15T04:00:00Z', 'WEST'],
    ['+02:00', '2023-06-13T22:00:00Z', '2023-06-14T22:00:00Z', 'WHOLE'],
  ])('of a day at %s says which hours it really has', async (offset, from, to, name) => {
    const equipmentId = `FC-5-${name}`;
    // One in front of the first hour, one in each at its bounds, and one behind the last.
    const instants = [from, to].flatMap((bound) => [Date.parse(bound) - 1, Date.parse(bound)]);
    const readings = instants.map((epochMs, value) => {
      return { equipmentId, timestamp: new Date(epochMs).toISOString(), value };
    });
    expect((await api.post('/sensor-data/batch', readings)).status).toBe(201);

    const { body } = await api.get('/sensor-data/aggregated', {
      equipmentId,
      from: `2023-06-14T00:00:00${offset}`,
      to: `2023-06-15T00:00:00${offset}`,
    });

    expect([body.from, body.to].map((seconds) => seconds * 1000)).toEqual(
      [from, to].map((bound) => Date.parse(bound)),
    );
    expect([body.totalCount, body.average]).toEqual([2, 1.5]);
  });
});

/** What a file was first imported with by mistake, and what was meant. */
const MISTAKES = [
  {
    name: 'the wrong zone',
    file: (id: string) => `equipmentId,timestamp,value\n${id},2023-02-15 01:30,1\n`,
    wrong: { timezone: 'America/New_York' },
    right: { timezone: 'Europe/Berlin' },
    expected: { '2023-02-15T00:30:00.000Z': { value: 1 } },
  },
  {
    name: 'the wrong order of day and month',
    file: (id: string) => `equipmentId,timestamp,value\n${id},02/03/2023 10:00,1\n`,
    wrong: { timestampFormat: 'MM/dd/yyyy HH:mm', timezone: 'UTC' },
    right: { timestampFormat: 'dd/MM/yyyy HH:mm', timezone: 'UTC' },
    expected: { '2023-03-02T10:00:00.000Z': { value: 1 } },
  },
  {
    name: 'the wrong name of a metric',
    file: (id: string) => `equipmentId,timestamp,T\n${id},2023-02-15T00:30:00Z,1\n`,
    wrong: { columns: { T: 'pressure' } },
    right: { columns: { T: 'temperature' } },
    expected: { '2023-02-15T00:30:00.000Z': { temperature: 1 } },
  },
];

describe('27 an import with a mistake', () => {
  it.concurrent.each(MISTAKES.map((mistake, at) => [mistake.name, at, mistake] as const))(
    'that is undone leaves nothing of %s',
    async (_, at, { file, wrong, right, expected }) => {
      const id = `FC-27-${at}`;
      const caller = callerOf(at);
      const first = await importFile(caller, 'a.csv', file(id), wrong);
      await importFile(caller, 'b.csv', file(id), right);

      await undoneImport(caller, first.uploadId);

      expect(await readingsOf(id)).toEqual(expected);
      const metric = Object.keys(Object.values(expected)[0] ?? {})[0] ?? '';
      const range = { from: '2023-02-01T00:00:00Z', to: '2023-04-01T00:00:00Z' };
      const { items, totalCount } = await aggregatedHours(api, {
        ...range,
        equipmentId: id,
        metric,
      });
      expect([totalCount, items.map(({ total }) => total)]).toEqual([1, ['1']]);
    },
  );
});

describe('38 a file without the two headers', () => {
  it.each(["it's 1.csv", 'readings.csv.gz', 'größe.tsv'])(
    'goes up with the command that the import answers: %s',
    async (fileName) => {
      const text = `equipmentId\ttimestamp\tvalue\nFC-38\t${HOUR}\t1\n`;
      const file = fileName.endsWith('.gz') ? gzipSync(text) : Buffer.from(text);
      const folder = await mkdtemp(join(tmpdir(), 'sensorflow-field-'));
      await writeFile(join(folder, fileName), file);
      const opened = await api.post('/sensor-data/upload-csv', { fileName, size: file.length });

      await promisify(execFile)('sh', ['-c', opened.body.curl], { cwd: folder, timeout: 20_000 });
      const done = await importEnd(api, opened.body.uploadId);
      await rm(folder, { recursive: true });

      expect([done.failure, done.rows.accepted]).toEqual([null, 1]);
    },
  );
});

describe('a preview over HTTP', () => {
  it.each([
    [
      '9 without its equipment',
      '"TOA5","Site","CR1000"\n"TIMESTAMP","RECORD","Temp"\n"TS","RN","Deg C"\n"","","Avg"\n"2023-08-01 15:00:00.1",0,21.5\n',
      ['equipmentId', 'timezone', null],
      'FC-P9',
      { '2023-08-01T15:00:00.100Z': { RECORD: 0, Temp: 21.5 } },
    ],
    [
      '10 without a word on it',
      '0;13.04.2023 00:00;4;17,5;18,1; \n1;13.04.2023 00:10;4;17,25;18,2; \n',
      ['headerLine', 'equipmentId', 'timezone'],
      'FC-P10',
      {
        '2023-04-13T00:00:00.000Z': { column_1: 0, column_3: 4, column_4: 17.5, column_5: 18.1 },
        '2023-04-13T00:10:00.000Z': { column_1: 1, column_3: 4, column_4: 17.25, column_5: 18.2 },
      },
    ],
  ])(
    'proposes options that go as they stand with what it misses: %s',
    async (_, file, missing, equipmentId, expected) => {
      const head = Buffer.from(file).toString('base64');
      const { body } = await api.post('/sensor-data/csv-preview', { fileName: 'a.csv', head });

      const options = { ...body.options, equipmentId, timezone: 'UTC' };
      const done = await importFile(api, 'a.csv', file, options);

      expect(body.faults.map(({ option }: { option: string | null }) => option)).toEqual(missing);
      expect(await readingsOf(equipmentId)).toEqual(expected);
      expect(done.options).toEqual(options);
      expect([done.failure, done.rows.accepted]).toEqual([null, Object.keys(expected).length]);
    },
  );

  it('and the import show which line is the header, and what people’s names became', async () => {
    const file = `Cellar\ntimestamp;Kanal;value\n${HOUR};Outside Temp (°C);20\n`;
    const options = { equipmentId: 'FC-H', columns: { Kanal: 'metric' } };
    const said = {
      headerLine: 2,
      headerText: 'timestamp;Kanal;value',
      madeMetrics: [{ name: 'Outside Temp (°C)', metric: 'Outside_Temp_C' }],
    };

    const preview = await api.post('/sensor-data/csv-preview', {
      fileName: 'a.csv',
      head: Buffer.from(file).toString('base64'),
      ...options,
    });
    const done = await importFile(api, 'a.csv', file, options);
    const refused = await importFile(api, 'a.csv', file, { columns: { Kanal: 'metric' } });

    expect(preview.body).toMatchObject(said);
    expect(done).toMatchObject(said);
    expect(refused.failure.detail).toMatch(/taken to be line 2: timestamp;Kanal;value$/);
  });

  it('and a dry run name the formats of what they have read', async () => {
    const rows = Array.from({ length: 6000 }, (_, n) => `0${(n % 9) + 1}/03/2023;${n}\n`);
    const file = `timestamp;value\n${rows.join('')}13/03/2023;1\n`;
    const options = { equipmentId: 'FC-D', timezone: 'UTC' };
    const formatsIn = (preview: { timestampFormats: { format: string }[] }) =>
      preview.timestampFormats.map(({ format }) => format);

    const head = Buffer.from(file.slice(0, 60_000)).toString('base64');
    const preview = await api.post('/sensor-data/csv-preview', {
      fileName: 'a.csv',
      head,
      ...options,
    });
    const done = await importFile(api, 'a.csv', file, { ...options, dryRun: true });

    expect(formatsIn(preview.body)).toEqual(['dd/MM/yyyy', 'MM/dd/yyyy']);
    expect(formatsIn(done.understood)).toEqual(['dd/MM/yyyy']);
    expect(done.failure.detail).toMatch(/written as dd\/MM\/yyyy: timestampFormat/);
  });

  it('names all formats that fit, and after the choice the readings', async () => {
    const head = Buffer.from('equipmentId;timestamp;Temp (°C)\nFC-P;02/03/2023 10:00;21,5\n');
    const body = { fileName: 'a.csv', head: head.toString('base64'), decimal: ',' };

    const open = await api.post('/sensor-data/csv-preview', body);
    const chosen = await api.post('/sensor-data/csv-preview', {
      ...body,
      timestampFormat: 'dd/MM/yyyy HH:mm',
      timezone: 'UTC',
    });

    expect(open.status).toBe(200);
    expect(open.body.timestampFormats.map(({ format }: { format: string }) => format)).toEqual([
      'dd/MM/yyyy HH:mm',
      'MM/dd/yyyy HH:mm',
    ]);
    expect(open.body.readings).toEqual([]);
    expect(chosen.body).toMatchObject({
      encoding: 'utf-8',
      delimiter: ';',
      headerLine: 1,
      readings: [
        {
          line: 2,
          equipmentId: 'FC-P',
          timestamp: '2023-03-02T10:00:00.000Z',
          values: { Temp_C: 21.5 },
        },
      ],
      faults: [],
    });
  });

  it('shows rows behind a faulty header, and all faults at once', async () => {
    const file = 'Date;Hour;CO\n15/02/2023;9;2,6\n15/02/2023;10;x\n';
    const head = Buffer.from(file).toString('base64');

    const { status, body } = await api.post('/sensor-data/csv-preview', {
      fileName: 'a.csv',
      head,
      decimal: ',',
      timestampFormat: 'dd/MM/yyyy H',
      timezone: 'UTC',
      dryRun: true,
    });

    expect([status, body.readingsAsProposed]).toEqual([200, true]);
    expect(body.columns.map(({ proposal }: { proposal: string }) => proposal)).toEqual([
      'date',
      'time',
      'CO',
    ]);
    expect(body.readings).toMatchObject([
      { line: 2, equipmentId: '', timestamp: '2023-02-15T09:00:00.000Z', values: { CO: 2.6 } },
    ]);
    expect(
      body.faults.map(({ code, line }: { code: string; line: number }) => [code, line]),
    ).toEqual([
      ['header-missing-column', null],
      ['header-missing-column', null],
      ['value-not-a-number', 3],
    ]);
  });

  it('shows a key for some equipment which rows will be refused, as the import does', async () => {
    const wish = { name: 'one', scopes: ['sensorflow/import'], equipmentIds: ['FC-K:*'] };
    const key = anyone.withToken((await api.post('/api-keys', wish)).body.key);
    const file =
      'equipmentId,timestamp,value\nFC-K:1,2023-02-15T00:00:00Z,1\nFC-L,2023-02-15T00:00:00Z,2\n';

    const { body } = await key.post('/sensor-data/csv-preview', {
      fileName: 'a.csv',
      head: Buffer.from(file).toString('base64'),
    });
    const done = await importFile(key, 'a.csv', file);

    expect(body.readings).toMatchObject([{ line: 2, equipmentId: 'FC-K:1' }]);
    expect(body.faults).toMatchObject([{ code: 'equipment-forbidden', line: 3, rows: 1 }]);
    expect([done.rows.accepted, done.rows.rejected]).toEqual([1, 1]);
    expect(await reportCodes(done.errorReportUrl)).toEqual(['equipment-forbidden']);
  });

  it.each([
    ['multipart/form-data; boundary=x', '--x\r\n', 415, /"head"/],
    ['text/csv', 'equipmentId,timestamp,value\n', 415, /"head"/],
    ['application/octet-stream', 'PK', 415, /"head"/],
    ['application/json', 'equipmentId,timestamp,value\n', 400, /Line 1, column 1/],
    ['application/json', '["equipmentId,timestamp,value"]', 400, /./],
  ])('teaches who sends the file itself as %s: %j', async (type, body, status, said) => {
    const headers = { 'content-type': type };

    const answer = await api.send('POST', '/sensor-data/csv-preview', { headers, body });

    expect(answer.status).toBe(status);
    expect(answer.body.detail).toMatch(said);
  });

  it('refuses a body that is none, with every fault', async () => {
    const { status, body } = await api.post('/sensor-data/csv-preview', {
      fileName: 'a.exe',
      head: 'not base64!',
      timestampFormat: 'whenever',
      timezone: 'Mars/Base',
      headerLine: 0,
      names: [],
      missing: 'no',
      size: 1,
    });

    expect([status, body.code]).toEqual([400, 'invalid-request']);
    expect(new Set(body.errors.map(({ code }: { code: string }) => code))).toEqual(
      new Set([
        'file-type-unsupported',
        'head-invalid',
        'timestamp-format-invalid',
        'timezone-invalid',
        'names-invalid',
        'missing-invalid',
        'unknown-property',
      ]),
    );
  });
});
