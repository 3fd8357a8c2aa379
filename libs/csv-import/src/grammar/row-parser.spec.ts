import { accepted, instantFromEpochMs, instantToEpochMs, parseInstant } from '@sensorflow/kernel';
import {
  Retention,
  RowTable,
  decimalValue,
  hourOfNumber,
  instantAt,
} from '@sensorflow/sensor-data';
import {
  array,
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
import { readColumns } from './file-columns.js';
import type { DecimalSign, Delimiter } from './import-options.js';
import { JudgedRows } from './judged-rows.js';
import { NameCheck, RowParser, type RowGrammar } from './row-parser.js';
import { timestampReader, type TimestampReader } from './row-timestamp.js';

const NOW_EPOCH_MS = Date.parse('2023-06-15T12:30:00Z');
const START = { offset: 0, line: 2 };
const ROWS = 500;

interface File {
  readonly header: string;
  readonly delimiter: Delimiter;
  readonly decimal: DecimalSign;
  readonly timezone?: string;
  readonly retentionDays?: number;
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
  constantFrom('0,5', '-3,1400', '1.234,5', '0x10', '5\t', '٣', '1e-100', '1e101', '000.1'),
  integer({ min: -999_999, max: 999_999 }).map((hundredths) => String(hundredths / 100)),
);
const others = oneof(
  constantFrom('x'.repeat(300), '', 'note', 'a "b"', '"quoted"', 'é', '\u0007', '"open'),
  string({ maxLength: 3 }),
);
const lineEnds = constantFrom('\n', '\n', '\n', '\r\n', '\r', '\n\n', '\n  \n', '\r\r\n');

const lines = (header: string, delimiter: string) => {
  const cells = header.split(delimiter).map((name) => {
    if (name === 'equipmentId') return ids;
    if (name === 'timestamp') return instants;
    return name.startsWith('_') ? others : numbers;
  });
  const plain = tuple(
    tuple(...cells),
    constantFrom('', '', '', '', delimiter, `${delimiter}1`),
    lineEnds,
  );
  return oneof(
    plain.map(([row, more, end]) => row.join(delimiter) + more + end),
    constantFrom(`${header}\n`, '\ufeff', 'x'.repeat(300), '\0'.repeat(20), '\n', '\r'),
  );
};

/** What became of a line: the reading in words, or the codes of its faults and what is shown of it. */
type Verdicts = readonly (readonly [line: number, verdict: string])[];

function grammarOf({ header, delimiter, decimal, timezone, retentionDays }: File): RowGrammar {
  return {
    columns: readColumns(header, delimiter, { columns: new Map() }),
    delimiter,
    decimal,
    readTimestamp: timestampReader(timezone, Retention.ofDays(retentionDays)),
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

const byLine = (a: readonly [number, string], b: readonly [number, string]): number => a[0] - b[0];

/** The careful way alone. */
async function judgedCarefully(
  text: Buffer,
  file: File,
  grammar = grammarOf(file),
): Promise<Verdicts> {
  const reader = new RowReader(grammar.columns, grammar);
  const verdicts: [number, string][] = [];
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
        const row = reader.read(own.fields, NOW_EPOCH_MS);
        verdicts.push([
          line,
          row.ok
            ? inWords(row.reading.equipmentId, row.reading.timestamp, row.reading.values)
            : `${row.faults.map(({ code }) => code).join()} ${own.fields.join('¦')}`,
        ]);
      }
    }
  }
  return verdicts;
}

class Anything extends NameCheck {
  override admits(): boolean {
    return true;
  }
}

/** As an import does it, with the text in pieces of any size. */
function judged(bytes: Buffer, grammar: RowGrammar, sizes: readonly number[]) {
  const metrics = grammar.columns.metrics.map(({ name }) => name);
  const table = new RowTable({ rows: ROWS, metrics: metrics.length, equipment: MAX_EQUIPMENT });
  const rows = new JudgedRows(table, new EquipmentTable());
  const parser = new RowParser(grammar, new Anything(), START);
  let rest: Buffer = Buffer.alloc(0);
  for (let at = 0, cut = 0; at < bytes.length; cut += 1) {
    const size = sizes[cut % sizes.length] ?? bytes.length;
    rest = Buffer.concat([rest, bytes.subarray(at, at + size)]);
    rest = rest.subarray(parser.parse(rest, false, rows, NOW_EPOCH_MS));
    at += size;
  }
  parser.parse(rest, true, rows, NOW_EPOCH_MS);
  const verdicts: [number, string][] = rows.rejected.map(({ line, faults, cells }) => [
    line,
    `${faults.map(({ code }) => code).join()} ${cells.join('¦')}`,
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
        values.set(metrics[table.metrics[at] ?? 0] ?? '', value);
      }
      verdicts.push([table.lines[row] ?? 0, inWords(equipmentId, instant, values)]);
    }
  }
  return { verdicts: verdicts.sort(byLine), place: parser.place };
}

/** How much of a long row is kept for the report may differ. */
function brief(verdicts: Verdicts): Verdicts {
  return verdicts.map(([line, verdict]) => [
    line,
    verdict.startsWith('row-too-long') ? 'row-too-long' : verdict,
  ]);
}

describe('plain rows, read from their bytes', () => {
  it.each(FILES)('mean what they mean to the careful reader: $header $timezone', async (file) => {
    const texts = array(lines(file.header, file.delimiter), { maxLength: 25 });
    const sizes = array(integer({ min: 1, max: 200 }), { maxLength: 4 });

    await assert(
      // Of an encoding that is none, now and then.
      asyncProperty(texts, sizes, constantFrom('utf8', 'latin1'), async (rows, cuts, encoding) => {
        const text = Buffer.from(rows.join(''), encoding);
        const { verdicts, place } = judged(text, grammarOf(file), cuts);
        expect(brief(verdicts)).toEqual(brief(await judgedCarefully(text, file)));
        expect(place.offset).toBe(text.length);
      }),
      { numRuns: 1000 },
    );
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
    const readTimestamp: TimestampReader = (written) => {
      const instant = parseInstant(written);
      const isLate = instant.ok && instant.value > '2023-02-15T01:20';
      return isLate
        ? accepted(instantFromEpochMs(instantToEpochMs(instant.value) - 600_000))
        : instant;
    };
    const grammar = { ...grammarOf(file), readTimestamp };

    const { verdicts } = judged(text, grammar, []);

    expect(verdicts).toEqual(await judgedCarefully(text, file, grammar));
    expect(verdicts[1]?.[1]).toContain('01:40');
  });
});
