import { describe, expect, it } from 'vitest';
import { parseColumns } from './column-mapping.js';

describe('columns', () => {
  it('renames and leaves out, by trimmed names', () => {
    const parsed = parseColumns({ ' Temp ': 'temperature', Note: null, Comment: null });

    expect(parsed).toEqual({
      ok: true,
      value: new Map([
        ['Temp', 'temperature'],
        ['Note', null],
        ['Comment', null],
      ]),
    });
  });

  it.each([
    ['two columns of one name', { a: 'temperature', b: 'temperature' }],
    ['two columns of one word', { a: 'timestamp', b: 'Timestamp' }],
    ['a column that is named twice but for spaces', { a: 'x', ' a': null }],
    ['a column with half a surrogate pair', { 'a\ud800': 'x' }],
    ['a name with half a surrogate pair', { a: 'x\udc00' }],
  ])('refuses %s', (_, columns) => {
    const parsed = parseColumns(columns);

    expect(parsed).toMatchObject({ ok: false, fault: { code: 'columns-invalid' } });
  });
});
