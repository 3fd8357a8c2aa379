import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { ApiClient, machineToken } from '../support/api-client.js';
import { FIELD_FILES, HOUR, latin1 } from '../support/field-files.js';
import { inWords, moreFieldFiles } from '../support/more-field-files.js';
import { allReadings, importFile } from '../support/sensorflow.js';

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
  });

  it.concurrent.each(FIELD_FILES.map((field, at) => [field.name, at, field] as const))(
    '%s',
    async (_, at, field) => {
      const name = field.fileName ?? 'field.csv';

      const done = await importFile(callerOf(at), name, field.file, { ...field.options });

      const [accepted, rejected] = field.rows;
      expect([done.failure, done.rows.accepted, done.rows.rejected]).toEqual([
        null,
        accepted,
        rejected,
      ]);
      const codes = await reportCodes(done.errorReportUrl);
      expect(codes).toEqual(field.codes ?? codes);
      for (const [equipmentId, expected] of Object.entries(field.readings ?? {})) {
        expect(await readingsOf(equipmentId)).toEqual(expected);
      }
    },
  );

  it('1 brings metrics beside those of another file', async () => {
    const file = (metric: string, value: number) =>
      `equipmentId,timestamp,${metric}\nFC-1,2023-02-15T00:00:00Z,${value}\n`;

    await importFile(api, 'a.csv', file('temperature', 20));
    await importFile(api, 'b.csv', file('humidity', 55));

    expect(await readingsOf('FC-1')).toEqual({ [HOUR]: { temperature: 20, humidity: 55 } });
  });

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

describe('a preview over HTTP', () => {
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
