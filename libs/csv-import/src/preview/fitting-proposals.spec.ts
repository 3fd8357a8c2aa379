import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseColumns } from '../grammar/column-mapping.js';
import { understandHeader } from '../grammar/file-columns.js';
import { DEFAULT_OPTIONS } from '../grammar/import-options.js';
import { atOnce } from '../steps.js';
import { columnProposals } from './column-proposals.js';

const NOW = Date.UTC(2026, 0, 1);
const names = fc.constantFrom(
  'equipmentId',
  'Timestamp',
  'timestamp',
  'Date',
  'Time',
  'Hour',
  'Tag',
  'metric',
  'value',
  'Temp (°C)',
  'Temp [C]',
  'Temp',
  'Temp',
  'device',
  '',
  '#',
  '_n',
  'm_date',
  'Zeit',
  '1st',
);
const cells = fc.constantFrom(
  'EQ-1',
  '2023-02-15T00:00:00Z',
  '15.02.2023',
  '10:00',
  '7',
  '21.5',
  '1,5',
  'on',
  '',
  'NaN',
);

function proposalsFor(header: readonly string[], row: readonly string[], metricColumns = 0) {
  const more = Array.from({ length: metricColumns }, (_, n) => `m${n}`);
  const text = [...header, ...more].join(';');
  const rows = [{ line: 2, fields: [...row, ...more.map(() => '1')], fault: undefined }];
  const understood = understandHeader(text, ';', DEFAULT_OPTIONS);
  const columns = atOnce(columnProposals(understood, rows, DEFAULT_OPTIONS, NOW));
  return { text, columns };
}

describe('the proposals for the columns of a file', () => {
  it('can be said together: what is missing then is the time, the equipment or a number', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(names, cells), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(0, 0, 63, 70),
        (columnsAndCells, metricColumns) => {
          const header = columnsAndCells.map(([name]) => name);
          const row = columnsAndCells.map(([, cell]) => cell);
          const { text, columns } = proposalsFor(header, row, metricColumns);

          const said = parseColumns(
            Object.fromEntries(columns.map(({ key, proposal }) => [key, proposal])),
          );

          if (!said.ok) throw new Error(said.fault.detail);
          const { faults } = understandHeader(text, ';', {
            ...DEFAULT_OPTIONS,
            columns: said.value,
          });
          const missing = new Set(['header-missing-column', 'header-no-metric']);
          expect(faults.filter(({ code }) => !missing.has(code))).toEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it.each([
    [
      ['Date', 'Hour', 'CO'],
      ['15/02/2023', '0', '1'],
      ['date', 'time', 'CO'],
    ],
    [
      ['Date', 'Hour', 'CO'],
      ['15/02/2023', '10:00', '1'],
      ['date', 'time', 'CO'],
    ],
    [
      ['Datum', 'Stunde', 'CO'],
      ['15.02.2023', '24', '1'],
      ['date', 'time', 'CO'],
    ],
    [
      ['Fecha', 'Hora', 'CO'],
      ['15.02.2023', '10:00', '1'],
      ['date', 'time', 'CO'],
    ],
    [
      ['Date/Time', 'Time', 'CO'],
      ['15/02/2023 10:00', '10:00', '1'],
      ['timestamp', null, 'CO'],
    ],
    [
      ['Time', 'Date', 'CO'],
      ['10:00', '15.02.2023 10:00:00', '1'],
      [null, 'timestamp', 'CO'],
    ],
    [
      ['Tag', 'Zeit', 'Wert'],
      ['Druck', '15.02.2023 10:00', '1'],
      [null, 'timestamp', 'Wert'],
    ],
    [
      ['timestamp', 'date', 'x'],
      ['2023-02-15T00:00:00Z', '5', '1'],
      ['timestamp', 'm_date', 'x'],
    ],
    [
      ['Время', '温度(°C)', 'Расход', 'Имя'],
      ['2023-02-15 00:00', '1', '2', 'x'],
      ['timestamp', 'm_2', 'm_3', null],
    ],
  ])('%j with %j: %j', (header, row, expected) => {
    const { columns } = proposalsFor(header, row);

    expect(columns.map(({ proposal }) => proposal)).toEqual(expected);
  });
});
