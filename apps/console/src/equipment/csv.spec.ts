import { expect, it } from 'vitest';
import { csvOf } from './csv.ts';

it('a file has a header, exact numbers, empty cells, and nothing that a spreadsheet would run', () => {
  const rows = [
    ['2026-11-30T12:00:00.000Z', 0.1 + 0.2, undefined],
    ['=1+1', -5, 'say "hi", twice'],
  ];

  expect(csvOf(['timestamp', 'a', 'b'], rows)).toBe(
    'timestamp,a,b\r\n' +
      '2026-11-30T12:00:00.000Z,0.30000000000000004,\r\n' +
      '\'=1+1,-5,"say ""hi"", twice"\r\n',
  );
});
