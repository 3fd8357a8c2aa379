import { describe, expect, it } from 'vitest';
import { parseReport } from './report-rows.ts';
import { cellsOf, columnCount, firstLines } from './sample-rows.ts';

const HEAD = '"_line";"_code";"_detail";"t";"a ""b"""\r\n';

describe('an error report', () => {
  it('is read cell by cell, whatever stands in them', () => {
    const { names, rows, isCut } = parseReport(
      `\uFEFF${HEAD}"3";"field-count";"Too ""many"".";"x;y";"two\r\nlines"\r\n`,
      true,
    );

    expect(names).toEqual(['t', 'a "b"']);
    expect(rows).toEqual([
      {
        line: '3',
        code: 'field-count',
        detail: 'Too "many".',
        columns: [],
        cells: ['x;y', 'two\r\nlines'],
      },
    ]);
    expect(isCut).toBe(false);
  });

  it('names the metrics whose cells are at fault', () => {
    const detail = 'Temp_C: A metric is a number. flow: Too large: 1e200.';

    const { rows } = parseReport(`${HEAD}"3";"value-not-a-number";"${detail}";"";""\r\n`, true);

    expect(rows[0]?.columns).toEqual(['Temp_C', 'flow']);
  });

  it('that is cut says so, and leaves its last row out', () => {
    const { rows, isCut } = parseReport(`${HEAD}"3";"comment";"";"";""\r\n"4";"comm`, false);

    expect(rows.map(({ line }) => line)).toEqual(['3']);
    expect(isCut).toBe(true);
  });
});

describe('the beginning of a file', () => {
  it('is shown in its encoding, without a line that may be cut', () => {
    expect(firstLines(Uint8Array.of(0x4c, 0xfc, 0x0a, 0x62), 'windows-1252', 1)).toEqual(['Lü']);
  });

  it('has cells, quoted or not', () => {
    expect(cellsOf('a;"b;c"; d ', ';')).toEqual(['a', 'b;c', 'd']);
    expect(columnCount(['0;01.04.2023 00:00;4;17,5;18,1; '], undefined)).toBe(5);
    expect(columnCount(['1,2;3'], ',')).toBe(2);
  });
});
