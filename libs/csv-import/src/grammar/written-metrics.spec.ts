import { describe, expect, it } from 'vitest';
import { MissingCells } from './missing-cells.js';
import { stateOfMade, WrittenMetrics } from './written-metrics.js';

const MISSING = new MissingCells();

function verdictOn(names: WrittenMetrics, cell: string): string {
  const read = names.read(cell, MISSING);
  return read.ok ? read.value : read.fault.code;
}

describe('the names of metrics in the rows of a long file', () => {
  it.each([
    ['temperature', 'temperature'],
    ['Outside Temp (°C)', 'Outside_Temp_C'],
    ['Größe', 'Grosse'],
    ['1st stage', 'm_1st_stage'],
    ['PM2.5(µg/m³)', 'PM2.5_ug_m3'],
    ["'+5V rail", 'm_5V_rail'],
    ['(Temp)', 'Temp'],
    ['%RH', 'RH'],
    ['_temp', 'temp'],
    ['#1 pump', 'm_1_pump'],
    ['unknown', 'unknown'],
    ['N/A', 'metric-name-invalid'],
    ['$RT_OFF$', 'metric-name-invalid'],
    ['#bad#', 'metric-name-invalid'],
    ['-', 'metric-name-invalid'],
    ['', 'metric-name-invalid'],
    ['温度', 'metric-name-invalid'],
    ['m'.repeat(300), 'metric-name-invalid'],
  ])('%j is %s', (cell, verdict) => {
    expect(verdictOn(new WrittenMetrics(), cell)).toBe(verdict);
  });

  it.each([
    [['Temp (C)', 'Temp [C]', 'Temp (C)']],
    [['Temp (C)', 'Temp_C', 'Temp (C)']],
    [['Temp_C', 'Temp (C)', 'Temp_C']],
  ])('that would be stored alike are told apart by no one: %j', (cells) => {
    const names = new WrittenMetrics();

    const verdicts = cells.map((cell) => verdictOn(names, cell));

    expect(verdicts).toEqual(['Temp_C', 'metric-name-taken', 'Temp_C']);
  });

  it('that are refused say with which one they fall together', () => {
    const names = new WrittenMetrics();
    names.read('Temp (C)', MISSING);

    const refused = names.read('Temp [C]', MISSING);

    expect(refused).toMatchObject({
      fault: { detail: expect.stringMatching(/"Temp \[C\]".*Temp_C.*"Temp \(C\)"/) },
    });
  });

  it('mean the same to whoever goes on with them', () => {
    const cells = ['flow', 'Temp (C)', 'Temp [C]', 'Größe', 'Temp_C', 'flow ', 'x y'];
    const whole = new WrittenMetrics();
    const expected = cells.map((cell) => verdictOn(whole, cell));

    for (let cut = 0; cut <= cells.length; cut += 1) {
      const first = new WrittenMetrics();
      const begun = cells.slice(0, cut).map((cell) => verdictOn(first, cell));
      const second = new WrittenMetrics(first.state);

      const rest = cells.slice(cut).map((cell) => verdictOn(second, cell));

      expect([...begun, ...rest]).toEqual(expected);
      expect(second.made).toEqual(whole.made);
    }
  });

  it('are shown where they were made', () => {
    const names = new WrittenMetrics();
    for (const cell of ['flow', 'Temp (C)', 'Temp [C]']) names.read(cell, MISSING);

    expect(names.made).toEqual([{ name: 'Temp (C)', metric: 'Temp_C' }]);
    expect(stateOfMade(names.state)).toBe('Temp (C)');
    expect(stateOfMade('')).toBe('');
  });

  it.each([
    ['many', (n: number) => `T ${n}`, 1024],
    ['long', (n: number) => `${'T '.repeat(20)}${n}`, 400],
  ])(
    'are remembered in a bounded number when they are %s, and names of metrics go on',
    (_, nameOf, most) => {
      const names = new WrittenMetrics();

      const verdicts = Array.from({ length: 3000 }, (__, n) => verdictOn(names, nameOf(n)));

      const accepted = verdicts.filter((verdict) => verdict !== 'too-many-made-names').length;
      expect(accepted).toBeGreaterThan(100);
      expect(accepted).toBeLessThanOrEqual(most);
      expect(Buffer.byteLength(names.state)).toBeLessThanOrEqual(16 * 1024);
      expect([verdictOn(names, 'flow'), verdictOn(names, nameOf(0))]).toEqual([
        'flow',
        verdicts[0],
      ]);
      expect(verdictOn(names, verdicts[0] ?? '')).toBe('metric-name-taken');
    },
  );
});
