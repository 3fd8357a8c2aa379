import {
  accepted,
  instantFromEpochMs,
  instantToEpochMs,
  parseInstant,
  type Fault,
  type Instant,
  type Parsed,
} from '@sensorflow/kernel';
import {
  Retention,
  RowTable,
  decimalValue,
  hourOfNumber,
  instantAt,
} from '@sensorflow/sensor-data';
import {
  array,
  type Arbitrary,
  assert,
  asyncProperty,
  constantFrom,
  integer,
  oneof,
  string,
  tuple,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NumberRuns } from '@sensorflow/sensor-data/log/number-runs.js';
import { splitRecords } from '../../../../test/support/split-records.js';
import { readFields } from './csv-fields.js';
import { RowReader } from './csv-row.js';
import { EquipmentTable, MAX_EQUIPMENT } from './equipment-table.js';
import { metricsPerRow, readColumns } from './file-columns.js';
import { timestampsOf } from './file-timestamps.js';
import {
  DEFAULT_OPTIONS,
  type DecimalSign,
  type Delimiter,
  type ImportOptions,
} from './import-options.js';
import { JudgedRows, type CellCounts } from './judged-rows.js';
import { MetricTable } from './metric-table.js';
import { MissingCells } from './missing-cells.js';
import { IsoInstants, type PlainInstants } from './plain-instants.js';
import { NameCheck, RowParser, type RowGrammar } from './row-parser.js';
import { TimestampReader } from './timestamp-reader.js';

const NOW_EPOCH_MS = Date.parse('2023-06-15T12:30:00Z');
const START = { offset: 0, line: 2 };
const ROWS = 500;
/** On a machine that may be busy. */
const PATIENCE_MS = 120_000;

interface File {
  readonly header: string;
  readonly delimiter: Delimiter;
  readonly decimal: DecimalSign;
  readonly timezone?: string;
  readonly retentionDays?: number;
  readonly options?: Partial<ImportOptions>;
}

const FILES: readonly File[] = [
  { header: 'equipmentId,timestamp,value', delimiter: ',', decimal: '.' },
  { header: 'a;timestamp;equipmentId;b;_c', delimiter: ';', decimal: ',' },
  {
    header: 'timestamp|a|b|_c|equipmentId',
    delimiter: '|',
    decimal: '.',
    timezone: 'Europe/Berlin',
  },
  { header: 'equipmentId\ta\ttimestamp', delimiter: '\t', decimal: '.', timezone: 'Asia/Kolkata' },
  { header: 'equipmentId,timestamp,value', delimiter: ',', decimal: '.', retentionDays: 30 },
  {
    header: 'timestamp;a;b;;',
    delimiter: ';',
    decimal: ',',
    options: { equipmentId: 'EQ-9', missing: ['-200', 'off'] },
  },
  {
    header: 'm,timestamp,equipmentId,n,_c',
    delimiter: ',',
    decimal: '.',
    options: {
      columns: new Map([
        ['m', 'metric'],
        ['n', 'value'],
      ]),
    },
  },
  {
    header: 'n|d|m|t|_c',
    delimiter: '|',
    decimal: '.',
    timezone: 'Europe/Berlin',
    options: {
      equipmentId: 'EQ-9',
      columns: new Map([
        ['m', 'metric'],
        ['n', 'value'],
        ['d', 'date'],
        ['t', 'time'],
      ]),
    },
  },
  {
    header: 't|d|n|m|_c',
    delimiter: '|',
    decimal: '.',
    timezone: 'Europe/Berlin',
    options: {
      equipmentId: 'EQ-9',
      repeatedHour: 'in-order',
      columns: new Map([
        ['m', 'metric'],
        ['n', 'value'],
        ['d', 'date'],
        ['t', 'time'],
      ]),
    },
  },
];

const ids = oneof(
  { weight: 4, arbitrary: constantFrom('EQ-1', 'EQ-2', 'EQ-3') },
  constantFrom(
    'EQ-1',
    'EQ-2',
    'a.b_c:d-e',
    'x',
    'batch',
    'aggregated',
    '-EQ',
    '',
    ' EQ-1',
    '"EQ-1"',
  ),
  constantFrom('E'.repeat(128), 'E'.repeat(129), 'Gerät', '\0', 'EQ-1\t', 'EQ 1'),
);
const dates = constantFrom(
  '2023-02-15',
  '2023-02-28',
  '2023-02-29',
  '2023-03-26',
  '2022-10-30',
  '1969-12-31',
  '1970-01-01',
  '2023-06-15',
  '2023-05-19',
  '20230215',
);
const instants = oneof(
  {
    weight: 4,
    arbitrary: tuple(
      constantFrom('2023-02-15T', '2023-02-15T', '2023-03-26T', '2022-10-30T', '2023-06-15T'),
      constantFrom('00', '01', '02', '11', '12', '23'),
      constantFrom(':00:00', ':59:59', ':30:15', ':00:60', ':60:00'),
      constantFrom('', '.5', '.123456789', '.000', '.999999999'),
      constantFrom('Z', 'Z', 'Z', 'Z', '+05:30', ''),
    ).map((parts) => parts.join('')),
  },
  tuple(
    dates,
    constantFrom('T', 'T', 'T', ' ', 't', '_'),
    constantFrom('00', '01', '02', '12', '23', '24', '1'),
    constantFrom(
      ':00:00',
      ':59:59',
      ':30:15',
      ':60:00',
      ':00:60',
      ':1:00',
      ':00',
      '.00.00',
      ':3x:00',
    ),
    constantFrom('', '', '.5', '.123456789', '.1234567891', '.', ',5', '.000'),
    constantFrom('Z', 'Z', 'Z', '', '+01:00', '-05:30', '+15:00', 'z', '+0100', 'UTC', ' Z', 'ZZ'),
  ).map((parts) => parts.join('')),
  constantFrom('', 'yesterday', '1676440800', '"2023-02-15T01:30:00Z"'),
);
const numbers = oneof(
  { weight: 2, arbitrary: integer({ min: -99_999, max: 99_999 }).map((n) => String(n / 1000)) },
  constantFrom(
    '0',
    '-0',
    '0.0',
    '1',
    '23.5',
    '-23.50',
    '007',
    '5.',
    '.5',
    '+5',
    '--5',
    '-',
    '',
    ' 5',
  ),
  constantFrom(
    '1e3',
    '1E-7',
    '1e400',
    '1e-400',
    '0.0000001',
    '0.000001',
    '123456789012345',
    '12,5',
  ),
  constantFrom('1234567890123456', '0.1234567890123456', '99999999999999.9', 'NaN', '1 000', '"5"'),
  constantFrom('NaN', 'n/a', '-', '--', '---', '?', '-200', '-200,00', 'OFF', 'unknown', 'ok', '.'),
  constantFrom('+23.5', '+.427', '00123.9629', '-0007', '5,', ',5', '+', '000', '-00.10', '#N/A'),
  constantFrom(
    '-2e2',
    '-200.00000000000000',
    '-2,000E+2',
    '98.765432109876543',
    '2,5E3',
    '7e',
    '1e5x',
  ),
  constantFrom('0,5', '-3,1400', '1.234,5', '0x10', '5\t', '٣', '1e-100', '1e101', '000.1'),
  integer({ min: -999_999, max: 999_999 }).map((hundredths) => String(hundredths / 100)),
);
const others = oneof(
  constantFrom('x'.repeat(300), '', 'note', 'a "b"', '"quoted"', 'é', '\u0007', '"open'),
  string({ maxLength: 3 }),
);
const names = oneof(
  { weight: 4, arbitrary: constantFrom('temperature', 'pressure', 'flow') },
  constantFrom('', 'Temp (C)', '1st', '$RT_OFF$', '"a"', 'm'.repeat(65)),
  constantFrom('Temp (C)', 'Temp [C]', 'Temp_C', 'Größe', 'Grosse', 'temp', '+5V', 'N/A'),
);
const days = constantFrom('2023-02-15', '2023-02-15', '2022-10-30', '2023-02-30', '', '15.02.2023');
const timesOfDay = constantFrom('01:30:00', '02:59:59.5', '23:00:00Z', '', '25:00:00', '1:30');
/** As a writer may dress a cell. */
const dressed = (cell: Arbitrary<string>): Arbitrary<string> =>
  tuple(
    cell,
    oneof(
      { weight: 8, arbitrary: constantFrom((text: string) => text) },
      constantFrom(
        (text: string) => `"${text}"`,
        (text: string) => `"${text}" `,
        (text: string) => ` ${text}`,
        (text: string) => `${text} \t`,
        (text: string) => ` "${text}"`,
        (text: string) => `" ${text}"`,
        (text: string) => `"${text}"x`,
        (text: string) => `'${text}`,
      ),
    ),
  ).map(([text, dress]) => dress(text));
const lineEnds = constantFrom('\n', '\n', '\n', '\r\n', '\r', '\n\n', '\n  \n', '\r\r\n');

function cellsOf(name: string): Arbitrary<string> {
  if (name === 'equipmentId') return ids;
  if (name === 'timestamp') return instants;
  if (name === 'd') return days;
  if (name === 't') return timesOfDay;
  if (name === 'm') return names;
  if (name === '') return constantFrom('', '', '', ' ', '5');
  return name.startsWith('_') ? others : numbers;
}

const lines = (header: string, delimiter: string) => {
  const cells = header.split(delimiter).map((name) => dressed(cellsOf(name)));
  const plain = tuple(
    tuple(...cells),
    constantFrom('', '', '', '', delimiter, `${delimiter}1`, `${delimiter} ${delimiter}`),
    lineEnds,
  );
  return oneof(
    plain.map(([row, more, end]) => row.join(delimiter) + more + end),
    constantFrom(`${header}\n`, '\ufeff', 'x'.repeat(300), '\0'.repeat(20), '\n', '\r', '# n'),
  );
};

/** What became of a line: the reading in words, or the codes of its faults and what is shown of it. */
type Verdicts = readonly (readonly [line: number, verdict: string])[];

interface Judgement {
  readonly verdicts: Verdicts;
  readonly emptyRows: number;
  readonly cells: CellCounts;
}

function grammarOf({
  header,
  delimiter,
  decimal,
  timezone,
  retentionDays,
  options,
}: File): RowGrammar {
  const said = { ...DEFAULT_OPTIONS, decimal, timezone, ...options };
  return {
    columns: readColumns(header, delimiter, { ...DEFAULT_OPTIONS, ...options }),
    delimiter,
    decimal,
    missing: new MissingCells(options?.missing),
    timestamps: timestampsOf(said, Retention.ofDays(retentionDays)),
    areTimestampsIndependent: said.repeatedHour !== 'in-order',
    lastUnitsLine: 4,
    maxRowBytes: 256,
    maxBlockRows: 3,
  };
}

/** As a block has it. */
function textOf(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function inWords(equipmentId: string, timestamp: string, values: ReadonlyMap<string, number>) {
  const metrics = [...values].map(([name, value]) => `${name}=${textOf(value)}`);
  return JSON.stringify([equipmentId, timestamp, ...metrics.toSorted()]);
}

const byVerdict = (a: readonly [number, string], b: readonly [number, string]): number =>
  a[0] - b[0] || (a[1] < b[1] ? -1 : 1);

function codesOf(faults: readonly Fault[]): string {
  return faults.map(({ code }) => code).join();
}

/** The careful way alone. */
async function judgedCarefully(
  text: Buffer,
  file: File,
  grammar = grammarOf(file),
): Promise<Judgement> {
  const reader = new RowReader(grammar.columns, grammar);
  const verdicts: [number, string][] = [];
  let emptyRows = 0;
  const cells = { accepted: 0, rejected: 0, missing: 0 };
  async function* whole(): AsyncGenerator<Buffer> {
    await Promise.resolve();
    yield text;
  }
  const limits = { maxRowBytes: 256, maxBlockRows: 1 };
  for await (const block of splitRecords(whole(), START, file.delimiter, limits)) {
    const fields = readFields(block, file.delimiter);
    for (const [index, { line }] of block.records.entries()) {
      const own = fields[index];
      if (!own?.ok) verdicts.push([line, `${own?.fault} ${own?.shown.join('¦')}`]);
      else {
        const row = reader.read(own.fields, NOW_EPOCH_MS, line);
        cells.accepted += row.cells.accepted;
        cells.rejected += row.cells.rejected;
        cells.missing += row.cells.missing;
        if (!row.ok) verdicts.push([line, `${codesOf(row.faults)} ${own.fields.join('¦')}`]);
        else {
          const { equipmentId, timestamp, values } = row.reading;
          const bad = row.badCells.map(({ fault }) => fault);
          if (bad.length > 0) verdicts.push([line, `cells ${codesOf(bad)}`]);
          if (values.size === 0) emptyRows += 1;
          else verdicts.push([line, inWords(equipmentId, timestamp, values)]);
        }
      }
    }
  }
  return { verdicts: verdicts.sort(byVerdict), emptyRows, cells };
}

class Anything extends NameCheck {
  override admits(): boolean {
    return true;
  }
}

/** As an import does it, with the text in pieces of any size. */
function judged(bytes: Buffer, grammar: RowGrammar, sizes: readonly number[]) {
  const metrics = metricsPerRow(grammar.columns);
  const table = new RowTable({ rows: ROWS, metrics, equipment: MAX_EQUIPMENT });
  const { metrics: named } = grammar.columns;
  const rows = new JudgedRows(table, new EquipmentTable(), new MetricTable(named));
  const parser = new RowParser(grammar, new Anything(), START);
  let rest: Buffer = Buffer.alloc(0);
  for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
    const size = sizes[cut % sizes.length] ?? bytes.length;
    rest = Buffer.concat([rest, bytes.subarray(at, at + size)]);
    rest = rest.subarray(parser.parse(rest, false, rows, NOW_EPOCH_MS));
    at += size;
  }
  parser.parse(rest, true, rows, NOW_EPOCH_MS);
  const verdicts: [number, string][] = rows.reported.map(({ line, isRejected, faults, cells }) => [
    line,
    isRejected ? `${codesOf(faults)} ${cells.join('¦')}` : `cells ${codesOf(faults)}`,
  ]);
  for (let group = 0; group < table.groups; group += 1) {
    const equipmentId = rows.equipment.ids[table.equipmentOf(group)] ?? '';
    const ofGroup = new Int32Array(table.count);
    for (const row of ofGroup.subarray(0, table.copyRows(group, ofGroup, 0))) {
      const instant = instantAt(hourOfNumber(table.hourOf(group)), table.offsetOf(row));
      const values = new Map<string, number>();
      for (let cell = 0; cell < (table.cellCounts[row] ?? 0); cell += 1) {
        const at = row * table.stride + cell;
        const [mantissa = NaN, scale = NaN] = [table.mantissas[at], table.scales[at]];
        const value = decimalValue(mantissa, scale);
        const runs = new NumberRuns();
        runs.add(mantissa, scale);
        expect(runs.toString()).toBe(textOf(value));
        values.set(rows.metrics.names[table.metrics[at] ?? 0] ?? '', value);
      }
      verdicts.push([table.lines[row] ?? 0, inWords(equipmentId, instant, values)]);
    }
  }
  const { emptyRows, cells } = rows;
  return { verdicts: verdicts.sort(byVerdict), emptyRows, cells, place: parser.place };
}

/** How much of a long row is kept for the report may differ. */
function brief({ verdicts, emptyRows, cells }: Judgement): Judgement {
  const short = verdicts.map(
    ([line, verdict]) =>
      [line, verdict.startsWith('row-too-long') ? 'row-too-long' : verdict] as const,
  );
  return { verdicts: short, emptyRows, cells };
}

describe('plain rows, read from their bytes', () => {
  it.each(FILES)(
    'mean what they mean to the careful reader: $header $timezone',
    async (file) => {
      const texts = array(lines(file.header, file.delimiter), { maxLength: 25 });
      const sizes = array(integer({ min: 1, max: 200 }), { maxLength: 4 });

      await assert(
        // Of an encoding that is none, now and then.
        asyncProperty(
          texts,
          sizes,
          constantFrom('utf8', 'latin1'),
          async (rows, cuts, encoding) => {
            const text = Buffer.from(rows.join(''), encoding);
            const judgement = judged(text, grammarOf(file), cuts);
            expect(brief(judgement)).toEqual(brief(await judgedCarefully(text, file)));
            expect(judgement.place.offset).toBe(text.length);
          },
        ),
        { numRuns: 1000 },
      );
    },
    PATIENCE_MS,
  );

  it.each(['\r', '\r\n', '\n'])('end with %j wherever the text is cut', (lineEnd) => {
    const [file] = FILES as [File];
    const rows = ['EQ-1,2023-02-15T01:30:00Z,1', 'EQ-1,2023-02-15T01:30:01Z,2', ''];
    const text = Buffer.from(rows.join(lineEnd));

    const judgements = Array.from({ length: text.length }, (_, cut) =>
      judged(text, grammarOf(file), [cut + 1, text.length]),
    );

    for (const { verdicts, place } of judgements) {
      expect(verdicts.map(([line]) => line)).toEqual([2, 3]);
      expect(place).toEqual({ offset: text.length, line: 4 });
    }
  });

  it('are no longer than a row may be', () => {
    const file: File = { header: 'equipmentId,timestamp,value,_c', delimiter: ',', decimal: '.' };
    const row = 'EQ-1,2023-02-15T01:10:00Z,1,';
    const text = [256, 257].map((bytes) => `${row.padEnd(bytes, 'x')}\n`).join('');

    const { verdicts } = judged(Buffer.from(text), grammarOf(file), []);

    expect(verdicts.map(([, verdict]) => verdict.split(/[" ]/)[0])).toEqual(['[', 'row-too-long']);
  });

  it('are left to the careful reader in an hour whose minutes do not follow each other', async () => {
    const file: File = { header: 'equipmentId,timestamp,value', delimiter: ',', decimal: '.' };
    const text = Buffer.from('EQ-1,2023-02-15T01:10:00Z,1\nEQ-1,2023-02-15T01:50:00Z,2\n');
    // Its clocks skip the time from 01:20 to 01:30, and show that from 01:50 to 02:00 twice.
    const timestamps = new (class extends TimestampReader {
      readonly state = '';

      override read(written: string): Parsed<Instant> {
        const instant = parseInstant(written);
        const isLate = instant.ok && instant.value > '2023-02-15T01:20';
        return isLate
          ? accepted(instantFromEpochMs(instantToEpochMs(instant.value) - 600_000))
          : instant;
      }

      override plainInstants(): PlainInstants {
        return new IsoInstants((written) => this.read(written));
      }
    })();
    const grammar = { ...grammarOf(file), timestamps };

    const { verdicts } = judged(text, grammar, []);

    expect(verdicts).toEqual((await judgedCarefully(text, file, grammar)).verdicts);
    expect(verdicts[1]?.[1]).toContain('01:40');
  });
});
